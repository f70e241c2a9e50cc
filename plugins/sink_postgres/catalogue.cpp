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

} // namespace

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
  return table;
}

} // namespace millrace::sink_postgres
