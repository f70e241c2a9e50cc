#include "engine/runtime/receipt.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <ctime>
#include <iterator>
#include <map>
#include <tuple>

#include "engine/host/json.hpp"
#include "engine/host/short_hash.hpp"
#include "engine/json/member.hpp"

namespace millrace::runtime {
namespace {

using host::JsonWriter;

void write(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).begin_array();
  for (const std::string& text : texts) {
    json.value(text);
  }
  json.end_array();
}

void write(JsonWriter& json, const host::Diagnostic& found) {
  json.begin_object().key("severity").value(found.severity == MR_LOG_ERROR ? "error" : "warning");
  json.key("code").value(found.code).key("file").value(found.file).key("line").value(found.line);
  json.key("column").value(found.column).key("headline").value(found.headline);
  json.key("rendered").value(found.rendered).end_object();
}

void write(JsonWriter& json, const PipelineReceipt& pipeline) {
  json.begin_object().key("pipeline").value(pipeline.pipeline);
  json.key("old").value(pipeline.before.hash).key("new").value(pipeline.after.hash);
  json.key("files").begin_array();
  for (const RulesetItem& item : pipeline.after.items) {
    if (item.kind == "file") {
      json.begin_object().key("name").value(item.name).key("hash").value(item.hash).end_object();
    }
  }
  json.end_array().key("tests").value(static_cast<std::uint64_t>(pipeline.after.tests)).key("changes").begin_array();
  for (const Changes& changes : compare(pipeline.before, pipeline.after)) {
    json.begin_object().key("kind").value(changes.kind);
    write(json, "added", changes.added);
    write(json, "removed", changes.removed);
    write(json, "changed", changes.changed);
    json.end_object();
  }
  json.end_array().key("diagnostics").begin_array();
  for (const host::Diagnostic& found : pipeline.diagnostics) {
    write(json, found);
  }
  json.end_array();
  write(json, "findings", pipeline.findings);
  json.key("error").value(pipeline.error);
  json.key("phases").begin_array();
  for (const Phase& phase : pipeline.phases) {
    json.begin_object().key("name").value(phase.name).key("us").value(phase.ns / 1000).end_object();
  }
  json.end_array().key("switched").begin_array();
  for (const Switched& worker : pipeline.switched) {
    json.begin_object().key("worker").value(worker.worker).key("at_us").value(worker.at_us).end_object();
  }
  json.end_array();
  if (pipeline.shadow) {
    const Shadow& shadow = *pipeline.shadow;
    json.key("shadow").begin_object().key("ms").value(shadow.ns / 1'000'000).key("seen").value(shadow.seen);
    json.key("events").value(shadow.events).key("changed").value(shadow.changed);
    json.key("changes").raw(shadow.json).end_object();
  }
  json.end_object();
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    out += (out.empty() ? "" : ", ") + text;
  }
  return out;
}

std::string milliseconds(std::int64_t ns) { return fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6); }

// Each with how long after the request it was.
std::string workers_of(const PipelineReceipt& pipeline, std::int64_t at_us) {
  std::string out;
  for (const Switched& worker : pipeline.switched) {
    out += fmt::format("{}{} after {}", out.empty() ? "" : ", ", worker.worker,
                       milliseconds((worker.at_us - at_us) * 1000));
  }
  return out;
}

void say(std::string& out, const Changes& changes) {
  const auto list = [&](std::string_view what, const std::vector<std::string>& names) {
    if (!names.empty()) {
      out += fmt::format("  {} {}: {}\n", changes.kind, what, joined(names));
    }
  };
  list("added", changes.added);
  list("removed", changes.removed);
  list("changed", changes.changed);
}

} // namespace

std::vector<Changes> compare(const Ruleset& old_ruleset, const Ruleset& new_ruleset) {
  if (new_ruleset.hash.empty()) {
    return {};
  }
  std::map<std::string, Changes> by_kind;
  const auto of = [&](const RulesetItem& item) -> Changes& {
    Changes& changes = by_kind[item.kind];
    changes.kind = item.kind;
    return changes;
  };
  const auto same_name = [](const RulesetItem& left, const RulesetItem& right) {
    return std::tie(left.kind, left.name) < std::tie(right.kind, right.name);
  };
  auto before = old_ruleset.items.begin();
  auto after = new_ruleset.items.begin();
  while (before != old_ruleset.items.end() || after != new_ruleset.items.end()) {
    if (after == new_ruleset.items.end() || (before != old_ruleset.items.end() && same_name(*before, *after))) {
      of(*before).removed.push_back(before->name);
      ++before;
    } else if (before == old_ruleset.items.end() || same_name(*after, *before)) {
      of(*after).added.push_back(after->name);
      ++after;
    } else {
      if (before->hash != after->hash) {
        of(*after).changed.push_back(after->name);
      }
      ++before;
      ++after;
    }
  }
  std::vector<Changes> out;
  for (auto& [kind, changes] : by_kind) {
    if (!changes.added.empty() || !changes.removed.empty() || !changes.changed.empty()) {
      out.push_back(std::move(changes));
    }
  }
  return out;
}

