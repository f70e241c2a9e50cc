// What a reload answers: what was active, what is now, and why. The same whether it went through or was refused.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/host/instance_host.hpp"

namespace millrace::runtime {

// A part of a ruleset under its name: ("rule", "web.clicks", hash).
struct RulesetItem {
  std::string kind;
  std::string name;
  std::string hash;
  auto operator<=>(const RulesetItem&) const = default;
};

// What a router was made of. A router that does not say (no millrace.ruleset/1) has an empty hash.
struct Ruleset {
  std::string hash;
  std::vector<RulesetItem> items; // sorted by kind and name
  std::size_t tests = 0;
};

struct Changes {
  std::string kind; // "rule", "topic", "table", "event", "file"
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;
};

// By kind, in the order of their names; kinds without a change are left out.
std::vector<Changes> compare(const Ruleset& old_ruleset, const Ruleset& new_ruleset);

struct PipelineReceipt {
  std::string pipeline;
  Ruleset before;
  Ruleset after; // what would be active, when it was refused and got that far
  std::vector<host::Diagnostic> diagnostics;
  std::vector<std::string> findings; // of the check of the targets
  std::string error;                 // why this pipeline refused
  std::vector<std::string> switched; // workers that have the new ruleset
};

struct Receipt {
  bool accepted = false;
  std::string asked_by; // "signal", "admin"
  std::int64_t at_us = 0;
  std::int64_t duration_us = 0;
  std::string error; // why none of it became active; empty when accepted
  std::vector<PipelineReceipt> pipelines;
};

// One JSON object.
std::string json_of(const Receipt& receipt);

// The same for a person, several lines.
std::string text_of(const Receipt& receipt);

} // namespace millrace::runtime
