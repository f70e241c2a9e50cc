// Telling encodings apart by their first bytes, and by where the NULs are.
#include "dsl/syntax/no_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "dsl/syntax/text.hpp"

namespace millrace::dsl {
namespace {

constexpr std::size_t kLookedAt = 4096; // bytes in which NULs are counted

std::string hexadecimal(char byte) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%02X", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  return text.data();
}

/// Every other byte of a text of Latin letters in UTF-16 is zero.
bool looks_like_utf16(std::string_view text) {
  const std::string_view begin = text.substr(0, kLookedAt);
  std::array<std::size_t, 2> zeros{};
  for (std::size_t i = 0; i < begin.size(); ++i) {
    zeros[i % 2] += begin[i] == '\0' ? 1 : 0;
  }
  const auto [few, many] = std::minmax(zeros[0], zeros[1]);
  return many * 10 > begin.size() * 4 && few * 10 < begin.size();
}

NoText in_encoding(const std::string& name) {
  return {0, "this file is " + name + ", not UTF-8", "its first byte",
          "save the file as UTF-8, or convert it: `iconv -f " + name + " -t UTF-8`"};
}

} // namespace

std::optional<NoText> other_encoding(std::string_view text) {
  using namespace std::string_view_literals;
  if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv)) {
    return in_encoding("UTF-32");
  }
  if (text.starts_with("\xFF\xFE"sv) || text.starts_with("\xFE\xFF"sv) || looks_like_utf16(text)) {
    return in_encoding("UTF-16");
  }
  if (text.starts_with("\x1F\x8B"sv)) {
    return NoText{0, "this file is compressed by gzip", "its first byte", "unpack it: `gunzip`"};
  }
  if (text.starts_with("\x28\xB5\x2F\xFD"sv)) {
    return NoText{0, "this file is compressed by zstd", "its first byte", "unpack it: `unzstd`"};
  }
  return std::nullopt;
}

std::optional<NoText> first_no_text(std::string_view text) {
  if (auto known = other_encoding(text)) {
    return known;
  }
  const auto bad = first_bad_utf8(text);
  const std::size_t zero = text.find('\0');
  if (zero != std::string_view::npos && (!bad || zero < *bad)) {
    return NoText{static_cast<std::uint32_t>(zero),
                  "this file is no text: byte " + std::to_string(zero + 1) + " is zero", "a zero byte",
                  "name a file of text, in UTF-8"};
  }
  if (!bad) {
    return std::nullopt;
  }
  const bool latin = static_cast<unsigned char>(text[*bad]) >= 0xA0;
  return NoText{*bad, "this file is not UTF-8: byte " + std::to_string(*bad + 1) + " is " + hexadecimal(text[*bad]),
                "a byte that belongs to no character",
                std::string("save the file as UTF-8") +
                    (latin ? "; if it is Latin-1 or Windows-1252: `iconv -f WINDOWS-1252 -t UTF-8`" : "")};
}

} // namespace millrace::dsl
