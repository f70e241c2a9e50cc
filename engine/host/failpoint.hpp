// Named places at which a test ends the process as a loss of power would. MILLRACE_FAILPOINT=NAME in the environment
// picks one, NAME:3 its third passing; without it a place costs a look at a string that is empty.
#pragma once

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace millrace::host {

// [any]
inline void failpoint(std::string_view name) {
  static const std::string wanted = [] {
    const char* const text = std::getenv("MILLRACE_FAILPOINT");
    return std::string(text == nullptr ? "" : text);
  }();
  if (wanted.empty() || wanted.substr(0, wanted.find(':')) != name) {
    return;
  }
  static std::atomic<int> passings = 0;
  const std::size_t colon = wanted.find(':');
  if (++passings >= (colon == std::string::npos ? 1 : std::atoi(wanted.c_str() + colon + 1))) {
    std::raise(SIGKILL);
  }
}

} // namespace millrace::host
