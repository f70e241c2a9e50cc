// Escapes and holes of text literals.
#include "dsl/syntax/text.hpp"

#include <simdjson.h>

#include <array>
#include <cstdio>

#include "dsl/syntax/lexer.hpp"

namespace millrace::dsl {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0u | (code >> 6));
    put(0x80u | (code & 0x3Fu));
  } else if (code < 0x10000) {
    put(0xE0u | (code >> 12));
    put(0x80u | ((code >> 6) & 0x3Fu));
    put(0x80u | (code & 0x3Fu));
  } else {
    put(0xF0u | (code >> 18));
    put(0x80u | ((code >> 12) & 0x3Fu));
    put(0x80u | ((code >> 6) & 0x3Fu));
    put(0x80u | (code & 0x3Fu));
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Reads `count` hexadecimal digits, or fewer up to `}` when `count` is zero.
struct Hex {
  std::uint32_t code = 0;
  std::size_t digits = 0;
};
Hex read_hex(std::string_view raw, std::size_t at, std::size_t most) {
  Hex hex;
  while (hex.digits < most && at + hex.digits < raw.size() && hex_digit(raw[at + hex.digits]) >= 0) {
    hex.code = hex.code * 16 + static_cast<std::uint32_t>(hex_digit(raw[at + hex.digits]));
    ++hex.digits;
  }
  return hex;
}

bool is_high_surrogate(std::uint32_t code) { return code >= 0xD800 && code < 0xDC00; }
bool is_low_surrogate(std::uint32_t code) { return code >= 0xDC00 && code < 0xE000; }

TextError error_at(std::size_t offset, std::size_t length, std::string what) {
  return {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(length), std::move(what)};
}

/// Decodes escapes one by one; used for whole texts and for the constant parts between holes.
class Escapes {
 public:
  explicit Escapes(std::string_view raw) : raw_(raw) {}

  /// Appends what the escape at `at` (a backslash) stands for; returns the bytes it took, 0 for an error.
  std::size_t append(std::size_t at, std::string& out) {
    const char kind = at + 1 < raw_.size() ? raw_[at + 1] : '\0';
    constexpr std::string_view kNames = "\"\\/bfnrt{}";
    constexpr std::string_view kMeans = "\"\\/\b\f\n\r\t{}";
    if (const std::size_t found = kNames.find(kind); kind != '\0' && found != std::string_view::npos) {
      out.push_back(kMeans[found]);
      return 2;
    }
    if (kind == 'u') {
      return append_unicode(at, out);
    }
    error_ = error_at(at, 2, "no such escape; a text knows \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\{ \\} \\u{…}");
    return 0;
  }

  const TextError& error() const { return error_; }

 private:
  std::size_t append_unicode(std::size_t at, std::string& out) {
    if (at + 2 < raw_.size() && raw_[at + 2] == '{') {
      const Hex hex = read_hex(raw_, at + 3, 6);
      const std::size_t close = at + 3 + hex.digits;
      const bool closed = close < raw_.size() && raw_[close] == '}';
      if (hex.digits == 0 || !closed || !is_scalar(hex.code)) {
        return fail(at, "`\\u{…}` takes one to six hexadecimal digits of a Unicode character");
      }
      append_utf8(out, hex.code);
      return close + 1 - at;
    }
    const Hex hex = read_hex(raw_, at + 2, 4);
    if (hex.digits < 4) {
      return fail(at, "`\\u` takes four hexadecimal digits, or any number of them in braces");
    }
    if (!is_high_surrogate(hex.code)) {
      return is_low_surrogate(hex.code) ? fail(at, "half of a surrogate pair") : (append_utf8(out, hex.code), 6);
    }
    const bool has_pair = raw_.substr(at + 6, 2) == "\\u";
    const Hex low = has_pair ? read_hex(raw_, at + 8, 4) : Hex{};
    if (low.digits < 4 || !is_low_surrogate(low.code)) {
      return fail(at, "half of a surrogate pair");
    }
    append_utf8(out, 0x10000 + ((hex.code - 0xD800) << 10) + (low.code - 0xDC00));
    return 12;
  }

  static bool is_scalar(std::uint32_t code) { return code <= 0x10FFFF && !(code >= 0xD800 && code < 0xE000); }

  std::size_t fail(std::size_t at, std::string what) {
    error_ = error_at(at, 2, std::move(what));
    return 0;
  }

  std::string_view raw_;
  TextError error_;
};

/// Steps of `a.b`, whose text begins at `begin` in the raw text.
std::variant<Hole, TextError> read_hole(const ast::Text& text, std::size_t begin, std::size_t end) {
  const auto base = text.span.begin + 1;
  const auto span = [&](std::size_t from, std::size_t to) {
    return Span{text.span.file, static_cast<std::uint32_t>(base + from), static_cast<std::uint32_t>(base + to)};
  };
  Hole hole{{}, span(begin, end)};
  const std::string_view raw = text.raw;
  for (std::size_t at = begin; at <= end;) {
    const bool quoted = at < end && raw[at] == '`';
    std::size_t stop = at + (quoted ? 1 : 0);
    while (stop < end && (quoted ? raw[stop] != '`' : is_word_char(raw[stop]))) {
      ++stop;
    }
    const std::size_t name_begin = at + (quoted ? 1 : 0);
    const std::size_t next = stop + (quoted ? 1 : 0);
    const bool named = stop > name_begin && (quoted ? stop < end : is_word_begin(raw[name_begin]));
    if (!named || (next < end && raw[next] != '.')) {
      return error_at(begin - 1, end - begin + 2, "a hole holds a field or def, like `{device.os}`; a brace is `{{`");
    }
    hole.steps.push_back({ast::Step::Kind::name, raw.substr(name_begin, stop - name_begin), span(at, next)});
    at = next + 1;
    if (next == end) {
      break;
    }
  }
  return hole;
}

} // namespace

