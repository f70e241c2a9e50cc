// 128-bit integers carry every result; where a step could pass 128 bits it is cut into steps that cannot.
#include "dsl/values/decimal.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "dsl/values/number.hpp"

namespace millrace::dsl {
namespace {

constexpr std::array<Int128, kMaxDigits + 1> kPowers = [] {
  std::array<Int128, kMaxDigits + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) {
    powers[i] = powers[i - 1] * 10;
  }
  return powers;
}();

Uint128 magnitude(Int128 value) { return value < 0 ? ~static_cast<Uint128>(value) + 1 : static_cast<Uint128>(value); }

bool within_digits(Int128 value) { return magnitude(value) < static_cast<Uint128>(kPowers[kMaxDigits]); }

Int128 with_sign(Uint128 value, bool negative) {
  return negative ? -static_cast<Int128>(value) : static_cast<Int128>(value);
}

std::strong_ordering order(Int128 left, Int128 right) {
  if (left < right) {
    return std::strong_ordering::less;
  }
  return left > right ? std::strong_ordering::greater : std::strong_ordering::equal;
}

std::strong_ordering flip(std::strong_ordering order) { return 0 <=> order; }

/// numerator / denominator, below 1, against a fraction below 1: binary digit by binary digit, until the double has no
/// more.
std::strong_ordering order_fractions(Uint128 numerator, Uint128 denominator, double fraction) {
  while (fraction != 0) {
    if (numerator == 0) {
      return std::strong_ordering::less;
    }
    numerator *= 2;
    fraction *= 2;
    const bool left = numerator >= denominator;
    const bool right = fraction >= 1;
    if (left != right) {
      return left ? std::strong_ordering::greater : std::strong_ordering::less;
    }
    if (left) {
      numerator -= denominator;
      fraction -= 1;
    }
  }
  return numerator == 0 ? std::strong_ordering::equal : std::strong_ordering::greater;
}

/// One step of a long division: the next decimal digit of remainder / divisor, where both are below 2^127.
struct DigitStep {
  Uint128 remainder;
  unsigned digit;
};

DigitStep next_digit(Uint128 remainder, Uint128 divisor) {
  const Uint128 once = remainder;
  DigitStep step{remainder, 0};
  const auto twice = [&] {
    const bool over = step.remainder >= divisor - step.remainder;
    step.remainder = over ? step.remainder - (divisor - step.remainder) : step.remainder * 2;
    step.digit = step.digit * 2 + (over ? 1 : 0);
  };
  twice();
  twice();
  const bool over = step.remainder >= divisor - once;
  step.remainder = over ? step.remainder - (divisor - once) : step.remainder + once;
  step.digit += over ? 1 : 0;
  twice();
  return step;
}

/// The digits of a number token and the power of ten of the last one. Trailing zeros are in the exponent.
struct Digits {
  Int128 coefficient = 0;
  std::int64_t exponent = 0;
  int count = 0;
};

std::optional<Digits> significant_digits(std::string_view mantissa) {
  Digits out;
  bool after_point = false;
  std::int64_t zeros = 0; // seen after the last significant digit
  for (const char c : mantissa) {
    if (c == '.') {
      after_point = true;
      continue;
    }
    out.exponent -= after_point ? 1 : 0;
    if (c == '0') {
      zeros += out.count > 0 ? 1 : 0;
      continue;
    }
    if (out.count + zeros + 1 > kMaxDigits) {
      return std::nullopt;
    }
    out.coefficient = out.coefficient * kPowers[static_cast<std::size_t>(zeros) + 1] + (c - '0');
    out.count += static_cast<int>(zeros) + 1;
    zeros = 0;
  }
  out.exponent += zeros;
  return out;
}

} // namespace

Int128 power_of_ten(int exponent) { return kPowers[static_cast<std::size_t>(exponent)]; }

