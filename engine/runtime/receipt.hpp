// What a reload answers: what was active, what is now, and why. The same whether it went through or was refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

// What one attempt spent its time on: ("compile", nanoseconds).
struct Phase {
  std::string name;
  std::int64_t ns = 0;
};

struct Switched {
  std::string worker;
  std::int64_t at_us = 0;
};

// What a new ruleset would have made of live traffic, before it became active.
struct Shadow {
  std::int64_t ns = 0;
  std::uint64_t seen = 0;   // events that went by
  std::uint64_t events = 0; // of them, that were compared
  std::uint64_t changed = 0;
  std::string text; // the changes, with examples
  std::string json;
};

struct PipelineReceipt {
  std::string pipeline;
  Ruleset before;
  Ruleset after; // what would be active, when it was refused and got that far
  std::vector<Phase> phases;
  std::vector<host::Diagnostic> diagnostics;
  std::vector<std::string> findings; // of the check of the targets
  std::string error;                 // why this pipeline refused
  std::vector<Switched> switched;    // workers that have the new ruleset
  std::optional<Shadow> shadow = {};
};

// What another engine that shares a pipeline made of a change of all.
struct Vote {
  std::string engine;
  std::string text; // "switched", "refused: …", "vanished", …
};

// Who wants a change, and how it was said.
struct Asked {
  std::string how; // "signal", "http", "command", "watch", "start"
  std::string who; // "alice@host, from 127.0.0.1"; empty: the way does not tell
};

struct Receipt {
  std::string id;   // "20261123T131415.123456Z-9f3c": sorts by time, unique among engines
  std::string what; // "reload", "rollback", "start"
  bool accepted = false;
  Asked asked;
  std::string engine; // "host:pid:start"
  std::int64_t at_us = 0;
  std::int64_t duration_us = 0;
  std::string error; // why none of it became active; empty when accepted
  std::vector<PipelineReceipt> pipelines;
  bool dry_run = false;                        // everything was done but the switch
  std::vector<std::string> configuration = {}; // what is another one there: "sink.kafka of pipeline 'ingest'"
  std::vector<std::string> notes;              // what else there is to say
  std::vector<Vote> engines;                   // the others, of a change of all engines
  std::string not_kept;                        // why it is not yet where receipts belong; empty: it is
};

// One JSON object.
std::string json_of(const Receipt& receipt);

// The same for a person, several lines.
std::string text_of(const Receipt& receipt);

// Of a receipt that was kept, as far as line_of tells it. Nothing: this is none.
std::optional<Receipt> summary_of(std::string_view kept);

// The same in one line: "2026-11-23 13:14:15  ID  reload by command (alice@host)  accepted  ingest: aaaa -> bbbb".
std::string line_of(const Receipt& receipt);

} // namespace millrace::runtime
