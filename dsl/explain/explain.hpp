// The whole way of one event in words: rule by rule with the values that decided, down to topic, partition, key,
// headers, and every column of the rows with where its value came from.
#pragma once

#include <string>
#include <string_view>

#include "dsl/explain/way.hpp"
#include "dsl/ruleset.hpp"

namespace millrace::dsl {

class Explainer {
 public:
  /// Through a router; with kNone from the topic that `meta` names.
  Explainer(const Ruleset& ruleset, Index router);

  /// Several lines, the last one ended.
  std::string explain(std::string_view event, const Meta& meta);
  /// Of the event explained last.
  const Way& last() const { return ways_.last(); }

 private:
  const Ruleset& ruleset_;
  Index router_;
  WayFinder ways_;
};

/// In which of `partitions` a producer puts the key that chooses; nothing where that is left to chance.
std::optional<std::uint32_t> partition_of(std::string_view key, std::string_view partitioner, std::uint32_t partitions);

} // namespace millrace::dsl
