// Writing JSON for the tools that read diagnostics.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace millrace::dsl {

inline std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      out += code;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

template <typename Things, typename Each>
std::string json_array(const Things& things, Each each) {
  std::string out = "[";
  for (const auto& thing : things) {
    out += (out.size() > 1 ? "," : "") + each(thing);
  }
  return out + "]";
}

} // namespace millrace::dsl
