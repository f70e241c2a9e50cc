#include "tests/support/reference/big.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace millrace::reference {
namespace {

Big trimmed(Big value) {
  const std::size_t first = value.digits.find_first_not_of('0');
  if (first == std::string::npos) {
    return {};
  }
  value.digits.erase(0, first);
  while (value.digits.back() == '0') {
    value.digits.pop_back();
    --value.scale;
  }
  return value;
}

/// The digits as they would be with this scale, which is not below the number's own.
std::string digits_at(const Big& value, std::int64_t scale) {
  return value.zero() ? "" : value.digits + std::string(static_cast<std::size_t>(scale - value.scale), '0');
}

std::strong_ordering compare_digits(const std::string& left, const std::string& right) {
  if (left.size() != right.size()) {
    return left.size() <=> right.size();
  }
  return left <=> right;
}

std::string add_digits(std::string left, std::string right) {
  const std::size_t size = std::max(left.size(), right.size()) + 1;
  left.insert(0, size - left.size(), '0');
  right.insert(0, size - right.size(), '0');
  int carry = 0;
  for (std::size_t i = size; i-- > 0;) {
    const int sum = left[i] - '0' + right[i] - '0' + carry;
    left[i] = static_cast<char>('0' + sum % 10);
    carry = sum / 10;
  }
  return left;
}

/// `left` is not the smaller one.
std::string subtract_digits(std::string left, std::string right) {
  right.insert(0, left.size() - right.size(), '0');
  int borrow = 0;
  for (std::size_t i = left.size(); i-- > 0;) {
    int difference = left[i] - right[i] - borrow;
    borrow = difference < 0 ? 1 : 0;
    difference += borrow * 10;
    left[i] = static_cast<char>('0' + difference);
  }
  return left;
}

std::string without_zeros(std::string digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

std::strong_ordering compare_magnitudes(const Big& left, const Big& right) {
  if (left.zero() || right.zero()) {
    return static_cast<int>(!left.zero()) <=> static_cast<int>(!right.zero());
  }
  const auto places = [](const Big& value) { return static_cast<std::int64_t>(value.digits.size()) - value.scale; };
  if (places(left) != places(right)) {
    return places(left) <=> places(right);
  }
  return left.digits <=> right.digits; // both begin at the same place, and the shorter one is its own beginning
}

} // namespace

std::int64_t Big::before_point() const {
  const std::int64_t count = static_cast<std::int64_t>(digits.size()) - scale;
  return zero() || count < 0 ? 0 : count;
}

Big big_of(std::string_view token) {
  constexpr std::int64_t kFar = 1'000'000'000'000;
  Big out;
  if (token.starts_with('-')) {
    out.negative = true;
    token.remove_prefix(1);
  }
  if (const std::size_t e = token.find_first_of("eE"); e != std::string_view::npos) {
    std::int64_t exponent = 0;
    bool down = false;
    for (const char c : token.substr(e + 1)) {
      down = down || c == '-';
      if (c >= '0' && c <= '9') {
        exponent = std::min(exponent * 10 + (c - '0'), kFar);
      }
    }
    out.scale = down ? exponent : -exponent;
    token = token.substr(0, e);
  }
  bool fraction = false;
  for (const char c : token) {
    if (c == '.') {
      fraction = true;
    } else {
      out.digits += c;
      out.scale += fraction ? 1 : 0;
    }
  }
  return trimmed(out);
}

Big big_of(std::int64_t value) { return big_of(std::to_string(value)); }

Big big_of(double value) {
  std::array<char, 1200> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.1100e", value);
  return big_of(std::string_view(text.data(), static_cast<std::size_t>(size)));
}

std::strong_ordering compare(const Big& left, const Big& right) {
  if (left.zero() && right.zero()) {
    return std::strong_ordering::equal;
  }
  const bool left_below = left.negative && !left.zero();
  const bool right_below = right.negative && !right.zero();
  if (left_below != right_below) {
    return left_below ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return left_below ? compare_magnitudes(right, left) : compare_magnitudes(left, right);
}

Big negated(Big value) {
  value.negative = !value.negative && !value.zero();
  return value;
}

Big add(const Big& left, const Big& right) {
  if (left.zero() || right.zero()) {
    return left.zero() ? right : left;
  }
  const std::int64_t scale = std::max(left.scale, right.scale);
  const std::string a = digits_at(left, scale);
  const std::string b = digits_at(right, scale);
  if (left.negative == right.negative) {
    return trimmed({left.negative, add_digits(a, b), scale});
  }
  return compare_digits(a, b) >= 0 ? trimmed({left.negative, subtract_digits(a, b), scale})
                                   : trimmed({right.negative, subtract_digits(b, a), scale});
}

Big subtract(const Big& left, const Big& right) { return add(left, negated(right)); }

Big multiply(const Big& left, const Big& right) {
  std::string product;
  for (const char digit : left.digits) {
    product += '0';
    for (int times = digit - '0'; times > 0; --times) {
      product = add_digits(product, right.digits);
    }
    product = without_zeros(product);
  }
  return trimmed({left.negative != right.negative, product, left.scale + right.scale});
}

Big divide(const Big& left, const Big& right) {
  constexpr std::int64_t kMost = 38;
  // Long division: one digit of the quotient after the other, until there are enough of them.
  std::string rest;
  std::string quotient;
  std::int64_t scale = left.scale - right.scale - static_cast<std::int64_t>(left.digits.size());
  std::size_t next = 0;
  const auto take = [&] {
    rest = without_zeros(rest + (next < left.digits.size() ? left.digits[next] : '0'));
    ++next;
    ++scale;
    char digit = '0';
    while (compare_digits(rest, right.digits) >= 0) {
      rest = without_zeros(subtract_digits(rest, right.digits));
      ++digit;
    }
    return digit;
  };
  while (quotient.size() < kMost && scale < kMost && !(next >= left.digits.size() && rest.empty())) {
    quotient = without_zeros(quotient + take());
  }
  scale = std::min(scale, kMost);
  // What is left of the dividend says whether it is rounded up.
  const Big found = trimmed({left.negative != right.negative, quotient, scale});
  Big left_over = subtract(left, multiply(found, right));
  left_over.negative = false;
  const auto half = compare(add(left_over, left_over), trimmed({false, right.digits, right.scale + scale}));
  const bool odd = !quotient.empty() && (quotient.back() - '0') % 2 == 1;
  if (half > 0 || (half == 0 && odd)) {
    quotient = add_digits(quotient, "1");
  }
  return trimmed({left.negative != right.negative, quotient, scale});
}

Big rounded(const Big& value, std::int64_t digits) {
  if (value.scale <= digits) {
    return value;
  }
  const std::int64_t cut = value.scale - digits;
  const auto size = static_cast<std::int64_t>(value.digits.size());
  if (cut > size) {
    return {};
  }
  const auto kept = static_cast<std::size_t>(size - cut);
  std::string out = value.digits.substr(0, kept);
  if (value.digits[kept] >= '5') {
    out = without_zeros(add_digits(out, "1"));
  }
  return trimmed({value.negative, out, digits});
}

std::optional<std::int64_t> to_int(const Big& value) {
  static const Big kLeast = big_of("-9223372036854775808");
  static const Big kMost = big_of("9223372036854775807");
  if (!value.whole() || compare(value, kLeast) < 0 || compare(value, kMost) > 0) {
    return std::nullopt;
  }
  return std::strtoll(written(value).c_str(), nullptr, 10);
}

double to_double(const Big& value) {
  const std::string text = (value.negative ? "-0" : "0") + value.digits + "e" + std::to_string(-value.scale);
  return std::strtod(text.c_str(), nullptr);
}

std::string written(const Big& value, std::int64_t fraction) {
  const std::int64_t scale = std::max<std::int64_t>({fraction, value.scale, 0});
  std::string digits = digits_at(value, scale);
  const auto behind = static_cast<std::size_t>(scale);
  if (digits.size() <= behind) {
    digits.insert(0, behind + 1 - digits.size(), '0');
  }
  if (behind > 0) {
    digits.insert(digits.size() - behind, ".");
  }
  return (value.negative && !value.zero() ? "-" : "") + digits;
}

} // namespace millrace::reference
