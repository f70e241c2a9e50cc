#include "plugins/router_rules/targets.hpp"

#include <algorithm>
#include <deque>
#include <millrace/failure.hpp>
#include <millrace/targets.hpp>
#include <utility>

#include "dsl/ruleset.hpp"
#include "plugins/router_rules/row_parts.hpp"

namespace millrace::router_rules {
namespace {

// Properties under their names, sorted as the contract wants them.
class Properties {
 public:
  void add(std::string_view name, std::string value) { all_.emplace_back(name, std::move(value)); }
  void add_number(std::string_view name, std::int64_t value) {
    if (value != 0) {
      add(name, std::to_string(value));
    }
  }
  void put_into(mr_target& target) {
    std::ranges::sort(all_);
    for (const auto& [name, value] : all_) {
      pairs_.push_back({str(name), str(value)});
    }
    target.properties = pairs_.data();
    target.property_count = pairs_.size();
  }

 private:
  std::vector<std::pair<std::string_view, std::string>> all_;
  std::vector<mr_pair> pairs_;
};

std::string on_conflict_text(dsl::OnConflict policy) {
  switch (policy) {
    case dsl::OnConflict::nothing:
      return "";
    case dsl::OnConflict::keep_first:
      return "keep_first";
    case dsl::OnConflict::keep_last:
      return "keep_last";
    case dsl::OnConflict::keep_newest:
      return "keep_newest";
    case dsl::OnConflict::reject:
      return "reject";
  }
  return "";
}

// Names separated by commas; a comma in a name is doubled.
std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (&name != names.data()) {
      out += ',';
    }
    for (const char c : name) {
      out += c;
      if (c == ',') {
        out += c;
      }
    }
  }
  return out;
}

std::string column_names(const dsl::Table& table, const std::vector<dsl::Index>& columns) {
  std::vector<std::string> names;
  for (const dsl::Index column : columns) {
    names.push_back(table.columns[column].name);
  }
  return joined(names);
}

std::string unit_text(dsl::PartitionUnit unit) {
  switch (unit) {
    case dsl::PartitionUnit::hour:
      return "hour";
    case dsl::PartitionUnit::day:
      return "day";
    case dsl::PartitionUnit::week:
      return "week";
    case dsl::PartitionUnit::month:
      return "month";
    case dsl::PartitionUnit::year:
      return "year";
  }
  return "";
}

// What a table is besides its columns; names that are made here are put into `names`.
void add_table_properties(const dsl::Table& table, std::deque<std::string>& names, Properties& properties) {
  if (!table.primary_key.empty()) {
    properties.add(kPrimaryKey, column_names(table, table.primary_key));
    properties.add(kOnConflict, on_conflict_text(table.on_conflict));
  }
  if (table.newest_by != dsl::kNone) {
    properties.add(kNewestBy, table.columns[table.newest_by].name);
  }
  if (const dsl::PartitionBy& partition = table.partition_by; partition.column != dsl::kNone) {
    properties.add(kPartitionBy, table.columns[partition.column].name);
    properties.add(kPartitionUnit, unit_text(partition.unit));
    if (partition.keep > 0) {
      properties.add(kPartitionKeep, std::to_string(partition.keep) + " " + unit_text(partition.keep_unit) +
                                         (partition.keep == 1 ? "" : "s"));
    }
  }
  for (std::size_t i = 0; i < table.indexes.size(); ++i) {
    properties.add(names.emplace_back(std::string(kIndex) + std::to_string(i + 1)),
                   column_names(table, table.indexes[i]));
  }
  if (table.frozen) {
    properties.add(kEvolve, "frozen");
  }
  for (const dsl::Column& column : table.columns) {
    if (!column.renamed_from.empty()) {
      properties.add(names.emplace_back(std::string(kRenamedFrom) + column.name), column.renamed_from);
    }
  }
  if (!table.dropped_columns.empty()) {
    properties.add(kDroppedColumns, joined(table.dropped_columns));
  }
}

// The topic `name`, of the declaration `topic`, one of `at_most` (0: as many as there are); 0: not granted, and `error`
// says why.
std::uint32_t ask_for_topic(const Host& host, std::string_view sink, const dsl::Topic& topic, std::string_view name,
                            bool dead_letter, mr_error& error, std::int32_t at_most = 0) {
  mr_target target{};
  target.sink = sink.empty() ? kAbsent : str(sink);
  target.name = str(name);
  target.form = MR_MESSAGES;
  target.flags = dead_letter ? MR_DEAD_LETTER : 0;
  Properties properties;
  properties.add_number(kPartitions, topic.partitions);
  properties.add_number(kReplicas, topic.replicas);
  properties.add_number(kRetentionMs, topic.retention_ms);
  if (topic.compact) {
    properties.add(kCompact, "true");
  }
  if (!topic.partitioner.empty()) {
    properties.add(kPartitioner, topic.partitioner);
  }
  if (at_most > 0) {
    properties.add(kPattern, topic.name);
    properties.add_number(kAtMost, at_most);
  }
  properties.put_into(target);
  return host.target(target, error);
}

} // namespace

