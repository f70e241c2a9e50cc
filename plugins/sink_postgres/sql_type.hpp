// The types of columns that this sink writes: read from how the rules say them and from the catalogue, and compared.
// No I/O.
#pragma once

#include <millrace/rows.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::sink_postgres {

enum class SqlKind : std::uint8_t {
  boolean = 1,
  int2 = 2,
  int4 = 3,
  int8 = 4,
  float4 = 5,
  float8 = 6,
  numeric = 7,
  text = 8,
  varchar = 9,
  bpchar = 10,
  json = 11,
  jsonb = 12,
  uuid = 13,
  timestamptz = 14,
  date = 15,
  bytea = 16,
  interval = 17,
  inet = 18,
};

struct SqlType {
  SqlKind kind = SqlKind::text;
  std::int32_t size = 0;  // varchar, bpchar: characters; numeric: digits; 0: no limit
  std::int32_t scale = 0; // numeric with a size
  bool array = false;     // of such values, in one dimension

  bool operator==(const SqlType&) const = default;
};

// "varchar(20)", "numeric(12,2)", "double precision"; letter case and spaces as SQL has them. Empty for any other type.
std::optional<SqlType> parse_sql_type(std::string_view text);

// The number that PostgreSQL has for it in pg_type; of an array's elements where it is one.
std::uint32_t oid_of(SqlKind kind);

// From pg_attribute: atttypid and atttypmod. Empty for a type that this sink does not write.
std::optional<SqlType> sql_type_of(std::uint32_t oid, std::int32_t modifier);

// What a column is when its schema does not say.
SqlType natural_type(const Column& column);

// As SQL says it.
std::string to_string(const SqlType& type);

// Whether every value that fits `declared` also fits `actual`, unchanged.
bool holds(const SqlType& actual, const SqlType& declared);

// Whether the encoder can write such a column of rows into such a column of a table.
bool is_encodable(const Column& from, const SqlType& to);

} // namespace millrace::sink_postgres
