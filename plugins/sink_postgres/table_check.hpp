// Whether a table is what a target needs: columns, types, NOT NULL, the key. Compares descriptions, reads nothing.
#pragma once

#include "plugins/sink_postgres/catalogue.hpp"
#include "plugins/sink_postgres/partitions.hpp"

#include <millrace/plugin.h>
#include <millrace/rows.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::sink_postgres {

enum class OnConflict : std::uint8_t { none = 1, keep_first = 2, keep_last = 3, keep_newest = 4 };

struct WantedColumn {
  Column column;
  SqlType type; // what the rules say, or what is natural where they say nothing
};

// A target as its router described it.
struct WantedTable {
  TableName name;
  std::vector<WantedColumn> columns;
  std::vector<std::string> key;
  OnConflict on_conflict = OnConflict::none; // none: a second row with the key is refused
  std::string newest_by;
  std::optional<Partitioning> partitioning;
  std::vector<std::vector<std::string>> indexes;
  std::vector<std::pair<std::string, std::string>> renamed; // a column, and the name that it had
  std::vector<std::string> dropped;                         // columns that are not to be there any more
  bool frozen = false;
};

// Throws invalid() for what no table could satisfy.
WantedTable wanted_table(const mr_target& target);

// One way in which a table does not fit. The text names the thing and the difference, without the table's name.
struct Difference {
  std::string item; // a column, or a property of the target; empty: the whole table
  std::string text;
  std::string way_out;

  std::string line() const { return text + (way_out.empty() ? "" : ": " + way_out); }
};
std::vector<Difference> differences(const WantedTable& wanted, const TableDescription& actual);

// How a table differs without keeping rows out: indexes, columns that are to go.
std::vector<Difference> leftovers(const WantedTable& wanted, const TableDescription& actual);

// Columns that may hold NULL, though the rules write something else into every row: others may rely on that.
std::vector<Difference> needlessly_nullable(const WantedTable& wanted, const TableDescription& actual);

// "table app.orders: " and the first differences; how many more there are.
std::string describe(const TableName& name, const std::vector<Difference>& differences);

// The statements that make the table and its indexes, without its partitions.
std::vector<std::string> create_table_sql(const WantedTable& wanted);

// The statements that add a partition to a table while rows are written into it: attaching an empty table does not wait
// for them, as making it in one step would.
std::vector<std::string> add_partition_sql(const WantedTable& wanted, const TimeRange& range);

} // namespace millrace::sink_postgres
