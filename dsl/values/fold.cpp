#include "dsl/values/fold.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

namespace millrace::dsl {
namespace {

/// `ascii` maps the characters below 128, `any` all of them.
template <typename Ascii, typename Any>
std::string_view mapped(std::string_view text, Arena& arena, Ascii ascii, Any any) {
  const auto changes = [&](char c) { return static_cast<unsigned char>(c) >= 0x80 || ascii(c) != c; };
  const auto first = std::find_if(text.begin(), text.end(), changes);
  if (first == text.end()) {
    return text;
  }
  // A character of two bytes may become one of three; those of one byte stay that.
  char* const begin = arena.allocate(text.size() * 2);
  char* out = std::copy(text.begin(), first, begin);
  for (auto i = static_cast<std::size_t>(first - text.begin()); i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      *out++ = ascii(text[i++]);
      continue;
    }
    UChar32 code = 0;
    U8_NEXT_UNSAFE(text.data(), i, code);
    code = any(code);
    std::size_t length = 0;
    U8_APPEND_UNSAFE(out, length, code);
    out += length;
  }
  arena.shrink(out);
  return {begin, static_cast<std::size_t>(out - begin)};
}

char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
char upper_ascii(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; }

} // namespace

std::string_view fold(std::string_view text, Arena& arena) {
  return mapped(text, arena, lower_ascii, [](UChar32 code) { return u_foldCase(code, U_FOLD_CASE_DEFAULT); });
}

std::string_view lower(std::string_view text, Arena& arena) { return mapped(text, arena, lower_ascii, u_tolower); }

std::string_view upper(std::string_view text, Arena& arena) { return mapped(text, arena, upper_ascii, u_toupper); }

std::string folded(std::string_view text) {
  Arena arena;
  return std::string(fold(text, arena));
}

} // namespace millrace::dsl
