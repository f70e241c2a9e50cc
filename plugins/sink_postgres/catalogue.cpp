#include "plugins/sink_postgres/catalogue.hpp"

#include "plugins/sink_postgres/session.hpp"

#include <algorithm>
#include <map>

namespace millrace::sink_postgres {
namespace {

std::vector<TableColumn> read_columns(pqxx::transaction_base& transaction, std::uint32_t oid) {
  // A domain is written as the type beneath it.
  const pqxx::result rows = exec(
      transaction,
      "select a.attname, case t.typtype when 'd' then t.typbasetype else a.atttypid end::bigint,"
      " case t.typtype when 'd' then t.typtypmod else a.atttypmod end, format_type(a.atttypid, a.atttypmod),"
      " a.attnotnull or (t.typtype = 'd' and t.typnotnull), a.atthasdef or a.attidentity <> '', a.attgenerated <> ''"
      " from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid"
      " where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum",
      pqxx::params{oid});
  std::vector<TableColumn> out;
  for (const pqxx::row& row : rows) {
    TableColumn column;
    column.name = row[0].as<std::string>();
    column.type = sql_type_of(row[1].as<std::uint32_t>(), row[2].as<std::int32_t>());
    column.type_text = row[3].as<std::string>();
    column.not_null = row[4].as<bool>();
    column.has_default = row[5].as<bool>();
    column.generated = row[6].as<bool>();
    out.push_back(std::move(column));
  }
  return out;
}

std::vector<std::vector<std::string>> read_unique_keys(pqxx::transaction_base& transaction, std::uint32_t oid) {
  const pqxx::result rows =
      exec(transaction,
           "select i.indexrelid::bigint, a.attname from pg_catalog.pg_index i"
           " cross join lateral unnest(i.indkey::int2[]) with ordinality k(attnum, place)"
           " join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum"
           " where i.indrelid = $1::oid and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null"
           " and i.indexprs is null and k.place <= i.indnkeyatts order by 1, 2",
           pqxx::params{oid});
  std::map<std::int64_t, std::vector<std::string>> keys;
  for (const pqxx::row& row : rows) {
    keys[row[0].as<std::int64_t>()].push_back(row[1].as<std::string>());
  }
  std::vector<std::vector<std::string>> out;
  for (auto& [index, columns] : keys) {
    std::sort(columns.begin(), columns.end());
    out.push_back(std::move(columns));
  }
  return out;
}

std::vector<std::vector<std::string>> read_indexes(pqxx::transaction_base& transaction, std::uint32_t oid) {
  const pqxx::result rows =
      exec(transaction,
           "select i.indexrelid::bigint, a.attname from pg_catalog.pg_index i"
           " cross join lateral unnest(i.indkey::int2[]) with ordinality k(attnum, place)"
           " join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum"
           " where i.indrelid = $1::oid and i.indisvalid and i.indpred is null and i.indexprs is null"
           " and k.place <= i.indnkeyatts order by 1, k.place",
           pqxx::params{oid});
  std::map<std::int64_t, std::vector<std::string>> indexes;
  for (const pqxx::row& row : rows) {
    indexes[row[0].as<std::int64_t>()].push_back(row[1].as<std::string>());
  }
  std::vector<std::vector<std::string>> out;
  for (auto& [index, columns] : indexes) {
    out.push_back(std::move(columns));
  }
  return out;
}

std::string read_partition_column(pqxx::transaction_base& transaction, std::uint32_t oid) {
  const pqxx::result rows =
      exec(transaction,
           "select a.attname from pg_catalog.pg_partitioned_table p join pg_catalog.pg_attribute a"
           " on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]"
           " where p.partrelid = $1::oid and p.partstrat = 'r' and p.partnatts = 1 and p.partexprs is null",
           pqxx::params{oid});
  return rows.empty() ? "" : rows[0][0].as<std::string>();
}

} // namespace

// Bounds are known to the catalogue only as SQL, whose times are written as this session's settings have it: the server
// reads them back. MINVALUE, MAXVALUE and infinite times are NULL here.
KnownPartitions read_partitions(pqxx::transaction_base& transaction, std::uint32_t oid, bool of_dates) {
  const std::string moment = of_dates ? "::date::timestamp at time zone 'UTC'" : "::timestamptz";
  const auto bound = [&](const std::string& word) {
    const std::string text = "substring(bound from '" + word + " \\(''([^'']*)''\\)')" + moment;
    return "case when isfinite(" + text + ") then (extract(epoch from " + text + ") * 1000000)::bigint end";
  };
  const pqxx::result rows = exec(transaction,
                                 "select " + bound("FROM") + ", " + bound("TO") +
                                     " from (select pg_get_expr(c.relpartbound, c.oid) as bound"
                                     " from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid"
                                     " where i.inhparent = $1::oid) partitions",
                                 pqxx::params{oid});
  std::vector<TimeRange> ranges;
  for (const pqxx::row& row : rows) {
    ranges.push_back({row[0].is_null() ? INT64_MIN : row[0].as<std::int64_t>(),
                      row[1].is_null() ? INT64_MAX : row[1].as<std::int64_t>()});
  }
  return KnownPartitions(std::move(ranges));
}

TableName parse_table_name(std::string_view target) {
  const std::size_t dot = target.find('.');
  if (dot == std::string_view::npos) {
    return {"public", std::string(target)};
  }
  return {std::string(target.substr(0, dot)), std::string(target.substr(dot + 1))};
}

std::optional<TableDescription> describe_table(pqxx::transaction_base& transaction, const TableName& name) {
  const pqxx::result found = exec(transaction,
                                  "select c.oid::bigint, c.relkind::text, has_table_privilege(c.oid, 'insert')"
                                  " from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
                                  " where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')",
                                  pqxx::params{name.schema, name.table});
  if (found.empty()) {
    return std::nullopt;
  }
  TableDescription table;
  table.oid = found[0][0].as<std::uint32_t>();
  table.kind = found[0][1].as<std::string>().at(0);
  table.may_insert = found[0][2].as<bool>();
  // First, so that a change while we read shows later.
  table.fingerprint = exec(transaction, kFingerprintQuery, pqxx::params{table.oid})[0][0].as<std::string>();
  table.columns = read_columns(transaction, table.oid);
  table.unique_keys = read_unique_keys(transaction, table.oid);
  table.indexes = read_indexes(transaction, table.oid);
  if (table.kind == 'p') {
    table.partition_column = read_partition_column(transaction, table.oid);
  }
  return table;
}

} // namespace millrace::sink_postgres
