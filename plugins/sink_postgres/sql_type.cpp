#include "plugins/sink_postgres/sql_type.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace millrace::sink_postgres {
namespace {

struct Known {
  SqlKind kind;
  std::uint32_t oid;       // of pg_type, fixed since they exist
  std::uint32_t array_oid; // of an array of them
  std::string_view name;   // as format_type says it
};
constexpr std::array<Known, 18> kKnown = {{
    {SqlKind::boolean, 16, 1000, "boolean"},
    {SqlKind::int2, 21, 1005, "smallint"},
    {SqlKind::int4, 23, 1007, "integer"},
    {SqlKind::int8, 20, 1016, "bigint"},
    {SqlKind::float4, 700, 1021, "real"},
    {SqlKind::float8, 701, 1022, "double precision"},
    {SqlKind::numeric, 1700, 1231, "numeric"},
    {SqlKind::text, 25, 1009, "text"},
    {SqlKind::varchar, 1043, 1015, "varchar"},
    {SqlKind::bpchar, 1042, 1014, "char"},
    {SqlKind::json, 114, 199, "json"},
    {SqlKind::jsonb, 3802, 3807, "jsonb"},
    {SqlKind::uuid, 2950, 2951, "uuid"},
    {SqlKind::timestamptz, 1184, 1185, "timestamptz"},
    {SqlKind::date, 1082, 1182, "date"},
    {SqlKind::bytea, 17, 1001, "bytea"},
    {SqlKind::interval, 1186, 1187, "interval"},
    {SqlKind::inet, 869, 1041, "inet"},
}};
constexpr std::array<std::pair<std::string_view, SqlKind>, 12> kOtherNames = {{
    {"bool", SqlKind::boolean},
    {"int2", SqlKind::int2},
    {"int", SqlKind::int4},
    {"int4", SqlKind::int4},
    {"int8", SqlKind::int8},
    {"float4", SqlKind::float4},
    {"float8", SqlKind::float8},
    {"decimal", SqlKind::numeric},
    {"character varying", SqlKind::varchar},
    {"character", SqlKind::bpchar},
    {"bpchar", SqlKind::bpchar},
    {"timestamp with time zone", SqlKind::timestamptz},
}};

// Lower case, single spaces, none around brackets and commas.
std::string normalised(std::string_view text) {
  std::string out;
  bool space = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n') {
      space = !out.empty();
      continue;
    }
    const bool sign = std::string_view("(),[]").find(c) != std::string_view::npos;
    if (space && !sign && out.back() != '(' && out.back() != ',') {
      out += ' ';
    }
    space = false;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return out;
}

std::optional<SqlKind> kind_named(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.name == name) {
      return known.kind;
    }
  }
  for (const auto& [other, kind] : kOtherNames) {
    if (other == name) {
      return kind;
    }
  }
  return std::nullopt;
}

std::optional<std::int32_t> number(std::string_view text) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::string_view name_of(SqlKind kind) {
  for (const Known& known : kKnown) {
    if (known.kind == kind) {
      return known.name;
    }
  }
  return {};
}

bool is_integer(SqlKind kind) { return kind == SqlKind::int2 || kind == SqlKind::int4 || kind == SqlKind::int8; }
bool is_text(SqlKind kind) { return kind == SqlKind::text || kind == SqlKind::varchar; }

std::int32_t digits_of(SqlKind integer) {
  if (integer == SqlKind::int2) {
    return 5;
  }
  return integer == SqlKind::int4 ? 10 : 19;
}

} // namespace

std::optional<SqlType> parse_sql_type(std::string_view text) {
  std::string plain = normalised(text);
  const bool array = plain.ends_with("[]");
  if (array) {
    plain.resize(plain.size() - 2);
  }
  const std::size_t open = plain.find('(');
  const auto kind = kind_named(std::string_view(plain).substr(0, open));
  if (!kind) {
    return std::nullopt;
  }
  SqlType type{*kind, 0, 0, array};
  if (open == std::string::npos) {
    type.size = type.kind == SqlKind::bpchar && plain != "bpchar" ? 1 : 0;
    return type;
  }
  if (plain.back() != ')') {
    return std::nullopt;
  }
  const std::string_view inside = std::string_view(plain).substr(open + 1, plain.size() - open - 2);
  const std::size_t comma = inside.find(',');
  const auto size = number(inside.substr(0, comma));
  if (!size || *size < 1) {
    return std::nullopt;
  }
  type.size = *size;
  if (comma != std::string_view::npos) {
    const auto scale = number(inside.substr(comma + 1));
    if (!scale || type.kind != SqlKind::numeric) {
      return std::nullopt;
    }
    type.scale = *scale;
  }
  const bool sized = type.kind == SqlKind::varchar || type.kind == SqlKind::bpchar || type.kind == SqlKind::numeric;
  return sized ? std::optional(type) : std::nullopt;
}

