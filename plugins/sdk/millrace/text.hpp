// Between the contract's text and the standard library's. Views stay as short-lived as what they look at.
#pragma once

#include <millrace/plugin.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {

// An absent text becomes an empty view; where the difference matters ask `present` first.
inline std::string_view view(mr_str text) noexcept { return {text.data, text.size}; }
inline bool present(mr_str text) noexcept { return text.data != nullptr; }

// An empty view is an empty text, never an absent one.
inline mr_str str(std::string_view text) noexcept { return {text.data() != nullptr ? text.data() : "", text.size()}; }
inline constexpr mr_str kAbsent{nullptr, 0};

inline std::string copy(mr_str text) { return std::string(view(text)); }

inline void write_error(mr_error* error, std::string_view text, std::int32_t detail = 0) noexcept {
  if (error == nullptr) {
    return;
  }
  error->detail = detail;
  std::size_t size = text.size() < sizeof error->text ? text.size() : sizeof error->text - 1;
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
    --size; // never cut a UTF-8 character
  }
  text.copy(error->text, size);
  error->text[size] = '\0';
}

} // namespace millrace
