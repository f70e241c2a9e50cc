#include "dsl/check/table_clauses.hpp"

#include <algorithm>
#include <array>

#include "dsl/check/declarations.hpp"
#include "dsl/ruleset.hpp"

namespace millrace::dsl::check {
namespace {

struct UnitRow {
  std::string_view name;
  PartitionUnit unit;
  std::int64_t hours;       // the shortest one of its kind
  std::size_t suffix_bytes; // what a partition's name has behind the table's: `_2024_06`
};
constexpr std::array<UnitRow, 5> kUnits = {{
    {"hour", PartitionUnit::hour, 1, 14},
    {"day", PartitionUnit::day, 24, 11},
    {"week", PartitionUnit::week, 7 * 24, 11},
    {"month", PartitionUnit::month, 28 * 24, 8},
    {"year", PartitionUnit::year, 365 * 24, 5},
}};
constexpr std::size_t kMaxIdentifier = 63; // bytes, of PostgreSQL
constexpr std::int64_t kMaxPartitions = 2'000;
constexpr std::int64_t kMaxKeep = 1'000'000;

const UnitRow& row_of(PartitionUnit unit) {
  return *std::find_if(kUnits.begin(), kUnits.end(), [&](const UnitRow& row) { return row.unit == unit; });
}

std::string unit_with_article(const UnitRow& row) {
  return (row.unit == PartitionUnit::hour ? "an " : "a ") + std::string(row.name);
}

/// Of every kind once, or nothing.
template <typename Clause>
const Clause* only(Context& context, const ast::Table& table, const std::string& what) {
  const Clause* first = nullptr;
  for (const ast::TablePart& part : table.parts) {
    const auto* found = std::get_if<Clause>(&part);
    if (found != nullptr && first != nullptr) {
      context.diagnostics.add(Code::said_twice, found->span, what + " stands once", "a second time")
          .label(first->span, "the first time")
          .help("remove one of them");
    } else if (found != nullptr) {
      first = found;
    }
  }
  return first;
}

} // namespace

void TableClauses::run() {
  if (const auto* partition = only<ast::Partition>(context_, table_, "`partition by`")) {
    this->partition(*partition);
  }
  evolve();
  if (const auto* letter = only<ast::TableDeadLetter>(context_, table_, "`dead_letter`")) {
    dead_letter(*letter);
  }
  for (const ast::TablePart& part : table_.parts) {
    if (const auto* index = std::get_if<ast::TableIndex>(&part)) {
      this->index(*index);
    } else if (const auto* column = std::get_if<ast::Column>(&part); column != nullptr && column->renamed_from) {
      rename(*column);
    } else if (const auto* drop = std::get_if<ast::DropColumn>(&part)) {
      this->drop(*drop);
    }
  }
}

std::optional<Index> TableClauses::column_named(const ast::Name& name, Code code) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < lowered_.columns.size(); ++i) {
    if (lowered_.columns[i].name == name.text) {
      return static_cast<Index>(i);
    }
    known.push_back(lowered_.columns[i].name);
  }
  auto& diagnostic =
      context_.diagnostics.add(code, name.span, "the table has no column " + ticked(name.text), "no such column");
  suggest(diagnostic, name.span, name.text, known);
  return std::nullopt;
}

const ast::PrimaryKey* TableClauses::key() const {
  for (const ast::TablePart& part : table_.parts) {
    if (const auto* key = std::get_if<ast::PrimaryKey>(&part)) {
      return key;
    }
  }
  return nullptr;
}

// ---- partitions

std::optional<PartitionUnit> TableClauses::unit(const ast::Name& name) {
  std::string_view text = name.text;
  if (text.ends_with('s')) {
    text.remove_suffix(1);
  }
  std::vector<std::string> known;
  for (const UnitRow& row : kUnits) {
    if (row.name == text) {
      return row.unit;
    }
    known.emplace_back(row.name);
  }
  auto& diagnostic = context_.diagnostics.add(Code::bad_partition, name.span,
                                              "there is no unit of time " + ticked(name.text), "not known");
  suggest(diagnostic, name.span, name.text, known);
  diagnostic.help("there are " + enumerate(known));
  return std::nullopt;
}

void TableClauses::partition(const ast::Partition& partition) {
  const auto unit = this->unit(partition.unit);
  if (unit) {
    lowered_.partition_by.unit = *unit;
    keep(partition);
    partition_names();
  }
  if (const auto column = column_named(partition.column, Code::bad_partition)) {
    lowered_.partition_by.column = *column;
    partition_column(partition, *column);
    require_in_key(partition, *column);
  }
}

