#include "dsl/check/lookups.hpp"

#include <algorithm>

#include "dsl/check/literals.hpp"
#include "dsl/check/types.hpp"
#include "dsl/syntax/csv.hpp"
#include "dsl/values/text_form.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::size_t kMaxColumns = 255; // their number is kept in a byte of a node
constexpr std::size_t kLongestShown = 40;

std::string shown(std::string_view cell) {
  std::size_t end = std::min(cell.size(), kLongestShown);
  while (end < cell.size() && (static_cast<unsigned char>(cell[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return ticked(std::string(cell.substr(0, end)) + (end < cell.size() ? "…" : ""));
}

bool is_number(const ValueType& type) {
  return type.kind == Kind::integer || type.kind == Kind::decimal || type.kind == Kind::floating;
}

/// The type that holds both; none if nothing does.
std::optional<ValueType> joined(const ValueType& left, const ValueType& right) {
  if (left.kind == right.kind) {
    return left;
  }
  if (!is_number(left) || !is_number(right)) {
    return std::nullopt;
  }
  return left.kind == Kind::floating || right.kind == Kind::decimal ? (left.kind == Kind::floating ? left : right)
         : right.kind == Kind::floating                             ? right
                                                                    : left;
}

// ---- `lookup x = { … }`

class EntriesReader {
 public:
  EntriesReader(Context& context, const LookupInfo& info, Lookup& lookup)
      : context_(context), tree_(*info.tree), entries_(info.lookup->entries), lookup_(lookup) {}

  /// False if an entry was refused.
  bool read() {
    lookup_.columns.emplace_back();
    lookup_.key = common_type(&ast::LookupEntry::key, "keys");
    lookup_.types.push_back(common_type(&ast::LookupEntry::value, "values"));
    if (!good_) {
      return false;
    }
    lookup_.rows.reserve(entries_.size());
    std::vector<Span> places; // of the rows
    for (const ast::LookupEntry& entry : entries_) {
      const Value key = constant(entry.key, lookup_.key);
      const Value value = constant(entry.value, lookup_.types.front());
      const auto row = static_cast<std::uint32_t>(lookup_.keys.size());
      if (!lookup_.rows.insert(key, row)) {
        report_twice(entry, places[lookup_.rows.find(key)]);
        continue;
      }
      places.push_back(tree_[entry.key].span);
      lookup_.keys.push_back(key);
      lookup_.values.push_back(value);
    }
    lookup_.key = with_digits(lookup_.key, lookup_.keys);
    lookup_.types.front() = with_digits(lookup_.types.front(), lookup_.values);
    return good_;
  }

 private:
  const ast::Literal& literal(ast::ExprId expr) const { return std::get<ast::Literal>(tree_[expr].node); }

  ValueType common_type(ast::ExprId ast::LookupEntry::*part, const std::string& what) {
    std::optional<ValueType> common;
    ast::ExprId first;
    for (const ast::LookupEntry& entry : entries_) {
      const ast::ExprId expr = entry.*part;
      const auto type = natural_type(literal(expr));
      if (!type) {
        refuse(expr, ticked(context_.text(tree_[expr].span)) + " cannot stand in a lookup", "not a value of its own")
            .help(literal(expr).kind == ast::LiteralKind::null
                      ? "leave the entry out: what a lookup does not have is absent"
                      : "write a text, a number, a duration, `true` or `false`");
        continue;
      }
      const auto both = common ? joined(*common, *type) : type;
      if (!both) {
        refuse(expr, "the " + what + " of a lookup are of one kind", noun(*type))
            .label(tree_[first].span, noun(*common));
        continue;
      }
      first = common ? first : expr;
      common = both;
    }
    return common.value_or(ValueType{Kind::text, Wire::natural, 0, 0, kNone, kNone});
  }

  /// A decimal with as many digits as the values have.
  static ValueType with_digits(ValueType type, const std::vector<Value>& values) {
    if (type.kind != Kind::decimal) {
      return type;
    }
    int before = 0;
    int behind = 0;
    for (const Value& value : values) {
      if (value.tag() == Tag::decimal) {
        const Decimal decimal = value.as_decimal();
        int digits = 0;
        for (Int128 rest = decimal.coefficient; rest != 0; rest /= 10) {
          ++digits;
        }
        before = std::max(before, digits - decimal.scale);
        behind = std::max<int>(behind, decimal.scale);
      }
    }
    if (before + behind <= kMaxDigits) {
      type.precision = static_cast<std::uint8_t>(std::max(before + behind, 1));
      type.scale = static_cast<std::uint8_t>(behind);
    }
    return type;
  }

  Diagnostic& refuse(ast::ExprId expr, std::string headline, std::string label) {
    good_ = false;
    return context_.diagnostics.add(Code::bad_lookup_entry, tree_[expr].span, std::move(headline), std::move(label));
  }

  void report_twice(const ast::LookupEntry& entry, Span first) {
    good_ = false;
    const Span span = tree_[entry.key].span;
    context_.diagnostics
        .add(Code::lookup_key_twice, span, "the key " + ticked(context_.text(span)) + " stands twice in this lookup",
             "a second time")
        .label(first, "the first time")
        .help("remove one of them");
  }

  /// A literal of the type that was found for all of them.
  Value constant(ast::ExprId expr, const ValueType& type) {
    const auto value = value_of(literal(expr), type);
    if (const auto* good = std::get_if<Value>(&value)) {
      return context_.program.constants[context_.program.add_constant(*good)];
    }
    const LiteralError& error = std::get<LiteralError>(value);
    auto& diagnostic = refuse(expr, noun(literal(expr)) + " cannot stand in a lookup", error.label);
    if (!error.help.empty()) {
      diagnostic.help(error.help);
    }
    return {};
  }

  Context& context_;
  const ast::File& tree_;
  const std::vector<ast::LookupEntry>& entries_;
  Lookup& lookup_;
  bool good_ = true;
};

// ---- `lookup x from csv "file" …`

class CsvLoader {
 public:
  CsvLoader(Context& context, const LookupInfo& info, Lookup& lookup)
      : context_(context), declared_(*info.lookup), lookup_(lookup) {}

  /// The types, whatever is in the file.
  bool declare() {
    lookup_.is_record = true;
    lookup_.key = column_type(declared_.key);
    std::map<std::string_view, Span> seen = {{declared_.key.name.text, declared_.key.name.span}};
    for (const ast::LookupColumn& column : declared_.columns) {
      if (const auto [first, is_new] = seen.emplace(column.name.text, column.name.span); !is_new) {
        context_.diagnostics
            .add(Code::said_twice, column.name.span, "the column " + ticked(column.name.text) + " is named twice",
                 "a second time")
            .label(first->second, "the first time")
            .help("remove one of them");
        good_ = false;
        continue;
      }
      columns_.push_back(&column);
      lookup_.columns.emplace_back(column.name.text);
      lookup_.types.push_back(column_type(column));
    }
    if (lookup_.columns.size() > kMaxColumns) {
      context_.diagnostics
          .add(Code::bad_type, declared_.columns[kMaxColumns].name.span, "a lookup has at most 255 columns",
               "one too many")
          .help("split it");
      lookup_.columns.resize(kMaxColumns);
      lookup_.types.resize(kMaxColumns);
      good_ = false;
    }
    return good_;
  }

  bool read(FileId file) {
    file_ = file;
    CsvReader reader(context_.sources.text(file));
    std::vector<CsvCell> record;
    if (!reader.next(record)) {
      if (!reader.error()) {
        report({file, 0, 0}, "this file is empty", "no header row")
            .help("the first row names the columns: " + header_row());
      }
    } else if (header(record)) {
      while (good_so_far() && reader.next(record)) {
        row(record);
      }
    }
    if (reader.error()) {
      report({file, reader.error()->begin, reader.error()->end}, "this is no CSV", std::string(reader.error()->what));
    }
    settle();
    return good_;
  }

 private:
  static constexpr std::size_t kNoPosition = SIZE_MAX;

  bool good_so_far() const { return context_.diagnostics.error_count() <= Diagnostics::kMaxErrors; }

  Diagnostic& report(Span span, std::string headline, std::string label) {
    good_ = false;
    return context_.diagnostics.add(Code::bad_csv, span, std::move(headline), std::move(label));
  }
  Span span_of(const CsvCell& cell) const { return {file_, cell.begin, cell.end}; }

  ValueType column_type(const ast::LookupColumn& column) {
    const ValueType type = type_of(context_, *column.type);
    if (type.kind == Kind::object || type.kind == Kind::any || type.kind == Kind::list) {
      context_.diagnostics
          .add(Code::bad_type, column.type->span, "a cell of a CSV file cannot be " + noun(type), "no type of a cell")
          .help("use `string`, and `json(…)` where it is read");
      good_ = false;
    }
    return type;
  }

  std::string header_row() const {
    std::string row(declared_.key.name.text);
    for (const ast::LookupColumn& column : declared_.columns) {
      row += "," + std::string(column.name.text);
    }
    return ticked(row);
  }

  /// Finds where each column stands.
  bool header(const std::vector<CsvCell>& record) {
    width_ = record.size();
    std::map<std::string_view, const CsvCell*> seen;
    for (const CsvCell& cell : record) {
      if (const auto [first, is_new] = seen.emplace(cell.text, &cell); !is_new) {
        report(span_of(cell), "two columns are named " + shown(cell.text), "a second one")
            .label(span_of(*first->second), "the first one");
      }
    }
    key_at_ = position(record, declared_.key);
    for (const ast::LookupColumn* column : columns_) {
      positions_.push_back(position(record, *column));
    }
    for (const CsvCell& cell : record) {
      if (!is_declared(cell.text)) {
        auto& diagnostic =
            report(span_of(cell), "the lookup " + ticked(declared_.name.text) + " has no column " + shown(cell.text),
                   "not declared");
        diagnostic.label(declared_.name.span, "the columns are declared here")
            .help("declare it with its type, or take it out of the file");
      }
    }
    return good_;
  }

  bool is_declared(std::string_view name) const {
    return declared_.key.name.text == name ||
           std::any_of(declared_.columns.begin(), declared_.columns.end(),
                       [&](const ast::LookupColumn& column) { return column.name.text == name; });
  }

  std::size_t position(const std::vector<CsvCell>& record, const ast::LookupColumn& column) {
    for (std::size_t i = 0; i < record.size(); ++i) {
      if (record[i].text == column.name.text) {
        return i;
      }
    }
    report(span_of(record.front()), "this file has no column " + ticked(column.name.text), "the header row")
        .label(column.name.span, "declared here")
        .help("the first row names the columns: " + header_row());
    return kNoPosition;
  }

  void row(const std::vector<CsvCell>& record) {
    if (record.size() != width_) {
      report({file_, record.front().begin, record.back().end},
             "this row has " + std::to_string(record.size()) + " cells, and the header row " + std::to_string(width_),
             "another number of cells")
          .help("a cell with a comma in it stands in quotes");
      return;
    }
    const CsvCell& key_cell = record[key_at_];
    const Value key = value(key_cell, declared_.key, lookup_.key);
    if (!key.present()) {
      if (key_cell.text.empty()) {
        report({file_, key_cell.begin, std::max(key_cell.end, key_cell.begin + 1)}, "this row has no key",
               "the column " + ticked(declared_.key.name.text) + " is empty");
      }
      return;
    }
    if (!lookup_.rows.insert(key, static_cast<std::uint32_t>(lookup_.keys.size()))) {
      report_twice(key_cell, places_[lookup_.rows.find(key)]);
      return;
    }
    places_.push_back(span_of(key_cell));
    lookup_.keys.push_back(key);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      lookup_.values.push_back(value(record[positions_[i]], *columns_[i], lookup_.types[i]));
    }
  }

  void report_twice(const CsvCell& cell, Span first) {
    good_ = false;
    context_.diagnostics
        .add(Code::lookup_key_twice, span_of(cell), "the key " + shown(cell.text) + " stands twice in this file",
             "a second time")
        .label(first, "the first time")
        .help("remove one of the rows");
  }

  /// Absent of an empty cell, and of one that was refused.
  Value value(const CsvCell& cell, const ast::LookupColumn& column, const ValueType& type) {
    if (cell.text.empty()) {
      return {};
    }
    Value value = value_from_text(cell.text, type);
    if (value.present() && type.names != kNone) {
      const Enumeration& listed = context_.program.enumerations[type.names];
      const bool known =
          listed.or_other || std::find(listed.names.begin(), listed.names.end(), cell.text) != listed.names.end();
      value = known ? value : Value();
    }
    if (!value.present()) {
      report(span_of(cell), shown(cell.text) + " is no " + ticked(context_.text(column.type->span)),
             "in the column " + ticked(column.name.text))
          .label(column.type->span, "declared here")
          .help("correct the cell, or leave it empty: what it says is then absent");
    }
    return value;
  }

  /// Texts of the file come into the program, all in one piece; the keys of the map with them.
  void settle() {
    const auto is_text = [](const Value& value) { return value.tag() == Tag::text || value.tag() == Tag::version; };
    std::size_t size = 0;
    for (const std::vector<Value>* values : {&lookup_.keys, &lookup_.values}) {
      for (const Value& value : *values) {
        size += is_text(value) ? value.as_text().size() : 0;
      }
    }
    std::string& block = context_.program.texts.emplace_back();
    block.reserve(size);
    for (std::vector<Value>* values : {&lookup_.keys, &lookup_.values}) {
      for (Value& value : *values) {
        if (is_text(value)) {
          const std::size_t begin = block.size();
          block += value.as_text();
          const std::string_view kept(block.data() + begin, block.size() - begin);
          value = value.tag() == Tag::text ? Value::of_text(kept) : Value::of_version(kept);
        }
      }
    }
    lookup_.values.shrink_to_fit();
    lookup_.keys.shrink_to_fit();
    lookup_.rows = ValueMap();
    lookup_.rows.reserve(lookup_.keys.size());
    for (std::size_t row = 0; row < lookup_.keys.size(); ++row) {
      lookup_.rows.insert(lookup_.keys[row], static_cast<std::uint32_t>(row));
    }
  }

  Context& context_;
  const ast::Lookup& declared_;
  Lookup& lookup_;
  FileId file_ = 0;
  std::vector<const ast::LookupColumn*> columns_;
  std::size_t width_ = 0;
  std::size_t key_at_ = 0;
  std::vector<std::size_t> positions_; // of the columns
  std::vector<Span> places_;           // of the keys
  bool good_ = true;
};

bool read_csv(Context& context, const LookupInfo& info, Lookup& lookup) {
  CsvLoader loader(context, info, lookup);
  const bool declared = loader.declare();
  const auto file = context.csv_files.find({info.tree->id, info.lookup->csv->span.begin});
  return declared && file != context.csv_files.end() && loader.read(file->second);
}

} // namespace

void declare_lookups(Context& context) {
  for (auto& [name, info] : context.lookups) {
    Lookup lookup;
    lookup.name = name;
    const bool good = info.lookup->csv ? read_csv(context, info, lookup) : EntriesReader(context, info, lookup).read();
    if (!good) {
      context.poison("lookup", name);
    }
    info.index = static_cast<Index>(context.program.lookups.size());
    context.program.lookups.push_back(std::move(lookup));
  }
}

} // namespace millrace::dsl::check
