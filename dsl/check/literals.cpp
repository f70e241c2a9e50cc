// From literals to typed values.
#include "dsl/check/literals.hpp"

#include "dsl/check/types.hpp"
#include "dsl/syntax/text.hpp"
#include "dsl/values/duration.hpp"
#include "dsl/values/ip.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/text_form.hpp"
#include "dsl/values/timestamp.hpp"
#include "dsl/values/version.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::string_view kTimestampHelp = "a timestamp is written as a text: `\"2024-06-10T08:00:00Z\"`";
constexpr std::string_view kDurationHelp = "a duration is written `5m`, or as a text `\"1h30m\"`";
constexpr std::string_view kIpHelp = "an ip is written as a text: `\"10.0.0.1\"`, `\"2001:db8::1\"`";
constexpr std::string_view kVersionHelp = "a version is written as a text: `\"7.10.0\"`";
constexpr std::string_view kUuidHelp = "a uuid is written as a text of 8-4-4-4-12 hexadecimal digits";

std::string number_token(const ast::Literal& literal) {
  std::string token;
  for (const char c : literal.token) {
    if (c != '_' && c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      token += c;
    }
  }
  // JSON has no leading zeros, rules have.
  const std::size_t digits = token.starts_with('-') ? 1 : 0;
  while (token.size() > digits + 1 && token[digits] == '0' && token[digits + 1] >= '0' && token[digits + 1] <= '9') {
    token.erase(digits, 1);
  }
  return token;
}

/// What becomes of a version that is written as a number: `7.10` is 7.1.
std::string as_number(const ast::Literal& literal) {
  const auto exact = decimal_from_token(number_token(literal));
  const std::size_t point = literal.token.find('.');
  if (!exact || point == std::string_view::npos || literal.token.find_first_of("eE") != std::string_view::npos) {
    return "a number, not a version";
  }
  Arena arena;
  const std::string read(text_form(Value::of_decimal(shortest(*exact)), arena).value_or(""));
  if (read == literal.token) {
    return "a number, not a version";
  }
  return "as a number this is " + read + ", which is older than " + std::string(literal.token.substr(0, point)) + ".9";
}

LiteralError another_kind(const ast::Literal& literal, const ValueType& type) {
  LiteralError error{true, "not " + noun(type), "", ""};
  const bool is_number = literal.kind == ast::LiteralKind::number;
  const bool wants_number = type.kind == Kind::integer || type.kind == Kind::floating || type.kind == Kind::decimal;
  if (type.kind == Kind::object) {
    error.help = "ask for one of its fields";
  } else if (type.kind == Kind::list) {
    error.help = "ask for its elements: `x in list`, `some x in list satisfies (…)`";
  } else if (type.kind == Kind::timestamp) {
    error.help = kTimestampHelp;
  } else if (type.kind == Kind::duration) {
    error.help = kDurationHelp;
  } else if (type.kind == Kind::ip) {
    error.help = kIpHelp;
  } else if (is_number && type.kind == Kind::version) {
    error.label = as_number(literal);
    error.help = "write it as a text literal; it is then read as a version";
    error.replacement = quote_text(literal.token);
  } else if (type.kind == Kind::version) {
    error.help = kVersionHelp;
  } else if (type.kind == Kind::uuid) {
    error.help = kUuidHelp;
  } else if (is_number && type.kind == Kind::text) {
    error.replacement = quote_text(literal.token);
    error.help = "write it as a text literal";
  } else if (literal.kind == ast::LiteralKind::text && wants_number && number_token_length(literal.text.text) > 0 &&
             number_token_length(literal.text.text) == literal.text.text.size()) {
    error.replacement = std::string(literal.text.text);
    error.help = "write it without quotes";
  }
  return error;
}

std::variant<Value, LiteralError> number_of_type(const ast::Literal& literal, const ValueType& type) {
  const std::string token = number_token(literal);
  const auto exact = decimal_from_token(token);
  if (type.kind == Kind::integer) {
    const auto whole = exact ? to_int64(*exact) : std::nullopt;
    if (whole) {
      return Value::of_int(*whole);
    }
    const bool has_fraction = exact && shortest(*exact).scale > 0;
    return LiteralError{has_fraction, has_fraction ? "an int has no fraction" : "does not fit an int of 64 bits",
                        has_fraction ? "compare it with a whole number" : "an int is between -2^63 and 2^63 - 1", ""};
  }
  if (type.kind == Kind::decimal) {
    if (exact && (type.precision == 0 || fits(*exact, type.precision, type.scale))) {
      return Value::of_decimal(shortest(*exact));
    }
    return LiteralError{
        false, "does not fit decimal(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")",
        "it has at most " + std::to_string(type.precision - type.scale) + " digits before the point and " +
            std::to_string(type.scale) + " behind it",
        ""};
  }
  const auto number = parse_double(token);
  return number ? std::variant<Value, LiteralError>(Value::of_double(*number))
                : LiteralError{false, "beyond the range of a float", "", ""};
}

/// `5m`, `-5m`
std::optional<std::int64_t> duration_of(std::string_view token) {
  const bool negative = token.starts_with('-');
  const auto micros = parse_duration_literal(token.substr(negative ? 1 : 0));
  return micros && negative ? std::optional(-*micros) : micros;
}

