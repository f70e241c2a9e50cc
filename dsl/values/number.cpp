// The grammar of a JSON number, and conversions that never lose what they do not say.
#include "dsl/values/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace millrace::dsl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) {
    ++at;
  }
  return at;
}

} // namespace

std::size_t number_token_length(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  std::size_t end = skip_digits(text, at);
  if (end == at || (text[at] == '0' && end > at + 1)) {
    return 0;
  }
  if (end < text.size() && text[end] == '.') {
    at = end + 1;
    end = skip_digits(text, at);
    if (end == at) {
      return 0;
    }
  }
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    at = end + 1;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
      ++at;
    }
    end = skip_digits(text, at);
    if (end == at) {
      return 0;
    }
  }
  return end;
}

std::int64_t written_exponent(std::string_view token) {
  constexpr std::int64_t kFar = 1'000'000'000'000; // beyond any number of digits that an event can hold
  const std::size_t e = token.find_first_of("eE");
  if (e == std::string_view::npos) {
    return 0;
  }
  std::int64_t value = 0;
  for (const char c : token.substr(e + 1)) {
    value = is_digit(c) && value < kFar ? value * 10 + (c - '0') : value;
  }
  return token[e + 1] == '-' ? -value : value;
}

std::int64_t token_magnitude(std::string_view token) {
  const std::string_view mantissa = token.substr(0, token.find_first_of("eE"));
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) {
    return 0;
  }
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const auto distance = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  return written_exponent(token) + (first < point ? distance - 1 : distance);
}

std::optional<std::int64_t> parse_int(std::string_view token, bool leading_zeros) {
  const std::size_t sign = token.starts_with('-') ? 1 : 0;
  if (token.size() == sign || (!leading_zeros && token.size() > sign + 1 && token[sign] == '0')) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, value);
  if (error != std::errc() || stop != end) {
    return std::nullopt;
  }
  return value;
}

namespace {

/// The usual token: few enough digits that both they and the power of ten are exact doubles, so that one division
/// rounds once.
std::optional<double> short_double(std::string_view token) {
  constexpr std::size_t kMostDigits = 15;
  constexpr double kPowers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const bool negative = token.starts_with('-');
  token.remove_prefix(negative ? 1 : 0);
  std::int64_t digits = 0;
  std::size_t point = token.size();
  if (token.empty() || token.size() > kMostDigits + 1) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < token.size(); ++i) {
    const auto digit = static_cast<unsigned>(token[i] - '0');
    if (digit <= 9) {
      digits = digits * 10 + digit;
    } else if (token[i] == '.' && point == token.size()) {
      point = i;
    } else {
      return std::nullopt;
    }
  }
  const bool whole = point == token.size();
  if (point == 0 || point + 1 == token.size() || (whole && point > kMostDigits) || (token[0] == '0' && point > 1)) {
    return std::nullopt;
  }
  const double value = static_cast<double>(digits) / kPowers[whole ? 0 : token.size() - point - 1];
  return negative ? -value : value;
}

} // namespace

std::optional<double> parse_double(std::string_view token) {
  if (const auto value = short_double(token)) {
    return value;
  }
  if (token.empty() || number_token_length(token) != token.size()) {
    return std::nullopt;
  }
  double value = 0;
  const auto [stop, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error == std::errc::result_out_of_range) {
    return token_magnitude(token) < 0 ? std::optional(token[0] == '-' ? -0.0 : 0.0) : std::nullopt;
  }
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

Value number_from_token(std::string_view token) {
  if (const auto integer = parse_int(token)) {
    return Value::of_int(*integer);
  }
  if (const auto decimal = decimal_from_token(token)) {
    return value_of(*decimal);
  }
  const auto floating = parse_double(token);
  return floating ? Value::of_double(*floating) : Value();
}

Value value_of(Decimal decimal) {
  decimal = shortest(decimal);
  if (decimal.scale == 0 && decimal.coefficient >= INT64_MIN && decimal.coefficient <= INT64_MAX) {
    return Value::of_int(static_cast<std::int64_t>(decimal.coefficient));
  }
  return Value::of_decimal(decimal);
}

} // namespace millrace::dsl
