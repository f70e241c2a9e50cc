#include "engine/runtime/receipt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "engine/host/json.hpp"

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
  write(json, "switched", pipeline.switched);
  json.end_object();
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    out += (out.empty() ? "" : ", ") + text;
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
  json.begin_object().key("accepted").value(receipt.accepted).key("asked_by").value(receipt.asked_by);
  json.key("at_us").value(receipt.at_us).key("duration_us").value(receipt.duration_us);
  json.key("error").value(receipt.error).key("pipelines").begin_array();
  for (const PipelineReceipt& pipeline : receipt.pipelines) {
    write(json, pipeline);
  }
  return json.end_array().end_object().text();
}

std::string text_of(const Receipt& receipt) {
  std::string out = receipt.accepted ? "accepted" : "refused, nothing was changed: " + receipt.error;
  out += fmt::format(" ({:.1f} ms)\n", static_cast<double>(receipt.duration_us) / 1000);
  for (const PipelineReceipt& pipeline : receipt.pipelines) {
    for (const host::Diagnostic& found : pipeline.diagnostics) {
      out += found.rendered + "\n";
    }
    const std::string& before = pipeline.before.hash;
    const std::string& after = pipeline.after.hash;
    out += fmt::format("pipeline {}: {}", pipeline.pipeline, before.empty() ? "no ruleset" : before);
    if (receipt.accepted) {
      out += before == after ? ", unchanged" : " -> " + after;
      out += fmt::format(", {} test{} passed", pipeline.after.tests, pipeline.after.tests == 1 ? "" : "s");
      out += pipeline.switched.empty() ? "" : ", switched: " + joined(pipeline.switched);
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
  }
  return out;
}

} // namespace millrace::runtime