TopicTargets::TopicTargets(Host host, const dsl::Program& program, const dsl::Router& router, std::string_view sink)
    : host_(host), program_(program), sink_(sink), fixed_(program.topics.size(), 0), overflows_(program.topics.size()) {
  const auto need_all = [this](const std::vector<dsl::Target>& targets) {
    for (const dsl::Target& target : targets) {
      if (target.name == dsl::kNone) {
        need(target.topic, false);
      }
      for (const std::string& name : target.names) {
        need_name(target.topic, name);
      }
      if (target.overflow != dsl::kNone) {
        need(target.overflow, false);
        overflows_[target.overflow] = host_.counter(
            "topic_overflow_total", "Messages to an overflow topic, as their own topic is one too many or has no name.",
            {{"topic", program_.topics[target.overflow].name}});
      }
    }
  };
  for (const dsl::Rule& rule : router.rules) {
    need_all(rule.targets);
  }
  need_all(router.otherwise);
  if (router.dead_letter != dsl::kNone) {
    need(router.dead_letter, true);
  }
}

std::uint32_t TopicTargets::of(const dsl::Message& message) {
  if (message.overflowed) {
    return overflow(message.declared);
  }
  const std::uint32_t id = known(message.declared, message.topic);
  return id != 0 || message.at_most == 0 ? id : granted(message);
}

// A name that has not come up yet. Whoever is refused goes to the overflow, whatever the reason.
std::uint32_t TopicTargets::granted(const dsl::Message& message) {
  constexpr std::size_t kMostRefused = 10'000; // names come from outside
  if (!refused_.contains(message.topic)) {
    mr_error error{};
    const auto own = std::ranges::find(program_.topics, message.topic, &dsl::Topic::name);
    const bool declared = own != program_.topics.end();
    const dsl::Topic& topic = declared ? *own : program_.topics[message.declared];
    const std::uint32_t id =
        ask_for_topic(host_, sink_, topic, message.topic, false, error, declared ? 0 : message.at_most);
    if (id != 0) {
      interpolated_.emplace(message.topic, id);
      return id;
    }
    if (refused_.size() >= kMostRefused) {
      refused_.clear();
    }
    refused_.emplace(message.topic);
  }
  return overflow(message.overflow);
}

std::uint32_t TopicTargets::overflow(dsl::Index declared) {
  overflows_[declared].add(1);
  return fixed_[declared];
}

std::uint32_t TopicTargets::known(dsl::Index declared, std::string_view name) const {
  if (fixed_[declared] != 0 && program_.topics[declared].name == name) {
    return fixed_[declared];
  }
  const auto found = interpolated_.find(name);
  return found == interpolated_.end() ? 0 : found->second;
}

void TopicTargets::need(dsl::Index declared, bool dead_letter) {
  if (fixed_[declared] != 0) {
    return;
  }
  const dsl::Topic& topic = program_.topics[declared];
  mr_error error{};
  fixed_[declared] = ask_for_topic(host_, sink_, topic, topic.name, dead_letter, error);
  if (fixed_[declared] == 0) {
    throw invalid("topic '" + topic.name + "' has no place to go: " + error.text);
  }
}

// The declared pattern that the name belongs to, the longest of several: names that are listed may be of more than one.
const dsl::Topic& TopicTargets::family_of(std::string_view name, dsl::Index declared) const {
  const dsl::Topic* best = &program_.topics[declared];
  for (const dsl::Topic& topic : program_.topics) {
    const bool better = !dsl::matches_topic(best->name, name) || topic.name.size() > best->name.size();
    if (better && dsl::matches_topic(topic.name, name)) {
      best = &topic;
    }
  }
  return *best;
}

// One that an interpolated name can become: a topic that is declared by itself, or one of the pattern `declared`.
void TopicTargets::need_name(dsl::Index declared, const std::string& name) {
  if (interpolated_.contains(name)) {
    return;
  }
  const auto own = std::ranges::find(program_.topics, name, &dsl::Topic::name);
  if (own != program_.topics.end()) {
    const auto index = static_cast<dsl::Index>(own - program_.topics.begin());
    need(index, false);
    interpolated_.emplace(name, fixed_[index]);
    return;
  }
  mr_error error{};
  const std::uint32_t id = ask_for_topic(host_, sink_, family_of(name, declared), name, false, error);
  if (id == 0) {
    throw invalid("topic '" + name + "' has no place to go: " + error.text);
  }
  interpolated_.emplace(name, id);
}

DeadLetterTopics::DeadLetterTopics(const Host& host, const dsl::Program& program, std::string_view sink) {
  for (const dsl::Table& table : program.tables) {
    if (table.dead_letter == dsl::kNone || ids_.contains(table.dead_letter)) {
      continue;
    }
    const dsl::Topic& topic = program.topics[table.dead_letter];
    mr_error error{};
    const std::uint32_t id = ask_for_topic(host, sink, topic, topic.name, true, error);
    ids_.emplace(table.dead_letter, id);
    if (id == 0) {
      host.info("what a table refuses stays among the pipeline's own dead letters",
                {{"table", dsl::qualified_name(table)}, {"topic", topic.name}, {"why", error.text}});
    }
  }
}

std::uint32_t table_target(const Host& host, const dsl::Table& table, std::string_view sink) {
  const RowSchema schema = schema_of(table);
  const std::string name = dsl::qualified_name(table);
  mr_target target{};
  target.sink = sink.empty() ? kAbsent : str(sink);
  target.name = str(name);
  target.form = MR_ROWS;
  target.schema = &schema.get();
  Properties properties;
  std::deque<std::string> names;
  add_table_properties(table, names, properties);
  properties.put_into(target);
  mr_error error{};
  const std::uint32_t id = host.target(target, error);
  if (id == 0) {
    throw invalid("table '" + name + "' has no place to go: " + error.text);
  }
  return id;
}

} // namespace millrace::router_rules
