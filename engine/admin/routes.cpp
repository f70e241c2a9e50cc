#include "engine/admin/routes.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <set>
#include <stdexcept>

#include "engine/config/quantity.hpp"
#include "engine/host/json.hpp"

namespace millrace::admin {
namespace {

constexpr const char* kPrometheus = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kNdjson = "application/x-ndjson";
constexpr std::chrono::hours kLongestShadow{1};
constexpr std::size_t kTapRate = 10;
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

Answer pipelines(const runtime::Engine& engine, const Query& query) {
  const runtime::Status status = engine.status();
  return query.text ? text(runtime::text_of(status)) : json(runtime::json_of(status));
}

// Who says to be somebody is believed: whoever may ask for a change may do so in any name.
runtime::Asked asked(const Query& query) {
  const std::string from = query.from.empty() ? std::string() : "from " + query.from;
  return query.user.empty() ? runtime::Asked{"http", from}
                            : runtime::Asked{"command", fmt::format("{}, {}", query.user, from)};
}

// What a parameter has that it may not. what() is a sentence.
class BadParameter : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::size_t number(const Query& query, const char* name, std::size_t without, std::size_t most) {
  const std::string given = query.parameter(name);
  std::size_t out = without;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), out);
  if (!given.empty() && (error != std::errc() || end != given.data() + given.size() || out == 0 || out > most)) {
    throw BadParameter(fmt::format("{} is '{}'; it is a number from 1 to {}", name, given, most));
  }
  return out;
}

bool flag(const Query& query, const char* name) {
  const std::string given = query.parameter(name);
  if (!given.empty() && given != "true" && given != "false") {
    throw BadParameter(fmt::format("{} is '{}'; it is true or false", name, given));
  }
  return given == "true";
}

runtime::Trial trial_of(const Query& query) {
  runtime::Trial out;
  if (const std::string given = query.parameter("shadow"); !given.empty()) {
    const auto shadow = config::parse_duration(given);
    if (!shadow || *shadow <= 0 || std::chrono::nanoseconds(*shadow) > kLongestShadow) {
      throw BadParameter(fmt::format("shadow is '{}'; it is a time like 30s, up to an hour", given));
    }
    out.shadow = std::chrono::nanoseconds(*shadow);
  }
  if (const std::string given = query.parameter("most_changed"); !given.empty()) {
    double most = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), most);
    if (error != std::errc() || end != given.data() + given.size() || !(most >= 0 && most <= 100)) {
      throw BadParameter(fmt::format("most_changed is '{}'; it is a number of a hundred events", given));
    }
    if (out.shadow.count() == 0) {
      throw BadParameter("most_changed says what a shadow may find: give `shadow` too");
    }
    out.most_changed = most;
  }
  out.dry_run = flag(query, "dry_run");
  return out;
}

runtime::ExplainForm form_of(const Query& query) {
  return query.text ? runtime::ExplainForm::text : runtime::ExplainForm::json;
}

Answer explain(const runtime::Engine& engine, const Query& query) {
  runtime::SampledEvent event;
  event.stream = query.parameters.contains("topic") ? query.parameter("topic") : "http";
  event.payload = query.body;
  event.time_us =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  if (event.payload.empty()) {
    return refused(400, "post the event as the body");
  }
  return {200, query.text ? kText : kJson, engine.explain(query.parameter("pipeline"), event, form_of(query))};
}

Answer tap(const runtime::Engine& engine, const Query& query) {
  static const std::set<std::string> kOutcomes{"", "routed", "dropped", "invalid", "rejected"};
  runtime::TapFilter filter{query.parameter("rule"), query.parameter("topic"), query.parameter("table"),
                            query.parameter("outcome")};
  if (!kOutcomes.contains(filter.outcome)) {
    throw BadParameter(fmt::format("outcome is '{}'; it is one of routed, dropped, invalid, rejected", filter.outcome));
  }
  const std::size_t rate = number(query, "rate", kTapRate, runtime::Tap::kMostRate);
  Answer out{200, query.text ? kText : kNdjson, {}};
  out.more = [tap = std::shared_ptr(engine.tap(query.parameter("pipeline"), filter, rate, form_of(query)))] {
    return std::optional(tap->next());
  };
  return out;
}