int digits_of(Int128 coefficient) {
  const Uint128 value = magnitude(coefficient);
  int digits = 1;
  while (digits < kMaxDigits && value >= static_cast<Uint128>(kPowers[static_cast<std::size_t>(digits)])) {
    ++digits;
  }
  return digits;
}

std::optional<Decimal> decimal_from_token(std::string_view token) {
  if (token.empty() || number_token_length(token) != token.size()) {
    return std::nullopt;
  }
  const bool negative = token[0] == '-';
  token.remove_prefix(negative ? 1 : 0);
  auto digits = significant_digits(token.substr(0, token.find_first_of("eE")));
  if (!digits) {
    return std::nullopt;
  }
  if (digits->count == 0) {
    return Decimal{};
  }
  std::int64_t exponent = digits->exponent + written_exponent(token);
  if (exponent > 0) {
    if (digits->count + exponent > kMaxDigits) {
      return std::nullopt;
    }
    digits->coefficient *= kPowers[static_cast<std::size_t>(exponent)];
    exponent = 0;
  }
  if (exponent < -kMaxDigits) {
    return std::nullopt;
  }
  return Decimal{negative ? -digits->coefficient : digits->coefficient, static_cast<std::uint8_t>(-exponent)};
}

std::optional<Decimal> rescale_exact(Decimal value, int scale) {
  const int up = scale - value.scale;
  if (up >= 0) {
    Int128 out = 0;
    if (__builtin_mul_overflow(value.coefficient, power_of_ten(up), &out) || !within_digits(out)) {
      return std::nullopt;
    }
    return Decimal{out, static_cast<std::uint8_t>(scale)};
  }
  const Int128 divisor = power_of_ten(-up);
  if (value.coefficient % divisor != 0) {
    return std::nullopt;
  }
  return Decimal{value.coefficient / divisor, static_cast<std::uint8_t>(scale)};
}

std::optional<Decimal> round_half_away(Decimal value, int scale) {
  if (scale >= value.scale) {
    return rescale_exact(value, scale);
  }
  const auto divisor = static_cast<Uint128>(power_of_ten(value.scale - scale));
  const Uint128 whole = magnitude(value.coefficient);
  const Uint128 rounded = whole / divisor + (whole % divisor * 2 >= divisor ? 1 : 0);
  return Decimal{with_sign(rounded, value.coefficient < 0), static_cast<std::uint8_t>(scale)};
}

Decimal shortest(Decimal value) {
  while (value.scale > 0 && value.coefficient % 10 == 0) {
    value.coefficient /= 10;
    --value.scale;
  }
  return value;
}

bool fits(Decimal value, int precision, int scale) {
  const auto exact = rescale_exact(value, scale);
  return exact && (exact->coefficient == 0 || digits_of(exact->coefficient) <= precision);
}

std::strong_ordering compare(Decimal left, Decimal right) {
  if (left.scale == right.scale) {
    return order(left.coefficient, right.coefficient);
  }
  const Int128 left_one = power_of_ten(left.scale);
  const Int128 right_one = power_of_ten(right.scale);
  if (const auto whole = order(left.coefficient / left_one, right.coefficient / right_one); whole != 0) {
    return whole;
  }
  const int scale = left.scale > right.scale ? left.scale : right.scale;
  return order(left.coefficient % left_one * power_of_ten(scale - left.scale),
               right.coefficient % right_one * power_of_ten(scale - right.scale));
}

