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

std::optional<double> parse_double(std::string_view token) {
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
