// Pairs of types and what fits. A new column type is a row of kTypes, its pairs in `takes`, its limits in `misfit`.
#include "dsl/check/columns.hpp"

#include "dsl/diagnostic/habit_words.hpp"
#include "dsl/evaluate/fit.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/text_form.hpp"

namespace millrace::dsl::check {
namespace {

struct TypeRow {
  std::string_view name;
  SqlKind kind;
  std::size_t least_arguments;
  std::size_t most_arguments;
};

constexpr TypeRow kTypes[] = {
    {"boolean", SqlKind::boolean, 0, 0},   {"bool", SqlKind::boolean, 0, 0},
    {"smallint", SqlKind::smallint, 0, 0}, {"int", SqlKind::integer, 0, 0},
    {"integer", SqlKind::integer, 0, 0},   {"bigint", SqlKind::bigint, 0, 0},
    {"numeric", SqlKind::numeric, 0, 2},   {"decimal", SqlKind::numeric, 0, 2},
    {"real", SqlKind::real, 0, 0},         {"double precision", SqlKind::double_precision, 0, 0},
    {"text", SqlKind::text, 0, 0},         {"varchar", SqlKind::varchar, 0, 1},
    {"char", SqlKind::character, 0, 1},    {"timestamptz", SqlKind::timestamptz, 0, 0},
    {"date", SqlKind::date, 0, 0},         {"uuid", SqlKind::uuid, 0, 0},
    {"jsonb", SqlKind::jsonb, 0, 0},       {"interval", SqlKind::interval, 0, 0},
    {"inet", SqlKind::inet, 0, 0},
};

constexpr std::int64_t kMaxVarchar = 10'485'760; // PostgreSQL's own limit
constexpr int kIntDigits = 19;
constexpr int kSafeIntDigits = 18; // a computed int with more of them may be too large for 64 bits
constexpr int kInt4Digits = 9;     // that an int column always holds, and a smallint one
constexpr int kSmallintDigits = 4;

SqlType element_of(SqlType array) {
  array.array = false;
  return array;
}

bool is_exact(Kind kind) { return kind == Kind::integer || kind == Kind::decimal; }

std::string digits_misfit(int integer_digits, int fraction_digits, const SqlType& column) {
  if (column.precision == 0) {
    return "";
  }
  // Rounding away surplus digits may carry into one more digit before the point.
  const int needed = integer_digits + (fraction_digits > column.scale ? 1 : 0);
  const int room = column.precision - column.scale;
  return needed <= room
             ? ""
             : "more than " + std::to_string(room) + (room == 1 ? " digit" : " digits") + " before the point";
}

std::string length_misfit(const Program& program, const SqlType& column, const ValueType& value) {
  if (column.length == 0) {
    return "";
  }
  if (value.names != kNone && !program.enumerations[value.names].or_other) {
    const std::vector<std::string>& names = program.enumerations[value.names].names;
    const bool all_fit = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return code_points(name) <= static_cast<std::size_t>(column.length);
    });
    if (all_fit) {
      return "";
    }
  }
  return "longer than " + std::to_string(column.length) + (column.length == 1 ? " character" : " characters");
}

std::string misfit_of(const Program& program, const SqlType& column, const ValueType& value) {
  if (column.array) {
    const std::string item = misfit_of(program, element_of(column), program.types[value.element]);
    return item.empty() ? "" : "an element " + item;
  }
  switch (column.kind) {
    case SqlKind::smallint:
      return value.precision > 0 && value.precision <= kSmallintDigits ? "" : "beyond the range of a smallint";
    case SqlKind::integer:
      return value.precision > 0 && value.precision <= kInt4Digits ? "" : "beyond the range of an int";
    case SqlKind::bigint:
      return value.precision > kSafeIntDigits ? "beyond the range of a bigint" : "";
    case SqlKind::numeric:
      return value.kind == Kind::integer ? digits_misfit(value.precision > 0 ? value.precision : kIntDigits, 0, column)
             : value.precision == 0      ? digits_misfit(kMaxDigits, kMaxDigits, column) // a quotient
                                         : digits_misfit(value.precision - value.scale, value.scale, column);
    case SqlKind::real:
      return "beyond the range of a real";
    case SqlKind::varchar:
    case SqlKind::character:
      return length_misfit(program, column, value);
    case SqlKind::boolean:
    case SqlKind::double_precision:
    case SqlKind::text:
    case SqlKind::timestamptz:
    case SqlKind::date:
    case SqlKind::uuid:
    case SqlKind::jsonb:
    case SqlKind::interval:
    case SqlKind::inet:
      return "";
  }
  return "";
}

} // namespace

