// JSON number tokens and the numbers they stand for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "dsl/values/value.hpp"

namespace millrace::dsl {

/// Length of the number token (JSON's grammar) at the start of `text`; 0 if there is none.
std::size_t number_token_length(std::string_view text);

/// An integer token of up to 16 digits, the usual one, checked and read at once; absent for every other token, which
/// may be a number all the same. `readable_before` is how many bytes may be read in front of the token.
[[gnu::always_inline]] inline std::optional<std::int64_t> short_integer(std::string_view token,
                                                                        std::ptrdiff_t readable_before) {
  const bool negative = token[0] == '-';
  token.remove_prefix(negative ? 1 : 0);
  const std::size_t size = token.size();
  if (size - 1 > 15 || readable_before < 16 || (token[0] == '0' && size > 1)) {
    return std::nullopt;
  }
  // Eight characters at once, with zeros where the token has not begun yet; the first character is the lowest byte.
  constexpr std::uint64_t kZeros = 0x3030'3030'3030'3030U;
  const auto eight = [&](const char* end, std::size_t digits) {
    std::uint64_t bytes;
    std::memcpy(&bytes, end - 8, 8);
    const std::uint64_t ours = ~std::uint64_t{0} << (64 - 8 * digits);
    return (bytes & ours) | (kZeros & ~ours);
  };
  const auto are_digits = [](std::uint64_t bytes) {
    return (((bytes + 0x4646'4646'4646'4646U) | (bytes - kZeros)) & 0x8080'8080'8080'8080U) == 0;
  };
  const auto number = [](std::uint64_t bytes) {
    bytes -= kZeros;
    bytes = bytes * 10 + (bytes >> 8U);
    return (((bytes & 0x0000'00FF'0000'00FFU) * 0x000F'4240'0000'0064U) +
            (((bytes >> 16U) & 0x0000'00FF'0000'00FFU) * 0x0000'2710'0000'0001U)) >>
           32U;
  };
  const char* const end = token.data() + size;
  const std::uint64_t low = eight(end, size < 8 ? size : 8);
  bool good = are_digits(low);
  std::uint64_t value = number(low);
  if (size > 8) {
    const std::uint64_t high = eight(end - 8, size - 8);
    good = good && are_digits(high);
    value += number(high) * 100'000'000;
  }
  if (!good) {
    return std::nullopt;
  }
  return negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
}

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
