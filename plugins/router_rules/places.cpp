#include "plugins/router_rules/places.hpp"

#include <algorithm>
#include <charconv>
#include <millrace/targets.hpp>
#include <utility>

namespace millrace::router_rules {
namespace {

using Clause = dsl::ast::TopicClause::Kind;

constexpr std::pair<std::string_view, Clause> kClauses[] = {{kPartitions, Clause::partitions},
                                                            {kReplicas, Clause::replicas},
                                                            {kRetentionMs, Clause::retention},
                                                            {kCompact, Clause::compact},
                                                            {kPartitioner, Clause::partitioner}};

// Of `index.2`.
std::optional<dsl::Span> index_of(const dsl::TablePlaces& table, std::string_view item) {
  std::size_t number = 0;
  const std::string_view text = item.substr(kIndex.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool known = error == std::errc() && number > 0 && number <= table.indexes.size();
  return known ? std::optional(table.indexes[number - 1]) : std::nullopt;
}

std::optional<dsl::Span> clause_of(const dsl::TablePlaces& table, std::string_view property) {
  if (property == kPrimaryKey) {
    return table.primary_key;
  }
  if (property == kOnConflict || property == kNewestBy) {
    return table.on_conflict;
  }
  if (property == kPartitionBy || property == kPartitionUnit || property == kPartitionKeep) {
    return table.partition;
  }
  if (property == kEvolve) {
    return table.evolve;
  }
  return property.starts_with(kIndex) ? index_of(table, property) : std::nullopt;
}

} // namespace

Places::Places(const Files& files)
    : places_(dsl::places_of(files.front().first, [&files](std::string_view name) {
        const auto found = std::ranges::find(files, name, &Files::value_type::first);
        return found == files.end() ? std::nullopt : std::optional(found->second);
      })) {}

mr_place Places::at(dsl::Span span) const { return {str(places_.sources.name(span.file)), span.begin, span.end}; }

std::optional<mr_place> Places::of_target(const mr_target& target, std::string_view item) const {
  return target.form == MR_ROWS ? of_table(view(target.name), item) : of_topic(view(target.name), item);
}

std::optional<mr_place> Places::of_stream(std::string_view stream) const { return of_topic(stream, ""); }

std::optional<mr_place> Places::of_topic(std::string_view name, std::string_view property) const {
  const dsl::TopicPlaces* const topic = places_.topic(name);
  if (topic == nullptr) {
    return std::nullopt;
  }
  for (const auto& [known, clause] : kClauses) {
    if (const auto said = topic->clauses.find(clause); known == property && said != topic->clauses.end()) {
      return at(said->second);
    }
  }
  return at(topic->at);
}

std::optional<mr_place> Places::of_table(std::string_view name, std::string_view item) const {
  const dsl::TablePlaces* const table = places_.table(name);
  if (table == nullptr) {
    return std::nullopt;
  }
  const auto column = table->columns.find(item);
  return at(column != table->columns.end() ? column->second : clause_of(*table, item).value_or(table->at));
}

} // namespace millrace::router_rules
