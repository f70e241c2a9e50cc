#include "plugins/sink_postgres/groups.hpp"

#include <millrace/failure.hpp>

#include <algorithm>
#include <string>
#include <tuple>

namespace millrace::sink_postgres {
namespace {

Group& group_of(std::vector<Group>& groups, BoundTable* table) {
  for (Group& group : groups) {
    if (group.table == table) {
      return group;
    }
  }
  groups.emplace_back().table = table;
  return groups.back();
}

} // namespace

std::vector<Group> group_rows(const mr_delivery& delivery, const BoundTables& tables) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < delivery.part_count; ++i) {
    const mr_part& part = delivery.parts[i];
    const auto table = tables.find(part.target);
    if (table == tables.end() || part.rows == nullptr) {
      throw fatal("the engine handed in a part for target " + std::to_string(part.target) +
                  (table == tables.end() ? ", which is not bound" : " that holds no rows"));
    }
    Group& group = group_of(groups, table->second.get());
    const auto view = static_cast<std::uint32_t>(group.views.size());
    group.views.emplace_back(*part.rows);
    const RowEncoder& encoder = table->second->plan.encoder;
    if (group.views.back().columns() != encoder.columns().size()) {
      throw fatal("the rows for table " + table->second->plan.wanted.name.text() +
                  " do not have the columns of its schema");
    }
    // Not worth it for a few rows of many.
    const auto length = static_cast<std::size_t>(part.rows->length);
    group.storable.push_back(part.count * 2 >= length ? encoder.storable_columns(group.views.back(), length)
                                                      : std::vector<bool>());
    group.rows.reserve(group.rows.size() + part.count);
    for (std::uint32_t record = 0; record < part.count; ++record) {
      group.rows.push_back(
          {static_cast<std::uint32_t>(i), record, view, part.row == nullptr ? record : part.row[record]});
    }
  }
  std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    const TableName& left = a.table->plan.wanted.name;
    const TableName& right = b.table->plan.wanted.name;
    return std::tie(left.schema, left.table, a.table->id) < std::tie(right.schema, right.table, b.table->id);
  });
  return groups;
}

NeededPartitions needed_partitions(const Group& group) {
  constexpr std::int64_t kDayUs = 86'400'000'000;
  const TablePlan& plan = group.table->plan;
  const Partitioning& partitioning = *plan.wanted.partitioning;
  const std::vector<ColumnPlan>& columns = plan.encoder.columns();
  const auto by = static_cast<std::size_t>(
      std::find_if(columns.begin(), columns.end(), [&](const ColumnPlan& c) { return c.name == partitioning.column; }) -
      columns.begin());
  NeededPartitions needed(partitioning.unit, group.table->partitions);
  for (const RowRef& row : group.rows) {
    const ColumnView& view = group.views[row.view][by];
    if (!view.is_null(row.row)) {
      needed.add(partitioning.of_dates ? view.date(row.row) * kDayUs : view.timestamp(row.row));
    }
  }
  return needed;
}

} // namespace millrace::sink_postgres
