// What PostgreSQL's catalogue says of a table. Reads only.
#pragma once

#include "plugins/sink_postgres/partitions.hpp"
#include "plugins/sink_postgres/sql_type.hpp"

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::sink_postgres {

struct TableName {
  std::string schema; // "public" where the target names none
  std::string table;

  std::string text() const { return schema + "." + table; }
};
TableName parse_table_name(std::string_view target);

struct TableColumn {
  std::string name;
  std::optional<SqlType> type; // empty: not one that this sink writes
  std::string type_text;       // as PostgreSQL says it
  bool not_null = false;
  bool has_default = false; // or is an identity
  bool generated = false;   // always computed, cannot be written
};

struct TableDescription {
  std::uint32_t oid = 0;
  char kind = 'r'; // of pg_class: r a table, p a partitioned one
  bool may_insert = true;
  std::vector<TableColumn> columns;
  std::vector<std::vector<std::string>> unique_keys; // sets of columns that a unique index covers as a whole, sorted
  std::vector<std::vector<std::string>> indexes;     // columns of each, in order
  std::string partition_column; // of a partitioned table: the one column whose ranges are its partitions; else empty
  std::string fingerprint;      // see fingerprint_query
};

// Empty: there is no such table.
std::optional<TableDescription> describe_table(pqxx::transaction_base& transaction, const TableName& name);

// The partitions of a table that has ranges of one timestamptz, or of one date. A default one holds every time.
KnownPartitions read_partitions(pqxx::transaction_base& transaction, std::uint32_t oid, bool of_dates);

// One value that changes whenever a column does: asked in the transaction that wrote, while its locks hold, it shows
// that what was encoded is what the table had. $1: oid.
inline constexpr const char* kFingerprintQuery =
    "select coalesce(md5(string_agg(concat_ws(':', attnum, attname, atttypid, atttypmod, attnotnull, attgenerated), "
    "',' "
    "order by attnum)), '') from pg_catalog.pg_attribute where attrelid = $1::oid and attnum > 0 and not attisdropped";

} // namespace millrace::sink_postgres
