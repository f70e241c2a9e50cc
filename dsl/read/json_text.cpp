#include "dsl/read/json_text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "dsl/values/number.hpp"

namespace millrace::dsl {
namespace {

constexpr std::int64_t kMostIntegerDigits = 131'072; // of PostgreSQL's numeric
constexpr std::int64_t kMostFractionDigits = 16'383;

struct Unit {
  std::uint32_t value = 0;
  bool good = false;
};

/// Four hexadecimal digits.
Unit code_unit(std::string_view text) {
  Unit unit{0, text.size() >= 4};
  for (std::size_t i = 0; unit.good && i < 4; ++i) {
    const char c = text[i];
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    unit.good = digit || letter;
    unit.value = unit.value * 16 + static_cast<std::uint32_t>(digit ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return unit;
}

/// A character written as `\u....`, or as two of them.
struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0; // in the text; 0 when it is wrong
};

Character escaped_character(std::string_view text) {
  const Unit first = code_unit(text.substr(2));
  if (!first.good || (first.value >= 0xDC00 && first.value <= 0xDFFF)) {
    return {};
  }
  if (first.value < 0xD800 || first.value > 0xDFFF) {
    return {first.value, 6};
  }
  if (text.size() < 12 || text[6] != '\\' || text[7] != 'u') {
    return {};
  }
  const Unit second = code_unit(text.substr(8));
  if (!second.good || second.value < 0xDC00 || second.value > 0xDFFF) {
    return {};
  }
  return {0x10000 + ((first.value - 0xD800) << 10U) + (second.value - 0xDC00), 12};
}

char* write_utf8(char* out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { *out++ = static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0U | code >> 6U);
    byte(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0U | code >> 12U);
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  } else {
    byte(0xF0U | code >> 18U);
    byte(0x80U | (code >> 12U & 0x3FU));
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  }
  return out;
}

/// The character of a short escape, 0 if there is none of that letter.
char short_escape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

std::size_t plain_length(std::string_view text) {
  const void* escape = text.empty() ? nullptr : std::memchr(text.data(), '\\', text.size());
  return escape == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(escape) - text.data());
}

/// Calls `plain` for each stretch without escapes and `character` for each escape; false at a wrong one.
template <typename Plain, typename OnCharacter>
bool for_each_piece(std::string_view raw, Plain plain, OnCharacter character) {
  for (;;) {
    const std::size_t length = plain_length(raw);
    plain(raw.substr(0, length));
    raw.remove_prefix(length);
    if (raw.empty()) {
      return true;
    }
    if (raw.size() < 2) {
      return false;
    }
    if (raw[1] == 'u') {
      const Character found = escaped_character(raw);
      if (found.length == 0) {
        return false;
      }
      character(found.code);
      raw.remove_prefix(found.length);
      continue;
    }
    const char letter = short_escape(raw[1]);
    if (letter == 0) {
      return false;
    }
    character(static_cast<std::uint32_t>(letter));
    raw.remove_prefix(2);
  }
}

/// The text behind the string that begins at the front of `json`.
std::string_view behind_string(std::string_view json) {
  std::size_t at = 1;
  while (json[at] != '"') {
    at += json[at] == '\\' ? 2 : 1;
  }
  return json.substr(at + 1);
}

} // namespace

std::optional<std::string_view> unescape(std::string_view raw, Arena& arena) {
  char* const begin = arena.allocate(raw.size()); // an escape is never shorter than its character
  char* out = begin;
  const bool good = for_each_piece(
      raw, [&](std::string_view plain) { out = std::copy(plain.begin(), plain.end(), out); },
      [&](std::uint32_t code) { out = write_utf8(out, code); });
  arena.shrink(good ? out : begin);
  return good ? std::optional(std::string_view(begin, static_cast<std::size_t>(out - begin))) : std::nullopt;
}

std::string_view quote(std::string_view text, Arena& arena) {
  constexpr std::string_view kHex = "0123456789abcdef";
  char* const begin = arena.allocate(text.size() * 6 + 2);
  char* out = begin;
  *out++ = '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      *out++ = '\\';
      *out++ = c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out = std::copy_n("\\u00", 4, out);
      *out++ = kHex[static_cast<unsigned char>(c) >> 4U];
      *out++ = kHex[static_cast<unsigned char>(c) & 15U];
    } else {
      *out++ = c;
    }
  }
  *out++ = '"';
  arena.shrink(out);
  return {begin, static_cast<std::size_t>(out - begin)};
}

bool escapes_are_valid(std::string_view raw) {
  return for_each_piece(
      raw, [](std::string_view) {}, [](std::uint32_t) {});
}

bool has_escaped_nul(std::string_view json) {
  for (std::size_t at = json.find('\\'); at != std::string_view::npos; at = json.find('\\', at + 2)) {
    if (json.substr(at, 6) == "\\u0000") {
      return true;
    }
  }
  return false;
}

bool numeric_can_hold(std::string_view token) {
  if (token_magnitude(token) >= kMostIntegerDigits) {
    return false;
  }
  const std::string_view mantissa = token.substr(0, token.find_first_of("eE"));
  const std::size_t point = mantissa.find('.');
  const auto digits = static_cast<std::int64_t>(point == std::string_view::npos ? 0 : mantissa.size() - point - 1);
  return digits - written_exponent(token) <= kMostFractionDigits;
}

bool numerics_can_hold(std::string_view json) {
  while (!json.empty()) {
    if (json[0] == '"') {
      json = behind_string(json);
      continue;
    }
    const std::size_t length = number_token_length(json);
    if (length > 0 && !numeric_can_hold(json.substr(0, length))) {
      return false;
    }
    json.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return true;
}

} // namespace millrace::dsl
