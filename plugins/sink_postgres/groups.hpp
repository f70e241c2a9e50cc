// The rows of one delivery, put together by table: several parts of one target become one COPY. Borrows the delivery.
#pragma once

#include "plugins/sink_postgres/table_plan.hpp"

#include <millrace/plugin.h>
#include <millrace/rows.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace millrace::sink_postgres {

// A table as it was bound.
struct BoundTable {
  std::uint32_t id = 0;
  TablePlan plan;
  bool stale = false;                  // the catalogue is to be read again before the next row
  std::uint64_t staged_generation = 0; // session that has its staging table, 0: none
  KnownPartitions partitions;          // where the rules say how it is partitioned
  bool makes_ahead = true;             // false: this role may not make partitions
};
using BoundTables = std::map<std::uint32_t, std::unique_ptr<BoundTable>>;

struct RowRef {
  std::uint32_t part;   // of the delivery
  std::uint32_t record; // of the part
  std::uint32_t view;   // of the group
  std::uint32_t row;    // of the part's array
};

struct Group {
  BoundTable* table = nullptr;
  std::vector<RowView> views;              // one for each of its parts
  std::vector<std::vector<bool>> storable; // of the views' columns, see RowEncoder; empty: not looked at
  std::vector<RowRef> rows;                // in event order
};

// In order of the tables' names, so that transactions of several workers take their locks in one order. Throws fatal()
// for a part that names no bound target or has no rows.
std::vector<Group> group_rows(const mr_delivery& delivery, const BoundTables& tables);

// What the rows' partitions are. Of a table for which the rules say how it is partitioned.
NeededPartitions needed_partitions(const Group& group);

inline const mr_event* event_of(const mr_delivery& delivery, const RowRef& row) {
  return delivery.parts[row.part].events[row.record];
}

} // namespace millrace::sink_postgres
