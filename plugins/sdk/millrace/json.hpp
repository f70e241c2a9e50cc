// Text as a JSON string, for plugins that write JSON. Reading it is the rules' business.
#pragma once

#include <string>
#include <string_view>

namespace millrace {

// Appends the text with its quotes. The text is UTF-8: what is not an escape goes through as it is.
inline void append_json_text(std::string_view text, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    } else {
      out += c;
    }
  }
  out += '"';
}

} // namespace millrace