std::optional<SqlType> sql_type_of(Context& context, const ast::SqlType& type) {
  const auto row = std::find_if(std::begin(kTypes), std::end(kTypes),
                                [&](const TypeRow& known) { return known.name == type.name.text; });
  if (row == std::end(kTypes)) {
    auto& diagnostic = context.diagnostics.add(Code::unknown_sql_type, type.name.span,
                                               "no column type is named " + ticked(type.name.text), "not known");
    std::vector<std::string> names;
    for (const TypeRow& known : kTypes) {
      names.emplace_back(known.name);
    }
    if (const std::string_view here = column_type_here(type.name.text); !here.empty()) {
      diagnostic.help(
          "the type is " + ticked(here),
          Fix{{{type.name.span, std::string(type.arguments.empty() ? here : here.substr(0, here.find('(')))}},
              Applicability::machine,
              "fix: " + ticked(type.name.text) + " → " + ticked(here)});
      return std::nullopt;
    }
    suggest(diagnostic, type.name.span, type.name.text, names);
    diagnostic.help("there are " + enumerate(names));
    return std::nullopt;
  }
  SqlType lowered;
  lowered.kind = row->kind;
  lowered.array = type.array;
  const auto refuse = [&](const std::string& rule) {
    context.diagnostics
        .add(Code::unknown_sql_type, type.span, ticked(context.text(type.span)) + " is no type of a column",
             "out of range")
        .help(rule);
    return std::nullopt;
  };
  const std::size_t count = type.arguments.size();
  if (count < row->least_arguments || count > row->most_arguments) {
    return refuse(row->most_arguments == 0 ? "it is written " + ticked(row->name)
                                           : "at most " + std::to_string(row->most_arguments) + " numbers");
  }
  if (row->kind == SqlKind::numeric && count > 0) {
    const auto precision = whole_number(type.arguments[0].token, kMaxDigits);
    const auto scale = count > 1 ? whole_number(type.arguments[1].token, kMaxDigits) : std::optional<std::int64_t>(0);
    if (!precision || !scale || *precision < 1 || *scale > *precision) {
      return refuse("at most 38 digits in all, and no more behind the point than there are: `numeric(12,2)`");
    }
    lowered.precision = static_cast<std::int32_t>(*precision);
    lowered.scale = static_cast<std::int32_t>(*scale);
  } else if (count > 0) {
    const auto length = whole_number(type.arguments[0].token, kMaxVarchar);
    if (!length || *length < 1) {
      return refuse("a length is between 1 and 10,485,760");
    }
    lowered.length = static_cast<std::int32_t>(*length);
  } else if (row->kind == SqlKind::character) {
    lowered.length = 1;
  }
  return lowered;
}

