// What makes a file no text of UTF-8, and which encoding it is probably in. Knows nothing of the language.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::dsl {

/// The byte order mark that some editors write in front of UTF-8; it is no part of the text.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct NoText {
  std::uint32_t at = 0; // byte
  std::string what;
  std::string there; // what stands at the byte
  std::string way_out;
};

/// What the first bytes of a file say of it: that it is in another encoding, or compressed.
std::optional<NoText> other_encoding(std::string_view beginning);

/// Nothing if it is UTF-8 without NUL.
std::optional<NoText> first_no_text(std::string_view text);

} // namespace millrace::dsl