void TableClauses::partition_names() {
  const std::size_t room = kMaxIdentifier - row_of(lowered_.partition_by.unit).suffix_bytes;
  if (lowered_.name.size() > room && lowered_.name.size() <= kMaxIdentifier) {
    context_.diagnostics
        .add(Code::misused_name, table_.name.name.span, "PostgreSQL cuts names after 63 bytes",
             std::to_string(lowered_.name.size()) + " bytes, and those of its partitions have a time behind it")
        .help("choose a name of at most " + std::to_string(room) + " bytes");
  }
}

void TableClauses::partition_column(const ast::Partition& partition, Index column) {
  const Column& lowered = lowered_.columns[column];
  const auto refuse = [&](const std::string& headline, const std::string& label) -> Diagnostic& {
    return context_.diagnostics.add(Code::bad_partition, partition.column.span, headline, label)
        .label(columns_at_.at(partition.column.text), "the column");
  };
  const bool is_date = lowered.type.kind == SqlKind::date;
  if (lowered.value == kNone) {
    return; // reported
  }
  if ((lowered.type.kind != SqlKind::timestamptz && !is_date) || lowered.type.array) {
    refuse("a table is partitioned by a time, and " + ticked(partition.column.text) + " is none",
           ticked(sql_text(lowered.type)))
        .help("partition by a column of type `timestamptz` or `date`");
  } else if (lowered.nullable) {
    refuse("a row without " + ticked(partition.column.text) + " would belong to no partition", "it may be null")
        .help("write `else reject`, or a constant, instead of `else null`");
  } else if (is_date && lowered_.partition_by.unit == PartitionUnit::hour) {
    refuse("a date has no hours", "a `date`").help("partition by day, or make the column a `timestamptz`");
  }
}

void TableClauses::keep(const ast::Partition& partition) {
  if (!partition.keep) {
    return;
  }
  const auto unit = this->unit(partition.keep_unit);
  if (!unit) {
    return;
  }
  const auto refuse = [&](const std::string& headline, const std::string& label) -> Diagnostic& {
    return context_.diagnostics.add(Code::bad_partition, partition.keep->span | partition.keep_unit.span, headline,
                                    label);
  };
  const auto count = whole_number(partition.keep->token, kMaxKeep);
  if (!count) {
    refuse("nothing is kept for so long", "out of range").help("leave `keep` out to keep everything");
    return;
  }
  const UnitRow& whole = row_of(lowered_.partition_by.unit);
  const std::int64_t hours = *count * row_of(*unit).hours;
  if (hours < whole.hours) {
    refuse("a partition is kept or dropped as a whole, and one holds " + unit_with_article(whole),
           "less than one " + std::string(whole.name))
        .help("keep at least `1 " + std::string(whole.name) + "`, or partition by a smaller unit");
    return;
  }
  if (hours / whole.hours > kMaxPartitions) {
    refuse("these are more than 2,000 partitions of " + unit_with_article(whole) + " each", "too many for one table")
        .help("partition by a larger unit, or keep less");
    return;
  }
  lowered_.partition_by.keep = static_cast<std::int32_t>(*count);
  lowered_.partition_by.keep_unit = *unit;
}

void TableClauses::require_in_key(const ast::Partition& partition, Index column) {
  const ast::PrimaryKey* const key = this->key();
  const auto& columns = lowered_.primary_key;
  if (key == nullptr || std::find(columns.begin(), columns.end(), column) != columns.end()) {
    return;
  }
  std::string names;
  for (const ast::Name& name : key->columns) {
    names += (names.empty() ? "" : ", ") + context_.text(name.span);
  }
  const std::string name = context_.text(partition.column.span);
  const std::size_t brace = context_.text(key->span).find('(');
  const Span listed{key->span.file, key->span.begin + static_cast<std::uint32_t>(brace), key->span.end};
  const std::uint32_t end = key->columns.back().span.end;
  context_.diagnostics
      .add(Code::partition_not_in_key, listed, "the primary key must contain the partition column " + ticked(name),
           "PostgreSQL can only keep this unique inside one partition")
      .label(partition.column.span, "the table is partitioned by this column")
      .help("`primary key (" + names + ", " + name + ")`",
            Fix{{{Span{key->span.file, end, end}, ", " + name}}, Applicability::machine, "fix"})
      .note("the same " + names + " in two " + std::string(row_of(lowered_.partition_by.unit).name) +
            "s will then be two rows; drop `partition by` if that is wrong");
}

