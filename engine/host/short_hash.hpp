// Enough of a hash for a person to name the ruleset by, and for `rollback` and `show` to find it.
#pragma once

#include <string>
#include <string_view>

namespace millrace::host {

inline std::string short_hash(std::string_view hash) {
  constexpr std::size_t kEnough = 12;
  return std::string(hash.substr(0, kEnough));
}

} // namespace millrace::host
