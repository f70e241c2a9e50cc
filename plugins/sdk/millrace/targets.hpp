// Names of target properties that routers and sinks agree on (docs/plugins/targets.md). A sink ignores those it does
// not know.
#pragma once

#include <millrace/text.hpp>

#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

// Of messages
inline constexpr std::string_view kPartitions = "partitions";    // "96"
inline constexpr std::string_view kReplicas = "replicas";        // "3"
inline constexpr std::string_view kRetentionMs = "retention_ms"; // "172800000"
inline constexpr std::string_view kCompact = "compact";          // "true"
inline constexpr std::string_view kPartitioner = "partitioner";  // "murmur2_random"
inline constexpr std::string_view kPattern = "pattern";          // "ads.*": one of this family of names
inline constexpr std::string_view kAtMost = "at_most";           // "40": how many of the family there may be
// Of rows
inline constexpr std::string_view kPrimaryKey =
    "primary_key"; // column names, separated by commas; a comma in a name is doubled
inline constexpr std::string_view kOnConflict = "on_conflict"; // "keep_first" | "keep_last" | "keep_newest" | "reject"
inline constexpr std::string_view kNewestBy = "newest_by";     // the column that keep_newest compares
inline constexpr std::string_view kPartitionBy = "partition_by";       // the column
inline constexpr std::string_view kPartitionUnit = "partition_unit";   // "hour" | "day" | "week" | "month" | "year"
inline constexpr std::string_view kPartitionKeep = "partition_keep";   // "24 months"
inline constexpr std::string_view kIndex = "index.";                   // and a number: columns, as of the key
inline constexpr std::string_view kEvolve = "evolve";                  // "additive" | "frozen"
inline constexpr std::string_view kRenamedFrom = "renamed_from.";      // and a column: the name that it had
inline constexpr std::string_view kDroppedColumns = "dropped_columns"; // as of the key

// The properties whose names begin so, with the rest of their names.
inline std::vector<std::pair<std::string_view, std::string_view>> properties_below(const mr_target& target,
                                                                                   std::string_view prefix) {
  std::vector<std::pair<std::string_view, std::string_view>> out;
  for (const mr_pair& pair : std::span(target.properties, target.property_count)) {
    if (view(pair.key).starts_with(prefix)) {
      out.emplace_back(view(pair.key).substr(prefix.size()), view(pair.value));
    }
  }
  return out;
}

inline std::optional<std::string_view> property(const mr_target& target, std::string_view name) {
  for (const mr_pair& pair : std::span(target.properties, target.property_count)) {
    if (view(pair.key) == name) {
      return view(pair.value);
    }
  }
  return std::nullopt;
}

} // namespace millrace
