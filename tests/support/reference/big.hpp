// Decimal numbers of any length as strings of digits: slow, and nothing to get wrong. Of the reference interpreter.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::reference {

/// (-1)^negative * digits * 10^-scale. Zero has no digits; there are no zeros at either end of `digits`.
struct Big {
  bool negative = false;
  std::string digits;
  std::int64_t scale = 0; // may be negative

  bool zero() const { return digits.empty(); }
  bool whole() const { return scale <= 0; }
  /// How many digits stand before the point, and behind it.
  std::int64_t before_point() const;
  std::int64_t behind_point() const { return scale > 0 ? scale : 0; }
};

/// A JSON number token, or `-?digits` with zeros in front.
Big big_of(std::string_view token);
Big big_of(std::int64_t value);
/// Exactly what the double is, which is finite.
Big big_of(double value);

std::strong_ordering compare(const Big& left, const Big& right);
Big add(const Big& left, const Big& right);
Big subtract(const Big& left, const Big& right);
Big multiply(const Big& left, const Big& right);
Big negated(Big value);
/// 38 significant digits, and no more than 38 behind the point, half to even. The divisor is not zero.
Big divide(const Big& left, const Big& right);
/// Half away from zero; before the point where `digits` is negative.
Big rounded(const Big& value, std::int64_t digits);

/// Within 64 bits and without a fraction.
std::optional<std::int64_t> to_int(const Big& value);
/// The nearest double; may be infinite.
double to_double(const Big& value);
/// Plain digits, with at least `fraction` of them behind the point.
std::string written(const Big& value, std::int64_t fraction = 0);

} // namespace millrace::reference