bool takes(const Program& program, const SqlType& column, const ValueType& value) {
  if (column.array) {
    return value.kind == Kind::list && value.element != kNone &&
           takes(program, element_of(column), program.types[value.element]);
  }
  switch (column.kind) {
    case SqlKind::boolean:
      return value.kind == Kind::boolean;
    case SqlKind::smallint:
    case SqlKind::integer:
    case SqlKind::bigint:
      return value.kind == Kind::integer;
    case SqlKind::numeric:
      return is_exact(value.kind);
    case SqlKind::real:
      return value.kind == Kind::floating;
    case SqlKind::double_precision:
      return value.kind == Kind::floating || value.kind == Kind::integer;
    case SqlKind::text:
    case SqlKind::varchar:
    case SqlKind::character:
      return value.kind == Kind::text || (value.kind == Kind::version && column.kind == SqlKind::text);
    case SqlKind::timestamptz:
    case SqlKind::date:
      return value.kind == Kind::timestamp;
    case SqlKind::uuid:
      return value.kind == Kind::uuid;
    case SqlKind::jsonb:
      return value.kind == Kind::object || value.kind == Kind::any || value.kind == Kind::list;
    case SqlKind::interval:
      return value.kind == Kind::duration;
    case SqlKind::inet:
      return value.kind == Kind::ip;
  }
  return false;
}

std::string columns_for(const Program& program, const ValueType& value) {
  switch (value.kind) {
    case Kind::boolean:
      return "`boolean`";
    case Kind::integer:
      return "`smallint`, `int`, `bigint`, `numeric` or `double precision`";
    case Kind::floating:
      return "`double precision` or `real`";
    case Kind::decimal:
      return "`numeric`";
    case Kind::text:
      return "`text`, `varchar` or `char`";
    case Kind::timestamp:
      return "`timestamptz` or `date`";
    case Kind::uuid:
      return "`uuid`";
    case Kind::object:
    case Kind::any:
      return "`jsonb`";
    case Kind::duration:
      return "`interval`";
    case Kind::ip:
      return "`inet`";
    case Kind::version:
      return "`text`";
    case Kind::list: {
      // A list of lists is no array of PostgreSQL's: its inner ones would all have to be equally long.
      if (value.element == kNone || program.types[value.element].kind == Kind::list) {
        return "`jsonb`";
      }
      std::string arrays = columns_for(program, program.types[value.element]);
      for (std::size_t at = arrays.find('`'); at != std::string::npos; at = arrays.find('`', at)) {
        at = arrays.find('`', at + 1);
        arrays.insert(at, "[]");
        at += 3;
      }
      return "`jsonb`, or an array: " + arrays;
    }
  }
  return "";
}

std::string misfit(const Program& program, const SqlType& column, const Node& node, const ValueType& value) {
  if (node.op == Op::constant) {
    Arena arena;
    return fit(program.constants[node.a], column, arena).fault == Fault::none ? ""
                                                                              : "too large for " + sql_text(column);
  }
  return misfit_of(program, column, value);
}

std::variant<Value, std::string> column_constant(const ast::Literal& literal, const SqlType& column, Arena& arena) {
  if (column.array) {
    return noun(literal) + " is no value of type " + ticked(sql_text(column));
  }
  ValueType type;
  switch (column.kind) {
    case SqlKind::boolean:
      type.kind = Kind::boolean;
      break;
    case SqlKind::smallint:
    case SqlKind::integer:
    case SqlKind::bigint:
      type.kind = Kind::integer;
      break;
    case SqlKind::numeric:
      type.kind = Kind::decimal;
      break;
    case SqlKind::real:
    case SqlKind::double_precision:
      type.kind = Kind::floating;
      break;
    case SqlKind::text:
    case SqlKind::varchar:
    case SqlKind::character:
      type.kind = Kind::text;
      break;
    case SqlKind::timestamptz:
    case SqlKind::date:
      type.kind = Kind::timestamp;
      break;
    case SqlKind::uuid:
      type.kind = Kind::uuid;
      break;
    case SqlKind::jsonb:
      type.kind = Kind::any;
      break;
    case SqlKind::interval:
      type.kind = Kind::duration;
      break;
    case SqlKind::inet:
      type.kind = Kind::ip;
      break;
  }
  const auto made = value_of(literal, type);
  const auto* value = std::get_if<Value>(&made);
  if (value == nullptr) {
    return noun(literal) + " is no value of type " + ticked(sql_text(column));
  }
  if (fit(*value, column, arena).fault != Fault::none) {
    return noun(literal) + " does not fit " + ticked(sql_text(column));
  }
  return *value;
}

} // namespace millrace::dsl::check
