// One switch over the kinds for each direction.
#include "dsl/values/text_form.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "dsl/values/duration.hpp"
#include "dsl/values/ip.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/timestamp.hpp"
#include "dsl/values/version.hpp"

namespace millrace::dsl {
namespace {

/// The value of a hexadecimal digit; 0xFF for any other character.
constexpr std::array<std::uint8_t, 256> kHexDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(0xFF);
  for (std::uint8_t i = 0; i < 10; ++i) {
    digits['0' + i] = i;
  }
  for (std::uint8_t i = 0; i < 6; ++i) {
    digits['a' + i] = digits['A' + i] = static_cast<std::uint8_t>(10 + i);
  }
  return digits;
}();

constexpr std::size_t kLongestNumber = 48; // sign, 38 digits, point, a leading zero; a double needs less

char* write_decimal(char* out, Decimal value) {
  std::array<char, kLongestNumber> digits{};
  char* const end = digits.data() + digits.size();
  char* begin = end;
  Uint128 rest =
      value.coefficient < 0 ? ~static_cast<Uint128>(value.coefficient) + 1 : static_cast<Uint128>(value.coefficient);
  for (int written = 0; rest != 0 || written <= value.scale; ++written, rest /= 10) {
    if (written == value.scale && written > 0) {
      *--begin = '.';
    }
    *--begin = static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  if (value.coefficient < 0) {
    *out++ = '-';
  }
  return std::copy(begin, end, out);
}

/// As JavaScript prints a number: the fewest digits that read back as the same double, plain between 1e-6 and 1e21.
char* write_double(char* out, double value) {
  if (value == 0) {
    *out++ = '0';
    return out;
  }
  std::array<char, 32> text{};
  const char* const end =
      std::to_chars(text.data(), text.data() + text.size(), std::abs(value), std::chars_format::scientific).ptr;
  const char* const e = std::find(static_cast<const char*>(text.data()), end, 'e');
  std::array<char, 20> digits{};
  const auto count =
      static_cast<int>(std::remove_copy(static_cast<const char*>(text.data()), e, digits.data(), '.') - digits.data());
  int exponent = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
  const int point = exponent + 1; // digits before the point
  const char* const first = digits.data();
  const char* const last = first + count;
  if (value < 0) {
    *out++ = '-';
  }
  if (point > 21 || point <= -6) {
    *out++ = *first;
    if (count > 1) {
      *out++ = '.';
      out = std::copy(first + 1, last, out);
    }
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    return std::to_chars(out, out + 8, std::abs(exponent)).ptr;
  }
  if (point <= 0) {
    *out++ = '0';
    *out++ = '.';
    out = std::fill_n(out, -point, '0');
    return std::copy(first, last, out);
  }
  if (count <= point) {
    return std::fill_n(std::copy(first, last, out), point - count, '0');
  }
  out = std::copy(first, first + point, out);
  *out++ = '.';
  return std::copy(first + point, last, out);
}

char* write_uuid(char* out, const Uuid& uuid) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      *out++ = '-';
    }
    *out++ = kHex[uuid[i] >> 4U];
    *out++ = kHex[uuid[i] & 15U];
  }
  return out;
}

template <typename Write>
std::string_view made(Arena& arena, std::size_t most, Write write) {
  char* begin = arena.allocate(most);
  char* end = write(begin);
  arena.shrink(end);
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::int64_t micros_per_unit(Wire wire) {
  switch (wire) {
    case Wire::unix_s:
      return kMicrosPerSecond;
    case Wire::unix_ms:
      return 1'000;
    case Wire::unix_us:
      return 1;
    case Wire::natural:
    case Wire::iso8601:
    case Wire::text:
      return 0;
  }
  return 0;
}

Value decimal_of_type(std::string_view token, const ValueType& type) {
  const auto value = decimal_from_token(token);
  if (!value) {
    return {};
  }
  if (type.precision == 0) { // `as decimal` of a literal's own size: not declared with digits
    return Value::of_decimal(*value);
  }
  const auto scaled = rescale_exact(*value, type.scale);
  return scaled && fits(*scaled, type.precision, type.scale) ? Value::of_decimal(*scaled) : Value();
}

} // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') {
    return std::nullopt;
  }
  constexpr std::array<std::uint8_t, 16> kAt{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
  Uuid out{};
  unsigned bad = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned high = kHexDigits[static_cast<unsigned char>(text[kAt[i]])];
    const unsigned low = kHexDigits[static_cast<unsigned char>(text[kAt[i] + 1U])];
    bad |= high | low;
    out[i] = static_cast<std::uint8_t>(high << 4U | low);
  }
  return bad > 15 ? std::nullopt : std::optional(out);
}