std::optional<SqlType> sql_type_of(std::uint32_t oid, std::int32_t modifier) {
  constexpr std::int32_t kHeader = 4; // PostgreSQL counts the length word in
  for (const Known& known : kKnown) {
    if (known.oid != oid && known.array_oid != oid) {
      continue;
    }
    SqlType type{known.kind, 0, 0, known.array_oid == oid};
    if (modifier < kHeader) {
      return type;
    }
    const std::int32_t value = modifier - kHeader;
    if (type.kind == SqlKind::varchar || type.kind == SqlKind::bpchar) {
      type.size = value;
    } else if (type.kind == SqlKind::numeric) {
      type.size = (value >> 16) & 0xFFFF;
      type.scale = ((value & 0x7FF) ^ 1024) - 1024; // eleven bits with a sign since PostgreSQL 15
    }
    return type;
  }
  return std::nullopt;
}

namespace {

SqlType natural_element(const Column& column) {
  switch (column.type) {
    case ColumnType::boolean:
      return {SqlKind::boolean};
    case ColumnType::int16:
      return {SqlKind::int2};
    case ColumnType::int32:
      return {SqlKind::int4};
    case ColumnType::int64:
      return {SqlKind::int8};
    case ColumnType::float32:
      return {SqlKind::float4};
    case ColumnType::float64:
      return {SqlKind::float8};
    case ColumnType::decimal:
      return {SqlKind::numeric, column.precision, column.scale};
    case ColumnType::text:
      return {SqlKind::text};
    case ColumnType::bytes:
      return {SqlKind::bytea};
    case ColumnType::json:
      return {SqlKind::jsonb};
    case ColumnType::uuid:
      return {SqlKind::uuid};
    case ColumnType::timestamp:
      return {SqlKind::timestamptz};
    case ColumnType::date:
      return {SqlKind::date};
    case ColumnType::duration:
      return {SqlKind::interval};
    case ColumnType::ip:
      return {SqlKind::inet};
  }
  return {};
}

} // namespace

SqlType natural_type(const Column& column) {
  SqlType type = natural_element(column);
  type.array = column.list;
  return type;
}

std::uint32_t oid_of(SqlKind kind) {
  const auto known = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& of) { return of.kind == kind; });
  return known == kKnown.end() ? 0 : known->oid;
}

std::string to_string(const SqlType& type) {
  const std::string brackets = type.array ? "[]" : "";
  std::string out(name_of(type.kind));
  if (type.size == 0) {
    return (type.kind == SqlKind::bpchar ? "bpchar" : out) + brackets;
  }
  out += "(" + std::to_string(type.size);
  if (type.kind == SqlKind::numeric) {
    out += "," + std::to_string(type.scale);
  }
  return out + ")" + brackets;
}

bool holds(const SqlType& actual, const SqlType& declared) {
  if (actual == declared) {
    return true;
  }
  if (actual.array != declared.array) {
    return false;
  }
  if (is_integer(declared.kind)) {
    if (is_integer(actual.kind)) {
      return actual.kind >= declared.kind;
    }
    return actual.kind == SqlKind::numeric &&
           (actual.size == 0 || actual.size - actual.scale >= digits_of(declared.kind));
  }
  if (declared.kind == SqlKind::float4) {
    return actual.kind == SqlKind::float8;
  }
  if (declared.kind == SqlKind::numeric && actual.kind == SqlKind::numeric) {
    return actual.size == 0 || (declared.size != 0 && actual.scale == declared.scale && actual.size >= declared.size);
  }
  if (is_text(declared.kind) && is_text(actual.kind)) {
    return actual.size == 0 || (declared.size != 0 && actual.size >= declared.size);
  }
  return false;
}

bool is_encodable(const Column& from, const SqlType& to) {
  if (from.list != to.array) {
    return false;
  }
  switch (from.type) {
    case ColumnType::boolean:
      return to.kind == SqlKind::boolean;
    case ColumnType::int16:
    case ColumnType::int32:
    case ColumnType::int64:
      return is_integer(to.kind) || to.kind == SqlKind::numeric || to.kind == SqlKind::float8;
    case ColumnType::float32:
    case ColumnType::float64:
      return to.kind == SqlKind::float4 || to.kind == SqlKind::float8;
    case ColumnType::decimal:
      return to.kind == SqlKind::numeric;
    case ColumnType::text:
      // Digits as text: a numeric without limits has no one scale.
      return is_text(to.kind) || to.kind == SqlKind::bpchar || to.kind == SqlKind::numeric;
    case ColumnType::bytes:
      return to.kind == SqlKind::bytea;
    case ColumnType::json:
      return to.kind == SqlKind::json || to.kind == SqlKind::jsonb || (to.kind == SqlKind::text && to.size == 0);
    case ColumnType::uuid:
      return to.kind == SqlKind::uuid;
    case ColumnType::timestamp:
      return to.kind == SqlKind::timestamptz;
    case ColumnType::date:
      return to.kind == SqlKind::date;
    case ColumnType::duration:
      return to.kind == SqlKind::interval;
    case ColumnType::ip:
      return to.kind == SqlKind::inet;
  }
  return false;
}

} // namespace millrace::sink_postgres
