#include "plugins/sink_postgres/table_check.hpp"

#include "plugins/sink_postgres/session.hpp"

#include <millrace/failure.hpp>
#include <millrace/targets.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <stdexcept>

namespace millrace::sink_postgres {
namespace {

// Names separated by commas; a comma in a name is doubled.
std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> out;
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ',') {
      name += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == ',') {
      name += ',';
      ++i;
    } else {
      out.push_back(std::move(name));
      name.clear();
    }
  }
  out.push_back(std::move(name));
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
    }
  }
  return row.back();
}

template <class Named>
const Named* find_named(const std::vector<Named>& items, std::string_view name) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Named& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

const WantedColumn* find_wanted(const WantedTable& wanted, std::string_view name) {
  for (const WantedColumn& column : wanted.columns) {
    if (column.column.name == name) {
      return &column;
    }
  }
  return nullptr;
}

// "; did you mean 'total'?", where a column that nobody else writes has nearly this name.
std::string did_you_mean(const WantedTable& wanted, const TableDescription& actual, std::string_view name) {
  const TableColumn* nearest = nullptr;
  std::size_t smallest = 1 + name.size() / 3;
  for (const TableColumn& column : actual.columns) {
    const std::size_t distance = edit_distance(column.name, name);
    if (distance <= smallest && find_wanted(wanted, column.name) == nullptr) {
      smallest = distance;
      nearest = &column;
    }
  }
  return nearest == nullptr ? "" : " (did you mean '" + nearest->name + "'?)";
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    out += (out.empty() ? "" : ", ") + quote_name(name);
  }
  return out;
}

// Its old name, where the table still has it and not the new one.
const std::string* old_name(const WantedTable& wanted, const TableDescription& actual, std::string_view column) {
  for (const auto& [name, old] : wanted.renamed) {
    if (name == column && find_named(actual.columns, old) != nullptr) {
      return &old;
    }
  }
  return nullptr;
}

bool is_to_be_renamed(const WantedTable& wanted, const TableDescription& actual, std::string_view column) {
  return std::any_of(wanted.renamed.begin(), wanted.renamed.end(), [&](const auto& renamed) {
    return renamed.second == column && find_named(actual.columns, renamed.first) == nullptr;
  });
}

bool is_dropped(const WantedTable& wanted, std::string_view column) {
  return std::find(wanted.dropped.begin(), wanted.dropped.end(), column) != wanted.dropped.end();
}

// A column that the rules do not write and that takes no row without it.
bool keeps_rows_out(const TableColumn& column, const WantedTable& wanted) {
  return column.not_null && !column.has_default && !column.generated && find_wanted(wanted, column.name) == nullptr;
}

std::optional<Difference> column_difference(const WantedTable& wanted, const TableDescription& actual,
                                            const WantedColumn& column, const std::string& alter) {
  const std::string& name = column.column.name;
  const std::string type = to_string(column.type);
  const TableColumn* const there = find_named(actual.columns, name);
  if (const std::string* const old = old_name(wanted, actual, name); there == nullptr && old != nullptr) {
    return Difference{name, "still calls its column '" + name + "' '" + *old + "'",
                      alter + " rename column " + quote_name(*old) + " to " + quote_name(name)};
  }
  if (there == nullptr) {
    return Difference{name, "has no column '" + name + "'" + did_you_mean(wanted, actual, name),
                      alter + " add column " + quote_name(name) + " " + type};
  }
  if (there->generated) {
    return Difference{name,
                      "computes its column '" + name + "' itself (generated), so that nothing can be written there",
                      "leave it out of the rules"};
  }
  if (!there->type || !holds(*there->type, column.type) || !is_encodable(column.column, *there->type)) {
    return Difference{name, "has '" + name + "' as " + there->type_text + ", the rules write " + type,
                      "change the rules, or " + alter + " alter column " + quote_name(name) + " type " + type};
  }
  if (there->not_null && column.column.nullable) {
    return Difference{name, "has '" + name + "' NOT NULL, and the rules may leave it null",
                      "give it another 'else', or " + alter + " alter column " + quote_name(name) + " drop not null"};
  }
  return std::nullopt;
}

