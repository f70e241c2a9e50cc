// Exact decimal numbers of up to 38 digits: reading them from text, comparing, calculating, rounding. Nothing here goes
// through a double but `to_double` and the exact comparison with one.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::dsl {

using Int128 = __int128;
using Uint128 = unsigned __int128;

inline constexpr int kMaxDigits = 38;

/// coefficient / 10^scale, with |coefficient| < 10^38 and scale <= 38.
struct Decimal {
  Int128 coefficient = 0;
  std::uint8_t scale = 0;
};

/// 10^exponent, for 0 <= exponent <= 38.
Int128 power_of_ten(int exponent);
/// Decimal digits of |coefficient|; 0 has one.
int digits_of(Int128 coefficient);

/// The exact value of a JSON number token. Absent when the text is no such token or the value needs more than 38 digits
/// or fraction digits. Surplus zeros do not count: `1.50` and `15e-1` are the same value and have the same form.
std::optional<Decimal> decimal_from_token(std::string_view token);

/// The same value with exactly `scale` fraction digits; absent if a non-zero digit would be lost or 38 digits exceeded.
std::optional<Decimal> rescale_exact(Decimal value, int scale);
/// The value rounded half away from zero to `scale` fraction digits; absent if 38 digits are exceeded.
std::optional<Decimal> round_half_away(Decimal value, int scale);
/// The value without trailing zeros in its fraction.
Decimal shortest(Decimal value);
/// Whether the value has at most `precision` - `scale` integer digits and `scale` fraction digits.
bool fits(Decimal value, int precision, int scale);

std::strong_ordering compare(Decimal left, Decimal right);
/// Exact, as if both were written out in full. `right` is finite.
std::strong_ordering compare(Decimal left, double right);

/// Exact; absent past 38 digits (the compiler proves that this cannot be).
std::optional<Decimal> add(Decimal left, Decimal right);
std::optional<Decimal> subtract(Decimal left, Decimal right);
std::optional<Decimal> multiply(Decimal left, Decimal right);
/// At most 38 significant digits, half to even; absent for a zero divisor.
std::optional<Decimal> divide(Decimal left, Decimal right);

/// The nearest double.
double to_double(Decimal value);
/// The value as a 64-bit integer; absent if it has a fraction or does not fit.
std::optional<std::int64_t> to_int64(Decimal value);

} // namespace millrace::dsl
