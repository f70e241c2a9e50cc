// JSON number tokens and the numbers they stand for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dsl/values/value.hpp"

namespace millrace::dsl {

/// Length of the number token (JSON's grammar) at the start of `text`; 0 if there is none.
std::size_t number_token_length(std::string_view text);

/// What follows `e` in a number token, 0 without one; cut off far beyond 10^9.
std::int64_t written_exponent(std::string_view token);

/// The power of ten of the first digit of a number token that is not zero; 0 for zero. `1234.5` has 3, `0.01` has -2.
std::int64_t token_magnitude(std::string_view token);

/// `-?digits` within 64 bits. `leading_zeros` are allowed in text forms, not in JSON.
std::optional<std::int64_t> parse_int(std::string_view token, bool leading_zeros = false);

/// A JSON number token as the nearest double; absent when it is no token or beyond the range of double.
std::optional<double> parse_double(std::string_view token);

/// A token of `any` as a number: integer where it is one of 64 bits, else decimal where it has at most 38 digits, else
/// floating; absent only beyond the range of double.
Value number_from_token(std::string_view token);

/// A number as it is, a token as the number it stands for.
inline Value number_of(const Value& value) {
  return value.tag() == Tag::token ? number_from_token(value.as_text()) : value;
}

/// The exact value of an integer or decimal.
inline Decimal exact_of(const Value& value) {
  return value.tag() == Tag::integer ? Decimal{value.as_int(), 0} : value.as_decimal();
}

/// An exact result in its narrowest form: integer when it is whole and of 64 bits, else the shortest decimal.
Value value_of(Decimal decimal);

} // namespace millrace::dsl