OnConflict parse_on_conflict(std::string_view text, const TableName& name) {
  if (text.empty() || text == "reject") {
    return OnConflict::none;
  }
  if (text == "keep_first") {
    return OnConflict::keep_first;
  }
  if (text == "keep_last") {
    return OnConflict::keep_last;
  }
  if (text == "keep_newest") {
    return OnConflict::keep_newest;
  }
  throw invalid("table " + name.text() + ": on_conflict is '" + std::string(text) +
                "'; it can be keep_first, keep_last, keep_newest or reject");
}

WantedColumn wanted_column(Column column, const TableName& name) {
  constexpr int kMostDigits = 38;
  if (column.type == ColumnType::decimal && (column.precision > kMostDigits || column.scale > column.precision)) {
    throw invalid("table " + name.text() + ": column '" + column.name + "' has " + std::to_string(column.precision) +
                  " digits, " + std::to_string(column.scale) +
                  " of them behind the point; at most 38 in all can be "
                  "written");
  }
  const std::optional<SqlType> said = column.sql_type.empty() ? natural_type(column) : parse_sql_type(column.sql_type);
  if (!said || !is_encodable(column, *said)) {
    throw invalid("table " + name.text() + ": column '" + column.name + "' is declared as '" + column.sql_type +
                  "', which this sink cannot write from what the router hands in");
  }
  return {std::move(column), *said};
}

void check_key(const WantedTable& wanted) {
  const std::string table = "table " + wanted.name.text() + ": ";
  if (wanted.on_conflict != OnConflict::none && wanted.key.empty()) {
    throw invalid(table + "on_conflict needs a primary_key");
  }
  for (const std::string& name : wanted.key) {
    if (find_wanted(wanted, name) == nullptr) {
      throw invalid(table + "primary_key names '" + name + "', which is none of its columns");
    }
  }
  if (wanted.on_conflict == OnConflict::keep_newest && find_wanted(wanted, wanted.newest_by) == nullptr) {
    throw invalid(table + "newest_by names '" + wanted.newest_by + "', which is none of its columns");
  }
}

Partitioning read_partitioning(const mr_target& target, std::string_view column, const WantedTable& wanted) {
  const std::string table = "table " + wanted.name.text() + ": ";
  const auto unit = parse_partition_unit(property(target, kPartitionUnit).value_or(""));
  if (!unit) {
    throw invalid(table + "partition_unit is '" + std::string(property(target, kPartitionUnit).value_or("")) +
                  "'; it can be hour, day, week, month or year");
  }
  const WantedColumn* const by = find_wanted(wanted, column);
  const bool is_time =
      by != nullptr && !by->type.array && (by->type.kind == SqlKind::timestamptz || by->type.kind == SqlKind::date);
  if (!is_time || by->column.nullable) {
    throw invalid(table + "partition_by names '" + std::string(column) +
                  "', which is not a timestamptz or date that is NOT NULL");
  }
  const bool in_key = std::find(wanted.key.begin(), wanted.key.end(), column) != wanted.key.end();
  if (!wanted.key.empty() && !in_key) {
    throw invalid(table + "its primary_key lacks '" + std::string(column) + "', by which it is partitioned");
  }
  constexpr std::size_t kLongestName = 63; // of PostgreSQL
  if (wanted.name.table.size() + suffix_size(*unit) > kLongestName) {
    throw invalid(table + "its name is too long for names of partitions, which have a time behind it");
  }
  return {std::string(column), *unit, by->type.kind == SqlKind::date};
}

void read_layout(const mr_target& target, WantedTable& wanted) {
  if (const auto column = property(target, kPartitionBy)) {
    wanted.partitioning = read_partitioning(target, *column, wanted);
  }
  for (const auto& [number, columns] : properties_below(target, kIndex)) {
    wanted.indexes.push_back(split_names(columns));
    for (const std::string& name : wanted.indexes.back()) {
      if (find_wanted(wanted, name) == nullptr) {
        throw invalid("table " + wanted.name.text() + ": an index names '" + name + "', which is none of its columns");
      }
    }
  }
  for (const auto& [column, old] : properties_below(target, kRenamedFrom)) {
    wanted.renamed.emplace_back(column, old);
  }
  if (const auto dropped = property(target, kDroppedColumns)) {
    wanted.dropped = split_names(*dropped);
  }
  wanted.frozen = property(target, kEvolve) == "frozen";
}