// ---- indexes

void TableClauses::index(const ast::TableIndex& index) {
  std::vector<Index> columns;
  for (const ast::Name& name : index.columns) {
    const auto column = column_named(name, Code::bad_index);
    if (!column) {
      continue;
    }
    if (std::find(columns.begin(), columns.end(), *column) != columns.end()) {
      context_.diagnostics
          .add(Code::bad_index, name.span, ticked(name.text) + " is in the index twice", "a second time")
          .help("remove it");
      continue;
    }
    if (lowered_.columns[*column].type.kind == SqlKind::jsonb) {
      context_.diagnostics.add(Code::bad_index, name.span, "a jsonb column has no order to index it by", "jsonb")
          .help("make a column of the part of it that is searched for");
      continue;
    }
    columns.push_back(*column);
  }
  constexpr std::size_t kMaxIndexColumns = 32; // of PostgreSQL
  if (index.columns.size() > kMaxIndexColumns) {
    context_.diagnostics.add(Code::bad_index, index.span, "an index has at most 32 columns", "too many")
        .help("leave out those at the end");
  }
  if (columns.size() < index.columns.size()) {
    return; // reported
  }
  if (std::find(lowered_.indexes.begin(), lowered_.indexes.end(), columns) != lowered_.indexes.end()) {
    context_.diagnostics.add(Code::bad_index, index.span, "there is an index on these columns already", "a second one")
        .help("remove it");
  } else {
    lowered_.indexes.push_back(std::move(columns));
  }
}

// ---- evolution

void TableClauses::evolve() {
  const auto* evolve = only<ast::Evolve>(context_, table_, "`evolve`");
  lowered_.frozen = evolve != nullptr && evolve->frozen;
}

Diagnostic& TableClauses::clash(Span span, std::string headline, std::string label) {
  return context_.diagnostics.add(Code::bad_evolution, span, std::move(headline), std::move(label));
}

void TableClauses::rename(const ast::Column& column) {
  const ast::Name& old = *column.renamed_from;
  const std::string name = ticked(old.text);
  if (lowered_.frozen) {
    clash(old.span, "a table that is `evolve frozen` has no column renamed", "a change")
        .help("remove `renamed from`, or write `evolve additive`");
  } else if (old.text == column.name.text) {
    clash(old.span, name + " has this name already", "the same name").help("remove `renamed from`");
  } else if (const auto at = columns_at_.find(old.text); at != columns_at_.end()) {
    clash(old.span, name + " is a column of this table", "still in use")
        .label(at->second, "this one")
        .help("remove that column, or choose another name for one of them");
  } else if (const auto [first, is_new] = gone_.emplace(old.text, old.span); !is_new) {
    clash(old.span, name + " can become one column", "a second time")
        .label(first->second, "the first time")
        .help("remove one of them");
  } else {
    const auto lowered = std::find_if(lowered_.columns.begin(), lowered_.columns.end(),
                                      [&](const Column& known) { return known.name == column.name.text; });
    lowered->renamed_from = old.text;
  }
}

void TableClauses::drop(const ast::DropColumn& drop) {
  const ast::Name& gone = drop.column;
  const std::string name = ticked(gone.text);
  if (lowered_.frozen) {
    clash(drop.span, "a table that is `evolve frozen` has no column dropped", "a change")
        .help("remove `drop column`, or write `evolve additive`");
  } else if (const auto at = columns_at_.find(gone.text); at != columns_at_.end()) {
    clash(gone.span, name + " is a column of this table", "still in use")
        .label(at->second, "this one")
        .help("remove the column, or `drop column`");
  } else if (const auto [first, is_new] = gone_.emplace(gone.text, gone.span); !is_new) {
    clash(gone.span, name + " is renamed or dropped already", "a second time")
        .label(first->second, "the first time")
        .help("remove one of them");
  } else {
    lowered_.dropped_columns.emplace_back(gone.text);
  }
}

// ---- dead letters

void TableClauses::dead_letter(const ast::TableDeadLetter& letter) {
  if (letter.topic.text.find('*') != std::string_view::npos) {
    context_.diagnostics
        .add(Code::bad_topic_name, letter.topic.span,
             "refused rows go to one topic, not to " + ticked(letter.topic.text), "a pattern")
        .help("name a topic of its own for them");
  } else if (const TopicInfo* topic = find_topic(context_, letter.topic)) {
    lowered_.dead_letter = topic->index;
  }
}

} // namespace millrace::dsl::check