std::variant<std::string, TextError> decode_text(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  Escapes escapes(raw);
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] != '\\') {
      out.push_back(raw[at++]);
      continue;
    }
    const std::size_t taken = escapes.append(at, out);
    if (taken == 0) {
      return escapes.error();
    }
    at += taken;
  }
  return out;
}

std::variant<std::vector<TextPart>, TextError> split_holes(const ast::Text& text) {
  const std::string_view raw = text.raw;
  std::vector<TextPart> parts;
  std::string constant;
  Escapes escapes(raw);
  for (std::size_t at = 0; at < raw.size();) {
    const char c = raw[at];
    if (c == '\\') {
      const std::size_t taken = escapes.append(at, constant);
      if (taken == 0) {
        return escapes.error();
      }
      at += taken;
    } else if ((c == '{' || c == '}') && at + 1 < raw.size() && raw[at + 1] == c) {
      constant.push_back(c);
      at += 2;
    } else if (c == '}') {
      return error_at(at, 1, "this `}` closes no hole; a brace is `}}`");
    } else if (c == '{') {
      const std::size_t close = raw.find('}', at);
      if (close == std::string_view::npos) {
        return error_at(at, 1, "this hole is not closed; a brace is `{{`");
      }
      auto hole = read_hole(text, at + 1, close);
      if (auto* error = std::get_if<TextError>(&hole)) {
        return *error;
      }
      if (!constant.empty()) {
        parts.emplace_back(std::move(constant));
        constant.clear();
      }
      parts.emplace_back(std::move(std::get<Hole>(hole)));
      at = close + 1;
    } else {
      constant.push_back(c);
      ++at;
    }
  }
  if (!constant.empty() || parts.empty()) {
    parts.emplace_back(std::move(constant));
  }
  return parts;
}

bool looks_like_hole(std::string_view raw) {
  for (std::size_t at = raw.find('{'); at != std::string_view::npos; at = raw.find('{', at + 1)) {
    std::size_t end = at + 1;
    while (end < raw.size() && (is_word_char(raw[end]) || raw[end] == '.')) {
      ++end;
    }
    const bool escaped = at > 0 && (raw[at - 1] == '\\' || raw[at - 1] == 'u');
    if (!escaped && end > at + 1 && end < raw.size() && raw[end] == '}' && is_word_begin(raw[at + 1])) {
      return true;
    }
  }
  return false;
}

std::string quote_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          std::array<char, 8> code{};
          std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
          out += code.data();
        } else {
          out.push_back(c);
        }
    }
  }
  return out += '"';
}

/// Halving finds the place; the check itself is simdjson's.
std::optional<std::uint32_t> first_bad_utf8(std::string_view text) {
  if (simdjson::validate_utf8(text.data(), text.size())) {
    return std::nullopt;
  }
  std::size_t good = 0;          // bytes from the start that are known to be fine, but for a character cut off
  std::size_t bad = text.size(); // and those known not to be
  while (bad - good > 1) {
    const std::size_t middle = good + (bad - good) / 2;
    std::size_t end = middle;
    while (end > 0 && middle - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) {
      --end;
    }
    (simdjson::validate_utf8(text.data(), end) ? good : bad) = middle;
  }
  return static_cast<std::uint32_t>(good);
}

} // namespace millrace::dsl
