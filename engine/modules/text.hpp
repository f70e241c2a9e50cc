// Texts as the contract has them and as we do, there and back. An absent one is empty.
#pragma once

#include <millrace/plugin.h>

#include <string>
#include <string_view>

namespace millrace::modules {

inline std::string_view view(mr_str text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}
inline std::string copy(mr_str text) { return std::string(view(text)); }
// Valid as long as `text` is.
inline mr_str str(std::string_view text) { return {text.data(), text.size()}; }

} // namespace millrace::modules