std::optional<std::string_view> text_form(const Value& value, Arena& arena) {
  switch (value.tag()) {
    case Tag::absent:
    case Tag::json:
    case Tag::list:
      return std::nullopt;
    case Tag::text:
    case Tag::token:
    case Tag::version:
      return value.as_text();
    case Tag::boolean:
      return value.as_bool() ? "true" : "false";
    case Tag::integer:
      return made(arena, kLongestNumber, [&](char* out) { return std::to_chars(out, out + 24, value.as_int()).ptr; });
    case Tag::floating:
      return made(arena, kLongestNumber, [&](char* out) { return write_double(out, value.as_double()); });
    case Tag::decimal:
      return made(arena, kLongestNumber, [&](char* out) { return write_decimal(out, value.as_decimal()); });
    case Tag::timestamp:
      return made(arena, kTimestampSize, [&](char* out) { return write_timestamp(out, value.as_timestamp()); });
    case Tag::uuid:
      return made(arena, 36, [&](char* out) { return write_uuid(out, value.as_uuid()); });
    case Tag::duration:
      return made(arena, kDurationSize, [&](char* out) { return write_duration(out, value.as_duration()); });
    case Tag::ip:
      return made(arena, kIpSize, [&](char* out) { return write_ip(out, value.as_ip()); });
  }
  return std::nullopt;
}

Value value_from_text(std::string_view text, const ValueType& type) {
  switch (type.kind) {
    case Kind::boolean:
      if (text != "true" && text != "false") {
        return {};
      }
      return Value::of_bool(text == "true");
    case Kind::integer: {
      const auto value = parse_int(text, true);
      return value ? Value::of_int(*value) : Value();
    }
    case Kind::floating: {
      const auto value = parse_double(text);
      return value ? Value::of_double(*value) : Value();
    }
    case Kind::decimal:
      return decimal_of_type(text, type);
    case Kind::text:
      return Value::of_text(text);
    case Kind::timestamp: {
      const auto value = parse_iso8601(text);
      return value ? Value::of_timestamp(*value) : Value();
    }
    case Kind::uuid: {
      const auto value = parse_uuid(text);
      return value ? Value::of_uuid(*value) : Value();
    }
    case Kind::duration: {
      const auto value = parse_duration(text);
      return value ? Value::of_duration(*value) : Value();
    }
    case Kind::ip: {
      const auto value = parse_ip(text);
      return value ? Value::of_ip(*value) : Value();
    }
    case Kind::version:
      return is_version(text) ? Value::of_version(text) : Value();
    case Kind::object:
    case Kind::any:
    case Kind::list:
      return {};
  }
  return {};
}

Value value_from_number(std::string_view token, const ValueType& type) {
  switch (type.kind) {
    case Kind::integer: {
      const auto value = parse_int(token);
      return value ? Value::of_int(*value) : Value();
    }
    case Kind::floating: {
      const auto value = parse_double(token);
      return value ? Value::of_double(*value) : Value();
    }
    case Kind::decimal:
      return decimal_of_type(token, type);
    case Kind::timestamp: {
      const std::int64_t unit = micros_per_unit(type.wire);
      const auto value = unit == 0 ? std::nullopt : parse_unix(token, unit);
      return value ? Value::of_timestamp(*value) : Value();
    }
    case Kind::any:
      return Value::of_token(token);
    case Kind::boolean:
    case Kind::text:
    case Kind::uuid:
    case Kind::object:
    case Kind::duration:
    case Kind::ip:
    case Kind::version:
    case Kind::list:
      return {};
  }
  return {};
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

} // namespace millrace::dsl