std::string json_of(const Receipt& receipt) {
  JsonWriter json;
  json.begin_object().key("id").value(receipt.id).key("what").value(receipt.what);
  json.key("accepted").value(receipt.accepted).key("how").value(receipt.asked.how).key("who").value(receipt.asked.who);
  json.key("engine").value(receipt.engine).key("at_us").value(receipt.at_us);
  json.key("duration_us").value(receipt.duration_us).key("error").value(receipt.error);
  json.key("dry_run").value(receipt.dry_run).key("not_kept").value(receipt.not_kept);
  write(json, "configuration", receipt.configuration);
  write(json, "notes", receipt.notes);
  json.key("engines").begin_array();
  for (const Vote& other : receipt.engines) {
    json.begin_object().key("engine").value(other.engine).key("text").value(other.text).end_object();
  }
  json.end_array().key("pipelines").begin_array();
  for (const PipelineReceipt& pipeline : receipt.pipelines) {
    write(json, pipeline);
  }
  return json.end_array().end_object().text();
}

std::string text_of(const Receipt& receipt) {
  std::string out = !receipt.accepted ? "refused, nothing was changed: " + receipt.error
                    : receipt.dry_run ? "would be accepted, nothing was changed"
                                      : "accepted";
  out += fmt::format(" ({})\n", milliseconds(receipt.duration_us * 1000));
  for (const PipelineReceipt& pipeline : receipt.pipelines) {
    for (const host::Diagnostic& found : pipeline.diagnostics) {
      out += found.rendered + "\n";
    }
    const std::string& before = pipeline.before.hash;
    const std::string& after = pipeline.after.hash;
    out += fmt::format("pipeline {}: {}", pipeline.pipeline, before.empty() ? "no ruleset" : before);
    if (receipt.accepted && after.empty() && !before.empty()) {
      out += ", drained and gone";
    } else if (receipt.accepted) {
      out += before == after ? ", unchanged" : " -> " + after;
      out += fmt::format(", {} test{} passed", pipeline.after.tests, pipeline.after.tests == 1 ? "" : "s");
      out += pipeline.switched.empty() ? "" : ", switched: " + workers_of(pipeline, receipt.at_us);
    } else {
      out += " stays active";
    }
    out += '\n';
    if (receipt.accepted) {
      for (const Changes& changes : compare(pipeline.before, pipeline.after)) {
        say(out, changes);
      }
    }
    for (const std::string& finding : pipeline.findings) {
      out += "  " + finding + '\n';
    }
    if (pipeline.shadow) {
      out += fmt::format("  in a shadow of {}, of {} events that went by: {}", milliseconds(pipeline.shadow->ns),
                         pipeline.shadow->seen, pipeline.shadow->text);
    }
    if (!pipeline.phases.empty()) {
      out += "  took:";
      for (const Phase& phase : pipeline.phases) {
        out +=
            fmt::format("{} {} {}", &phase == &pipeline.phases.front() ? "" : ",", phase.name, milliseconds(phase.ns));
      }
      out += '\n';
    }
  }
  if (!receipt.configuration.empty()) {
    out += fmt::format("configuration: {}\n", fmt::join(receipt.configuration, ", "));
  }
  for (const std::string& note : receipt.notes) {
    out += "note: " + note + '\n';
  }
  for (const Vote& other : receipt.engines) {
    out += fmt::format("engine {}: {}\n", other.engine, other.text);
  }
  out += receipt.id.empty() ? "" : fmt::format("receipt {}\n", receipt.id);
  if (!receipt.not_kept.empty()) {
    out += fmt::format("the receipt waits here to be kept: {}\n", receipt.not_kept);
  }
  return out;
}

std::optional<Receipt> summary_of(std::string_view kept) {
  namespace parsed = boost::json;
  try {
    const parsed::value all = parsed::parse(parsed::string_view(kept.data(), kept.size()));
    Receipt out;
    out.id = json::text(all, "id");
    out.what = json::text(all, "what");
    out.accepted = all.at("accepted").as_bool();
    out.asked = {json::text(all, "how"), json::text(all, "who")};
    out.engine = json::text(all, "engine");
    out.at_us = all.at("at_us").to_number<std::int64_t>();
    out.duration_us = all.at("duration_us").to_number<std::int64_t>();
    out.error = json::text(all, "error");
    out.dry_run = all.at("dry_run").as_bool();
    for (const parsed::value& pipeline : all.at("pipelines").as_array()) {
      PipelineReceipt& of = out.pipelines.emplace_back();
      of.pipeline = json::text(pipeline, "pipeline");
      of.before.hash = json::text(pipeline, "old");
      of.after.hash = json::text(pipeline, "new");
    }
    return out;
  } catch (const std::exception&) { // written by another version, or by hand
    return std::nullopt;
  }
}

std::string line_of(const Receipt& receipt) {
  const std::time_t seconds = receipt.at_us / 1'000'000;
  std::string out = fmt::format("{:%Y-%m-%d %H:%M:%S}  {}  {} by {}", fmt::gmtime(seconds), receipt.id, receipt.what,
                                receipt.asked.how);
  out += receipt.asked.who.empty() ? "" : fmt::format(" ({})", receipt.asked.who);
  if (!receipt.accepted) {
    return out + "  refused: " + receipt.error.substr(0, receipt.error.find('\n'));
  }
  out += receipt.dry_run ? "  accepted in a dry run " : "  accepted ";
  for (const PipelineReceipt& pipeline : receipt.pipelines) {
    const std::string before = host::short_hash(pipeline.before.hash);
    const std::string after = host::short_hash(pipeline.after.hash);
    out += fmt::format("{} {}: {}", &pipeline == &receipt.pipelines.front() ? "" : ";", pipeline.pipeline,
                       before.empty()    ? after
                       : after.empty()   ? before + " gone"
                       : before == after ? before + " unchanged"
                                         : before + " -> " + after);
  }
  return out;
}

} // namespace millrace::runtime
