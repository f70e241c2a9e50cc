// A table that deliveries go to: how its rows are encoded and the statements that store them. Text only; who runs them
// is transaction.hpp.
#pragma once

#include "plugins/sink_postgres/encode.hpp"
#include "plugins/sink_postgres/table_check.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::sink_postgres {

struct TablePlan {
  WantedTable wanted;
  std::uint32_t oid = 0;
  std::string fingerprint;
  RowEncoder encoder;
  std::string copy; // into the table, or into the staging table where rows with one key are reduced
  bool staged = false;
  std::string stage_create; // once a session
  std::string stage_drop;   // before it is made anew
  std::string merge;        // from the staging table, one row per key, in order of the key: no deadlocks
  std::string stage_clear;
};

// `id` tells the staging tables of one session apart. `actual` has no differences.
TablePlan plan_table(WantedTable wanted, const TableDescription& actual, std::uint32_t id);

} // namespace millrace::sink_postgres
