// Engines that share the name of a pipeline, as they write themselves down for each other: who there is, and which
// ruleset each has.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/host/clock.hpp"
#include "engine/records/records.hpp"

namespace millrace::runtime {

struct Neighbour {
  std::string pipeline;
  std::string engine;                 // "host:pid:start"
  std::string hash;                   // of the ruleset that it has active
  std::string admin;                  // where it answers; empty: nowhere
  std::chrono::nanoseconds silent{0}; // since it was heard of
  bool vanished = false;              // silent for longer than it would be
};

class Neighbours {
 public:
  // One that says nothing for longer than `patience` has vanished. `shared` and the clock outlive it.
  Neighbours(records::Records& shared, std::string engine, std::chrono::nanoseconds patience, const host::Clock& clock)
      : shared_(shared), engine_(std::move(engine)), patience_(patience), clock_(clock) {}

  // Says that this engine is there. Each throws records::Unavailable.
  void tell(const std::string& pipeline, const std::string& hash, const std::string& admin);
  void leave(const std::string& pipeline);
  // [any] Looks who there is, this one included, by name. Whoever was silent for an hour is forgotten.
  std::vector<Neighbour> look(const std::string& pipeline);

  const std::string& engine() const { return engine_; }

 private:
  struct Heard {
    std::int64_t told_us = 0; // by the clock of whoever told it
    std::int64_t at_ns = 0;   // by ours, when that changed last: clocks of machines differ, and jump
  };

  records::Records& shared_;
  const std::string engine_;
  const std::chrono::nanoseconds patience_;
  const host::Clock& clock_;
  std::mutex mutex_;                                           // guards what follows
  std::map<std::pair<std::string, std::string>, Heard> heard_; // by pipeline and engine
};

// Those of pipelines that more than one has, vanished ones counted: an engine alone has no company.
std::vector<Neighbour> in_company(std::vector<Neighbour> neighbours);

// "these engines have different rulesets …" for each pipeline in which those that are there differ; empty: none do.
std::vector<std::string> mixes(const std::vector<Neighbour>& neighbours);

} // namespace millrace::runtime