std::variant<Value, LiteralError> ip_of(const ast::Literal& literal) {
  if (const auto ip = parse_ip(literal.text.text)) {
    return Value::of_ip(*ip);
  }
  if (parse_cidr(literal.text.text)) {
    return LiteralError{true, "a block of addresses",
                        "whether an address is in a block: `x in (" + quote_text(literal.text.text) + ")`", ""};
  }
  return LiteralError{false, "not an ip", std::string(kIpHelp), ""};
}

} // namespace

std::string noun(const ValueType& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "a bool";
    case Kind::integer:
      return "an int";
    case Kind::floating:
      return "a float";
    case Kind::decimal:
      return "a decimal";
    case Kind::text:
      return "a text";
    case Kind::timestamp:
      return "a timestamp";
    case Kind::uuid:
      return "a uuid";
    case Kind::object:
      return "an object";
    case Kind::any:
      return "a value of any kind";
    case Kind::duration:
      return "a duration";
    case Kind::ip:
      return "an ip";
    case Kind::version:
      return "a version";
    case Kind::list:
      return "a list";
  }
  return "a value";
}

std::string noun(const ast::Literal& literal) {
  const std::string token = ticked(literal.token);
  switch (literal.kind) {
    case ast::LiteralKind::text:
      return "the text " + token;
    case ast::LiteralKind::number:
      return "the number " + token;
    case ast::LiteralKind::duration:
      return "the duration " + token;
    case ast::LiteralKind::percent:
      return "the percentage " + token;
    case ast::LiteralKind::boolean:
    case ast::LiteralKind::null:
      return token;
  }
  return token;
}

std::optional<ValueType> natural_type(const ast::Literal& literal) {
  switch (literal.kind) {
    case ast::LiteralKind::text:
      return ValueType{Kind::text, Wire::natural, 0, 0, kNone};
    case ast::LiteralKind::boolean:
      return ValueType{Kind::boolean, Wire::natural, 0, 0, kNone};
    case ast::LiteralKind::number: {
      const auto exact = decimal_from_token(number_token(literal));
      if (exact && to_int64(*exact)) {
        return ValueType{Kind::integer, Wire::natural, 0, 0, kNone};
      }
      return exact ? ValueType{Kind::decimal, Wire::natural, 0, 0, kNone}
                   : ValueType{Kind::floating, Wire::natural, 0, 0, kNone};
    }
    case ast::LiteralKind::duration:
      return plain(Kind::duration);
    case ast::LiteralKind::null:
    case ast::LiteralKind::percent:
      return std::nullopt;
  }
  return std::nullopt;
}

std::variant<Value, LiteralError> value_of(const ast::Literal& literal, const ValueType& type) {
  const bool is_text = literal.kind == ast::LiteralKind::text;
  switch (type.kind) {
    case Kind::boolean:
      return literal.kind == ast::LiteralKind::boolean
                 ? std::variant<Value, LiteralError>(Value::of_bool(literal.token == "true"))
                 : another_kind(literal, type);
    case Kind::integer:
    case Kind::floating:
    case Kind::decimal:
      return literal.kind == ast::LiteralKind::number ? number_of_type(literal, type) : another_kind(literal, type);
    case Kind::text:
      return is_text ? std::variant<Value, LiteralError>(Value::of_text(literal.text.text))
                     : another_kind(literal, type);
    case Kind::timestamp:
      if (!is_text) {
        return another_kind(literal, type);
      }
      if (const auto moment = parse_iso8601(literal.text.text)) {
        return Value::of_timestamp(*moment);
      }
      return LiteralError{false, "not a timestamp", std::string(kTimestampHelp), ""};
    case Kind::uuid:
      if (!is_text) {
        return another_kind(literal, type);
      }
      if (const auto uuid = parse_uuid(literal.text.text)) {
        return Value::of_uuid(*uuid);
      }
      return LiteralError{false, "not a uuid", std::string(kUuidHelp), ""};
    case Kind::any: {
      const auto natural = natural_type(literal);
      return natural ? value_of(literal, *natural) : another_kind(literal, type);
    }
    case Kind::duration: {
      if (!is_text && literal.kind != ast::LiteralKind::duration) {
        return another_kind(literal, type);
      }
      const auto micros = is_text ? parse_duration(literal.text.text) : duration_of(literal.token);
      if (micros) {
        return Value::of_duration(*micros);
      }
      return LiteralError{false, is_text ? "not a duration" : "longer than a duration can be",
                          std::string(kDurationHelp), ""};
    }
    case Kind::ip:
      return is_text ? ip_of(literal) : another_kind(literal, type);
    case Kind::version:
      if (!is_text) {
        return another_kind(literal, type);
      }
      if (is_version(literal.text.text)) {
        return Value::of_version(literal.text.text);
      }
      return LiteralError{false, "not a version",
                          std::string(kVersionHelp) + ", numbers with dots, without a `v` in front", ""};
    case Kind::object:
    case Kind::list:
      return another_kind(literal, type);
  }
  return another_kind(literal, type);
}

} // namespace millrace::dsl::check
