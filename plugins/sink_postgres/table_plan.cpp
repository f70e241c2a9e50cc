#include "plugins/sink_postgres/table_plan.hpp"

#include "plugins/sink_postgres/session.hpp"

#include <algorithm>

namespace millrace::sink_postgres {
namespace {

constexpr const char* kOrd = "\"millrace ord\""; // place in the batch; no column of a person's is called so

std::string listed(const std::vector<std::string>& names, const std::string& between = ", ") {
  std::string out;
  for (const std::string& name : names) {
    out += (out.empty() ? "" : between) + name;
  }
  return out;
}

// Which of the rows with one key stays, and what it does to a row that is there already. A newest row that has no time
// counts as the oldest.
std::string merge_sql(const TablePlan& plan, const std::string& stage, const std::vector<std::string>& columns) {
  const WantedTable& wanted = plan.wanted;
  std::vector<std::string> key;
  for (const std::string& name : wanted.key) {
    key.push_back(quote_name(name));
  }
  const std::string newest = quote_name(wanted.newest_by);
  std::string order = listed(key);
  std::string update = " do nothing";
  if (wanted.on_conflict == OnConflict::keep_first) {
    order += std::string(", ") + kOrd;
  } else {
    order += wanted.on_conflict == OnConflict::keep_newest ? ", " + newest + " desc nulls last, " + kOrd
                                                           : std::string(", ") + kOrd + " desc";
    std::vector<std::string> sets;
    for (const std::string& column : columns) {
      if (std::find(key.begin(), key.end(), column) == key.end()) {
        sets.push_back(column + " = excluded." + column);
      }
    }
    if (!sets.empty()) {
      update = " do update set " + listed(sets);
      if (wanted.on_conflict == OnConflict::keep_newest) {
        update += " where excluded." + newest + " > t." + newest + " or (t." + newest + " is null and excluded." +
                  newest + " is not null)";
      }
    }
  }
  return "insert into " + quote_name(wanted.name.schema, wanted.name.table) + " as t (" + listed(columns) +
         ") select distinct on (" + listed(key) + ") " + listed(columns) + " from " + stage + " order by " + order +
         " on conflict (" + listed(key) + ")" + update;
}

} // namespace

TablePlan plan_table(WantedTable wanted, const TableDescription& actual, std::uint32_t id) {
  TablePlan plan;
  plan.wanted = std::move(wanted);
  plan.oid = actual.oid;
  plan.fingerprint = actual.fingerprint;
  std::vector<ColumnPlan> encoding;
  std::vector<std::string> columns;
  for (const WantedColumn& column : plan.wanted.columns) {
    const auto there = std::find_if(actual.columns.begin(), actual.columns.end(),
                                    [&](const TableColumn& of) { return of.name == column.column.name; });
    encoding.push_back({column.column.name, column.column.type, there->type.value(), !there->not_null,
                        column.column.scale, column.column.list});
    columns.push_back(quote_name(column.column.name));
  }
  plan.encoder = RowEncoder(std::move(encoding));
  const std::string table = quote_name(plan.wanted.name.schema, plan.wanted.name.table);
  plan.staged = plan.wanted.on_conflict != OnConflict::none;
  if (!plan.staged) {
    plan.copy = "copy " + table + " (" + listed(columns) + ") from stdin (format binary)";
    return plan;
  }
  const std::string name = quote_name("millrace stage " + std::to_string(id));
  const std::string stage = "pg_temp." + name;
  plan.copy = "copy " + stage + " (" + kOrd + ", " + listed(columns) + ") from stdin (format binary)";
  plan.stage_create = "create temp table " + name + " on commit delete rows as select 0::int as " + kOrd + ", " +
                      listed(columns) + " from " + table + " with no data";
  plan.stage_drop = "drop table if exists " + stage;
  plan.stage_clear = "truncate " + stage;
  plan.merge = merge_sql(plan, stage, columns);
  return plan;
}

} // namespace millrace::sink_postgres
