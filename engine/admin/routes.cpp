#include "engine/admin/routes.hpp"

#include <fmt/format.h>

#include <charconv>

#include "engine/host/json.hpp"

namespace millrace::admin {
namespace {

constexpr const char* kPrometheus = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::size_t kReceipts = 20; // unless another number is asked for
constexpr std::size_t kMostReceipts = 1'000;

Answer text(std::string body) { return {200, kText, std::move(body)}; }
Answer json(std::string body) { return {200, kJson, std::move(body)}; }

Answer readiness(const runtime::Engine& engine) {
  const std::vector<std::string> reasons = engine.not_ready();
  host::JsonWriter out;
  out.begin_object().key("ready").value(reasons.empty()).key("why_not").begin_array();
  for (const std::string& reason : reasons) {
    out.value(reason);
  }
  return {reasons.empty() ? 200U : 503U, kJson, out.end_array().end_object().text()};
}

// Who says to be somebody is believed: whoever may ask for a change may do so in any name.
runtime::Asked asked(const Query& query) {
  const std::string from = query.from.empty() ? std::string() : "from " + query.from;
  return query.user.empty() ? runtime::Asked{"http", from}
                            : runtime::Asked{"command", fmt::format("{}, {}", query.user, from)};
}

Answer answer_of(const runtime::Receipt& receipt, const Query& query) {
  return {receipt.accepted ? 200U : 422U, query.text ? kText : kJson,
          query.text ? runtime::text_of(receipt) : runtime::json_of(receipt)};
}

Answer history(const runtime::Engine& engine, const Query& query) {
  std::size_t limit = kReceipts;
  if (const std::string given = query.parameter("limit"); !given.empty()) {
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), limit);
    if (error != std::errc() || end != given.data() + given.size() || limit == 0 || limit > kMostReceipts) {
      return refused(400, fmt::format("limit is '{}'; it is a number from 1 to {}", given, kMostReceipts));
    }
  }
  return query.text ? text(engine.history_text(limit)) : json(engine.history_json(limit));
}

Answer receipt(const runtime::Engine& engine, const Query& query) {
  const std::optional<std::string> found = engine.receipt_json(query.rest);
  return found ? json(*found)
               : refused(404, fmt::format("there is no receipt '{}'; GET /history lists them", query.rest));
}

std::string json_of(const runtime::RulesFiles& files) {
  host::JsonWriter out;
  out.begin_object().key("files").begin_array();
  for (const runtime::RulesFile& file : files) {
    out.begin_object().key("name").value(file.name).key("text").value(file.bytes).end_object();
  }
  return out.end_array().end_object().text();
}

// As text each file as it was, so that what comes back is what was put in.
Answer rules(const runtime::Engine& engine, const Query& query) {
  try {
    const runtime::RulesFiles files = engine.rules_files(query.rest);
    return query.text ? text(runtime::text_of(files)) : json(json_of(files));
  } catch (const runtime::NoSuchRuleset& error) {
    return refused(404, error.what());
  }
}

} // namespace

Api api_of(runtime::Engine& engine, host::Metrics& metrics) {
  using enum Method;
  Api api;
  const auto add = [&api](Method method, const char* path, const char* about, bool slow, auto answer) -> Route& {
    Route route;
    route.method = method;
    route.path = path;
    route.about = about;
    route.slow = slow;
    route.answer = answer;
    return api.add(std::move(route));
  };
  add(get, "/health", "200 as long as the process answers.", false, [](const Query&) {
    return json(R"({"live":true})");
  }).open = true;
  add(get, "/ready", "200, or 503 with a sentence for each thing that does not run and why.", false,
      [&engine](const Query&) { return readiness(engine); })
      .open = true;
  add(get, "/metrics", "Every metric, as Prometheus reads it.", false, [&metrics](const Query&) {
    return Answer{200, kPrometheus, metrics.page()};
  });
  add(get, "/pipelines", "Workers, their state, what is in flight, events by verdict.", false,
      [&engine](const Query&) { return json(engine.pipelines_json()); });
  add(get, "/rules/active", "The hash of the ruleset of each pipeline, and of every rule, topic, table and file in it.",
      false, [&engine](const Query&) { return json(engine.rules_json()); });
  add(get, "/rules/{hash}", "The files of a ruleset that was active, as they were.", true,
      [&engine](const Query& query) { return rules(engine, query); });
  add(get, "/history", "Receipts, the latest first.", true, [&engine](const Query& query) {
    return history(engine, query);
  }).parameters = {{"limit", "How many; 20 unless given."}};
  add(get, "/history/{id}", "One receipt.", true, [&engine](const Query& query) { return receipt(engine, query); });
  add(post, "/reload", "Reads the rules anew. Answers with the receipt: 200, or 422 when nothing was changed.", true,
      [&engine](const Query& query) { return answer_of(engine.reload(asked(query)), query); });
  add(post, "/rollback", "Goes back to a ruleset that was active before. Answers as /reload.", true,
      [&engine](const Query& query) { return answer_of(engine.rollback(asked(query), query.parameter("to")), query); })
      .parameters = {{"to", "Its hash, or a beginning of it; without it the one before the active one."}};
  return api;
}

} // namespace millrace::admin
