// Sizes and durations as people write them: "64MiB", "250ms".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::config {

// "512", "64KiB", "2GiB" in bytes; nothing when it is not one or does not fit.
std::optional<std::int64_t> parse_size(std::string_view text);
// "250ms", "5s", "2m", "1h", "7d" (and "us") in nanoseconds.
std::optional<std::int64_t> parse_duration(std::string_view text);

} // namespace millrace::config