Answer answer_of(const runtime::Receipt& receipt, const Query& query) {
  return {receipt.accepted ? 200U : 422U, query.text ? kText : kJson,
          query.text ? runtime::text_of(receipt) : runtime::json_of(receipt)};
}

Answer history(const runtime::Engine& engine, const Query& query) {
  const std::size_t limit = number(query, "limit", kReceipts, kMostReceipts);
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
    route.answer = [answer](const Query& query) {
      try {
        return answer(query);
      } catch (const BadParameter& error) {
        return refused(400, error.what());
      } catch (const runtime::Unexplained& error) {
        return refused(404, error.what());
      }
    };
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
  add(get, "/pipelines", "Workers, their state, throughput, events by verdict, what is in flight, errors and lag.",
      false, [&engine](const Query& query) { return pipelines(engine, query); });
  add(get, "/rules/active", "The hash of the ruleset of each pipeline, and of every rule, topic, table and file in it.",
      false, [&engine](const Query&) { return json(engine.rules_json()); });
  add(get, "/rules/{hash}", "The files of a ruleset that was active, as they were.", true,
      [&engine](const Query& query) { return rules(engine, query); });
  add(get, "/engines", "The engines that share a pipeline with this one, with their rulesets; warns of a mix.", false,
      [&engine](const Query& query) { return query.text ? text(engine.engines_text()) : json(engine.engines_json()); });
  add(get, "/history", "Receipts, the latest first.", true, [&engine](const Query& query) {
    return history(engine, query);
  }).parameters = {{"limit", "How many; 20 unless given."}};
  add(get, "/history/{id}", "One receipt.", true, [&engine](const Query& query) { return receipt(engine, query); });
  add(post, "/reload",
      "Reads rules and configuration anew. Answers with the receipt: 200, or 422 when nothing was changed.", true,
      [&engine](const Query& query) {
        const runtime::Trial trial = trial_of(query);
        return answer_of(
            flag(query, "all") ? engine.reload_all(asked(query), trial) : engine.reload(asked(query), trial), query);
      })
      .parameters = {{"shadow", "How long live events are compared before anything is switched: 30s."},
                     {"most_changed", "The most of a hundred events that may change their way; more refuse it."},
                     {"dry_run", "true: do everything but the switch."},
                     {"all", "true: every engine that shares a pipeline switches too, or none does."}};
  add(post, "/rollback", "Goes back to a ruleset that was active before. Answers as /reload.", true,
      [&engine](const Query& query) { return answer_of(engine.rollback(asked(query), query.parameter("to")), query); })
      .parameters = {{"to", "Its hash, or a beginning of it; without it the one before the active one."}};
  add(post, "/upgrade/{plugin}",
      "Goes over to the newest version of a plugin that lies in its folder, worker by worker. Answers as /reload.",
      true, [&engine](const Query& query) { return answer_of(engine.upgrade(asked(query), query.rest), query); });
  Route& explained = add(post, "/explain", "The way of an event under the live rules, and why.", true,
                         [&engine](const Query& query) { return explain(engine, query); });
  explained.body = "The event.";
  explained.parameters = {{"pipeline", "Whose rules; the first that explains unless given."},
                          {"topic", "The topic that it comes from, for a pipeline that fills tables."}};
  add(get, "/tap", "A live view of events and what becomes of them: an object a line, as long as somebody reads.", true,
      [&engine](const Query& query) { return tap(engine, query); })
      .parameters = {{"pipeline", "Whose events; of all that explain unless given."},
                     {"rule", "Only events that this rule decided."},
                     {"topic", "Only events that go to this topic."},
                     {"table", "Only events that become rows of this table."},
                     {"outcome", "Only those: routed, dropped, invalid or rejected."},
                     {"rate", "The most that are shown in a second; 10 unless given."}};
  const std::string description = api.openapi(MILLRACE_VERSION);
  add(get, "/openapi.json", "This description.", false, [description](const Query&) { return json(description); });
  return api;
}

} // namespace millrace::admin