std::optional<Difference> partition_difference(const WantedTable& wanted, const TableDescription& actual) {
  if (!wanted.partitioning) {
    return std::nullopt; // who made its partitions looks after them
  }
  const std::string rules = "the rules say `partition by " + std::string(to_string(wanted.partitioning->unit)) +
                            " of " + wanted.partitioning->column + "`";
  const std::string item(kPartitionBy);
  const std::string way_out = "take that out of the rules, or make a new table and move the rows";
  if (actual.kind != 'p') {
    return Difference{item, "is not partitioned, and " + rules, way_out};
  }
  if (actual.partition_column != wanted.partitioning->column) {
    const std::string by = actual.partition_column.empty() ? "something else" : "'" + actual.partition_column + "'";
    return Difference{item, "is partitioned by " + by + ", and " + rules, way_out};
  }
  return std::nullopt;
}

} // namespace

WantedTable wanted_table(const mr_target& target) {
  WantedTable wanted;
  wanted.name = parse_table_name(view(target.name));
  if (target.form != MR_ROWS || target.schema == nullptr) {
    throw invalid("target '" + copy(target.name) +
                  "': this sink takes rows, and these are messages; a router that "
                  "makes rows (`table` in the rules) goes with it");
  }
  try {
    for (Column& column : columns_of(*target.schema)) {
      wanted.columns.push_back(wanted_column(std::move(column), wanted.name));
    }
  } catch (const std::invalid_argument& error) {
    throw invalid("table " + wanted.name.text() + ": " + error.what());
  }
  if (wanted.columns.empty()) {
    throw invalid("table " + wanted.name.text() + " has no columns");
  }
  if (const auto key = property(target, kPrimaryKey); key && !key->empty()) {
    wanted.key = split_names(*key);
  }
  wanted.on_conflict = parse_on_conflict(property(target, kOnConflict).value_or(""), wanted.name);
  wanted.newest_by = std::string(property(target, kNewestBy).value_or(""));
  check_key(wanted);
  read_layout(target, wanted);
  return wanted;
}

std::vector<Difference> differences(const WantedTable& wanted, const TableDescription& actual) {
  std::vector<Difference> out;
  const std::string alter = "alter table " + quote_name(wanted.name.schema, wanted.name.table);
  if (actual.kind != 'r' && actual.kind != 'p') {
    out.push_back({"", "is a view or a foreign table; rows go into tables", ""});
    return out;
  }
  if (auto difference = partition_difference(wanted, actual)) {
    out.push_back(std::move(*difference));
  }
  for (const WantedColumn& column : wanted.columns) {
    if (auto difference = column_difference(wanted, actual, column, alter)) {
      out.push_back(std::move(*difference));
    }
  }
  for (const TableColumn& column : actual.columns) {
    if (!keeps_rows_out(column, wanted)) {
      continue;
    }
    const std::string what = "has a column '" + column.name + "' that is NOT NULL without a default, and the rules ";
    const std::string way_out = alter + " alter column " + quote_name(column.name) + " drop not null";
    if (is_dropped(wanted, column.name)) {
      out.push_back({column.name, what + "drop it", alter + " drop column " + quote_name(column.name)});
    } else if (!is_to_be_renamed(wanted, actual, column.name)) {
      out.push_back({column.name, what + "do not write it", "add it to the rules, or " + way_out});
    }
  }
  if (!wanted.key.empty()) {
    std::vector<std::string> key = wanted.key;
    std::sort(key.begin(), key.end());
    if (std::find(actual.unique_keys.begin(), actual.unique_keys.end(), key) == actual.unique_keys.end()) {
      out.push_back({std::string(kPrimaryKey),
                     "has no primary key or unique constraint on exactly (" + listed(wanted.key) +
                         "), by which the rules tell rows apart",
                     alter + " add primary key (" + listed(wanted.key) + ")"});
    }
  }
  if (!actual.may_insert) {
    out.push_back({"", "may not be written by this role",
                   "grant select, insert, update on " + quote_name(wanted.name.schema, wanted.name.table) + " to it"});
  }
  return out;
}

