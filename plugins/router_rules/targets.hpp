// The topics and tables of a ruleset as targets of the engine.
#pragma once

#include <cstdint>
#include <millrace/host.hpp>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dsl/evaluate.hpp"
#include "dsl/program.hpp"

namespace millrace::router_rules {

// Ids of the topics that messages go to: all are asked for at once, and of an interpolated name all that it can become.
// Names of which there may be `at most N` are asked for when they come up.
class TopicTargets {
 public:
  // `sink` may be empty: the only one that takes messages. Throws invalid() naming a topic that the engine refuses.
  TopicTargets(Host host, const dsl::Program& program, const dsl::Router& router, std::string_view sink);

  // The topic that the message goes to, which is its overflow where its own is not granted; 0: none of the router's.
  std::uint32_t of(const dsl::Message& message);
  // 0: the router names no dead letter topic.
  std::uint32_t dead_letter(dsl::Index declared) const { return declared == dsl::kNone ? 0 : fixed_[declared]; }

 private:
  std::uint32_t known(dsl::Index declared, std::string_view name) const;
  std::uint32_t granted(const dsl::Message& message);
  std::uint32_t overflow(dsl::Index declared);
  const dsl::Topic& family_of(std::string_view name, dsl::Index declared) const;
  void need(dsl::Index declared, bool dead_letter);
  void need_name(dsl::Index declared, const std::string& name);

  Host host_;
  const dsl::Program& program_;
  std::string sink_;
  std::vector<std::uint32_t> fixed_; // by Program::topics
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> interpolated_;
  std::set<std::string, std::less<>> refused_; // names that were not granted lately, so that not each message asks
  std::vector<Metric> overflows_;              // by Program::topics
};

// Ids of the topics that tables name for the events they refuse. Where the pipeline has no sink for one, it says so
// once and the dead letters go where the pipeline puts them.
class DeadLetterTopics {
 public:
  DeadLetterTopics(const Host& host, const dsl::Program& program, std::string_view sink);

  // 0: the pipeline's own choice.
  std::uint32_t of(dsl::Index topic) const {
    const auto found = ids_.find(topic);
    return found == ids_.end() ? 0 : found->second;
  }

 private:
  std::unordered_map<dsl::Index, std::uint32_t> ids_;
};

// The id of a table; throws invalid() naming it when the engine refuses.
std::uint32_t table_target(const Host& host, const dsl::Table& table, std::string_view sink);

} // namespace millrace::router_rules
