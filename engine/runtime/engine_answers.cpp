// What the engine tells of itself: its rules and what became of them, the engines beside it, and the ways of events.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "engine/host/json.hpp"
#include "engine/host/short_hash.hpp"
#include "engine/runtime/engine.hpp"

namespace millrace::runtime {

std::string Engine::rules_json() const {
  host::JsonWriter json;
  json.begin_object().key("pipelines").begin_array();
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    const Ruleset ruleset = pipeline->ruleset();
    json.begin_object().key("pipeline").value(pipeline->name()).key("hash").value(ruleset.hash);
    json.key("items").begin_array();
    for (const RulesetItem& item : ruleset.items) {
      json.begin_object()
          .key("kind")
          .value(item.kind)
          .key("name")
          .value(item.name)
          .key("hash")
          .value(item.hash)
          .end_object();
    }
    json.end_array().end_object();
  }
  return json.end_array().end_object().text();
}

std::vector<Neighbour> Engine::neighbours() const {
  const Council* const council = joined_.load();
  return council == nullptr ? std::vector<Neighbour>() : council->neighbours();
}

std::string Engine::engines_json() const {
  const std::vector<Neighbour> all = neighbours();
  host::JsonWriter json;
  json.begin_object().key("engine").value(owner_).key("engines").begin_array();
  for (const Neighbour& one : all) {
    write(json, one);
  }
  json.end_array().key("warnings").begin_array();
  for (const std::string& mix : mixes(all)) {
    json.value(mix);
  }
  return json.end_array().end_object().text();
}

std::string Engine::engines_text() const {
  const std::vector<Neighbour> all = neighbours();
  std::string out = table_of(all, owner_);
  for (const std::string& mix : mixes(all)) {
    out += "warning: " + mix + "\n";
  }
  return out;
}

std::vector<std::shared_ptr<const Pipeline>> Engine::named(const std::string& pipeline) const {
  std::vector<std::shared_ptr<const Pipeline>> out;
  for (const std::shared_ptr<Pipeline>& each : pipelines()) {
    const std::shared_ptr<const Created> router = each->active().router;
    if ((pipeline.empty() && router != nullptr && explains(*router)) || each->name() == pipeline) {
      out.push_back(each);
    }
  }
  if (out.empty()) {
    throw Unexplained(
        pipeline.empty() ? std::string("no pipeline has a router that explains")
                         : fmt::format("there is no pipeline '{}'; there are: {}", pipeline, fmt::join(names(), ", ")));
  }
  return out;
}

std::string Engine::explain(const std::string& pipeline, const SampledEvent& event, ExplainForm form) const {
  const std::shared_ptr<const Pipeline> found = named(pipeline).front();
  const Pipeline& asked = *found;
  const auto [router, hash] = asked.active();
  if (router == nullptr) {
    throw Unexplained(fmt::format("the router of pipeline '{}' explains nothing", asked.name()));
  }
  const std::string way = runtime::explain(*router, event, form);
  if (form == ExplainForm::text) {
    return fmt::format("pipeline {}, ruleset {}\n{}", asked.name(), hash, way);
  }
  host::JsonWriter json;
  json.begin_object().key("pipeline").value(asked.name()).key("ruleset").value(hash).key("way").raw(way);
  return json.end_object().text();
}

std::unique_ptr<Tap> Engine::tap(const std::string& pipeline, TapFilter filter, std::size_t rate,
                                 ExplainForm form) const {
  const std::vector<std::shared_ptr<const Pipeline>> watched = named(pipeline);
  check(filter, watched);
  return std::make_unique<Tap>(watched, std::move(filter), rate, form, services_.clock);
}

std::string Engine::history_json(std::size_t limit) const {
  const auto receipts = history_ == nullptr ? std::vector<std::string>() : history_->receipts(names(), limit);
  host::JsonWriter json;
  json.begin_object().key("receipts").begin_array();
  for (const std::string& receipt : receipts) {
    json.raw(receipt);
  }
  return json.end_array().end_object().text();
}

std::string Engine::history_text(std::size_t limit) const {
  if (history_ == nullptr) {
    return "this engine keeps no receipts\n";
  }
  std::string out;
  for (const std::string& json : history_->receipts(names(), limit)) {
    const std::optional<Receipt> receipt = summary_of(json);
    out += receipt ? line_of(*receipt) + "\n" : "";
  }
  const std::string unseen = history_->unseen();
  out += out.empty() && unseen.empty() ? "nothing was changed yet\n" : "";
  return out + (unseen.empty() ? "" : unseen + "\n");
}

std::optional<std::string> Engine::receipt_json(const std::string& id) const {
  return history_ == nullptr ? std::nullopt : history_->receipt(names(), id);
}

RulesFiles Engine::rules_files(const std::string& hash) const {
  for (const auto& [pipeline, whole] : matching(hash)) {
    if (std::optional<RulesFiles> files = history_->files(pipeline, whole)) {
      return std::move(*files);
    }
  }
  no_ruleset(fmt::format("the files of ruleset {} are no longer there", hash));
}

} // namespace millrace::runtime