std::string describe(const TableName& name, const std::vector<Difference>& differences) {
  constexpr std::size_t kShown = 3; // an error text of the contract has room for about these
  std::string out = "table " + name.text();
  for (std::size_t i = 0; i < std::min(kShown, differences.size()); ++i) {
    out += (i == 0 ? " " : "; ") + differences[i].line();
  }
  if (differences.size() > kShown) {
    out += "; and " + std::to_string(differences.size() - kShown) + " more (`millrace check --connect` shows all)";
  }
  return out;
}

std::vector<Difference> leftovers(const WantedTable& wanted, const TableDescription& actual) {
  std::vector<Difference> out;
  const std::string table = quote_name(wanted.name.schema, wanted.name.table);
  for (std::size_t i = 0; i < wanted.indexes.size(); ++i) {
    const std::vector<std::string>& index = wanted.indexes[i];
    const bool there = std::any_of(actual.indexes.begin(), actual.indexes.end(), [&](const auto& columns) {
      return columns.size() >= index.size() && std::equal(index.begin(), index.end(), columns.begin());
    });
    if (!there) {
      // A partitioned table takes no index concurrently.
      const std::string how = actual.kind == 'p' ? "create index on " : "create index concurrently on ";
      out.push_back({std::string(kIndex) + std::to_string(i + 1), "has no index on (" + listed(index) + ")",
                     how + table + " (" + listed(index) + ")"});
    }
  }
  for (const TableColumn& column : actual.columns) {
    if (keeps_rows_out(column, wanted)) {
      continue; // one of the differences
    }
    if (is_dropped(wanted, column.name)) {
      out.push_back({column.name, "still has its column '" + column.name + "', which the rules drop",
                     "alter table " + table + " drop column " + quote_name(column.name)});
    } else if (wanted.frozen && find_wanted(wanted, column.name) == nullptr) {
      out.push_back(
          {column.name, "has a column '" + column.name + "' that the rules do not have, and it is frozen", ""});
    }
  }
  return out;
}

std::vector<Difference> needlessly_nullable(const WantedTable& wanted, const TableDescription& actual) {
  std::vector<Difference> out;
  const std::string alter = "alter table " + quote_name(wanted.name.schema, wanted.name.table);
  for (const TableColumn& column : actual.columns) {
    const WantedColumn* const written = find_wanted(wanted, column.name);
    if (written != nullptr && !written->column.nullable && !column.not_null) {
      out.push_back({column.name, "lets '" + column.name + "' be NULL, which the rules never make it",
                     alter + " alter column " + quote_name(column.name) + " set not null"});
    }
  }
  return out;
}

std::vector<std::string> create_table_sql(const WantedTable& wanted) {
  const std::string table = quote_name(wanted.name.schema, wanted.name.table);
  std::string create = "create table " + table + " (\n";
  for (std::size_t i = 0; i < wanted.columns.size(); ++i) {
    const WantedColumn& column = wanted.columns[i];
    create += "  " + quote_name(column.column.name) + " " + to_string(column.type);
    create += column.column.nullable ? "" : " not null";
    create += i + 1 < wanted.columns.size() || !wanted.key.empty() ? ",\n" : "\n";
  }
  if (!wanted.key.empty()) {
    create += "  primary key (" + listed(wanted.key) + ")\n";
  }
  create += ")";
  if (wanted.partitioning) {
    create += " partition by range (" + quote_name(wanted.partitioning->column) + ")";
  }
  std::vector<std::string> out = {std::move(create)};
  for (const std::vector<std::string>& index : wanted.indexes) {
    out.push_back("create index on " + table + " (" + listed(index) + ")");
  }
  return out;
}

std::vector<std::string> add_partition_sql(const WantedTable& wanted, const TimeRange& range) {
  const std::string table = quote_name(wanted.name.schema, wanted.name.table);
  const std::string partition =
      quote_name(wanted.name.schema, partition_name(wanted.name.table, wanted.partitioning->unit, range));
  return {"create table " + partition + " (like " + table + " including all excluding indexes excluding identity)",
          "alter table " + table + " attach partition " + partition + " for values " +
              bounds_sql(*wanted.partitioning, range)};
}

} // namespace millrace::sink_postgres
