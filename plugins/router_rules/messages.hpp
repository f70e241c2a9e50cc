// Messages and refused events on their way out. What the evaluator made lives until its reset, which comes before the
// events are settled: it is copied into the engine's memory here, unless it points into the event itself or the
// ruleset.
#pragma once

#include <millrace/router.hpp>
#include <string_view>
#include <vector>

#include "dsl/evaluate.hpp"
#include "plugins/router_rules/targets.hpp"

namespace millrace::router_rules {

class MessageParts {
 public:
  // `ruleset` is the hash that every message and reason carries; it lives as long as the router.
  MessageParts(TopicTargets& targets, std::string_view ruleset)
      : targets_(targets), ruleset_(ruleset), own_header_{str("millrace-ruleset"), str(ruleset)} {}

  // Collects the messages of one event, or refuses it when a topic is not granted.
  void add(const mr_event* event, const dsl::Decision& decision, const Emit& emit);
  void emit(const Emit& emit);
  void clear() { messages_.clear(); }

 private:
  TopicTargets& targets_;
  std::string_view ruleset_;
  mr_pair own_header_;
  std::vector<mr_message> messages_;
};

void refuse(const mr_event* event, std::uint32_t dead_letter, const dsl::Reason& reason, std::string_view ruleset,
            const Emit& emit);

} // namespace millrace::router_rules