std::strong_ordering compare(Decimal left, double right) {
  if (std::abs(right) > 1e38) { // the double nearest to 10^38 lies below it, the next one beyond every decimal
    return right > 0 ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  const Int128 one = power_of_ten(left.scale);
  const double right_whole = std::trunc(right);
  if (const auto whole = order(left.coefficient / one, static_cast<Int128>(right_whole)); whole != 0) {
    return whole;
  }
  const Int128 left_rest = left.coefficient % one;
  const double right_rest = right - right_whole;
  if (left_rest < 0 || right_rest < 0) {
    if (left_rest > 0 || right_rest > 0) {
      return left_rest < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
    }
    return flip(order_fractions(magnitude(left_rest), static_cast<Uint128>(one), -right_rest));
  }
  return order_fractions(magnitude(left_rest), static_cast<Uint128>(one), right_rest);
}

std::optional<Decimal> add(Decimal left, Decimal right) {
  const int scale = left.scale > right.scale ? left.scale : right.scale;
  const auto a = rescale_exact(left, scale);
  const auto b = rescale_exact(right, scale);
  if (!a || !b || !within_digits(a->coefficient + b->coefficient)) {
    return std::nullopt;
  }
  return Decimal{a->coefficient + b->coefficient, static_cast<std::uint8_t>(scale)};
}

std::optional<Decimal> subtract(Decimal left, Decimal right) { return add(left, {-right.coefficient, right.scale}); }

std::optional<Decimal> multiply(Decimal left, Decimal right) {
  left = shortest(left);
  right = shortest(right);
  Int128 product = 0;
  if (left.scale + right.scale > kMaxDigits || __builtin_mul_overflow(left.coefficient, right.coefficient, &product) ||
      !within_digits(product)) {
    return std::nullopt;
  }
  return shortest({product, static_cast<std::uint8_t>(left.scale + right.scale)});
}

std::optional<Decimal> divide(Decimal left, Decimal right) {
  if (right.coefficient == 0) {
    return std::nullopt;
  }
  const Uint128 divisor = magnitude(right.coefficient);
  const bool negative = (left.coefficient < 0) != (right.coefficient < 0);
  Uint128 quotient = magnitude(left.coefficient) / divisor;
  Uint128 remainder = magnitude(left.coefficient) % divisor;
  int digits = quotient == 0 ? 0 : digits_of(static_cast<Int128>(quotient));
  int scale = left.scale - right.scale;
  while (remainder != 0 && digits < kMaxDigits && scale < kMaxDigits) {
    const DigitStep step = next_digit(remainder, divisor);
    quotient = quotient * 10 + step.digit;
    remainder = step.remainder;
    digits += digits > 0 || step.digit > 0 ? 1 : 0;
    ++scale;
  }
  const bool above_half = remainder > divisor - remainder;
  const bool at_half = remainder != 0 && remainder == divisor - remainder;
  quotient += above_half || (at_half && quotient % 2 == 1) ? 1 : 0;
  if (quotient == static_cast<Uint128>(kPowers[kMaxDigits])) {
    quotient /= 10;
    --scale;
  }
  if (scale < 0) {
    const auto whole = rescale_exact({with_sign(quotient, negative), 0}, -scale);
    return whole ? std::optional<Decimal>({whole->coefficient, 0}) : std::nullopt;
  }
  return shortest({with_sign(quotient, negative), static_cast<std::uint8_t>(scale)});
}

double to_double(Decimal value) {
  constexpr Int128 kExact = Int128{1} << 53;
  if (value.coefficient <= kExact && value.coefficient >= -kExact && value.scale <= 22) {
    return static_cast<double>(value.coefficient) / static_cast<double>(power_of_ten(value.scale));
  }
  std::array<char, 64> token{}; // -<38 digits>e-38, written from the end
  char* const end = token.data() + token.size();
  char* begin = end;
  *--begin = static_cast<char>('0' + value.scale % 10);
  *--begin = static_cast<char>('0' + value.scale / 10);
  *--begin = '-';
  *--begin = 'e';
  for (Uint128 rest = magnitude(value.coefficient); rest != 0; rest /= 10) {
    *--begin = static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  if (value.coefficient < 0) {
    *--begin = '-';
  }
  double result = 0;
  std::from_chars(begin, end, result);
  return result;
}

std::optional<std::int64_t> to_int64(Decimal value) {
  const auto whole = rescale_exact(value, 0);
  if (!whole || whole->coefficient > INT64_MAX || whole->coefficient < INT64_MIN) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(whole->coefficient);
}

} // namespace millrace::dsl
