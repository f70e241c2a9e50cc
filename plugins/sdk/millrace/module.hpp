// The one exported symbol of a plugin. At the end of one source file:
//   MILLRACE_MODULE("lines", "1.0.0", millrace::source_plugin<Lines>("lines", "Read lines of a file."))
#pragma once

#include <millrace/plugin.h>

#include <array>
#include <cstddef>

namespace millrace::detail {

template <std::size_t N>
constexpr std::array<const mr_plugin*, N> pointers(const mr_plugin (&plugins)[N]) {
  std::array<const mr_plugin*, N> out{};
  for (std::size_t i = 0; i < N; ++i) {
    out[i] = &plugins[i];
  }
  return out;
}

} // namespace millrace::detail

// name and version are string literals; the rest are plugin tables.
#define MILLRACE_MODULE(name_, version_, ...)                                                                       \
  MR_NOTE(name_ " " version_);                                                                                      \
  namespace {                                                                                                       \
  constexpr ::mr_plugin mr_plugins_[] = {__VA_ARGS__};                                                              \
  constexpr auto mr_plugin_pointers_ = ::millrace::detail::pointers(mr_plugins_);                                   \
  }                                                                                                                 \
  extern "C" {                                                                                                      \
  MR_EXPORT extern const ::mr_module millrace_module_v1;                                                            \
  const ::mr_module millrace_module_v1 = {name_, version_, mr_plugin_pointers_.data(), mr_plugin_pointers_.size()}; \
  }                                                                                                                 \
  static_assert(true, "a semicolon may follow")
