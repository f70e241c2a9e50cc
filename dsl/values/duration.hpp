// Lengths of time as microseconds within 64 bits: their text form and the literals of the rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::dsl {

/// `1h30m`, `-5s`, `250us`: parts of w, d, h, m, s, ms and us, the largest unit first and each at most once.
std::optional<std::int64_t> parse_duration(std::string_view text);

/// A literal of the rules: one part without a sign, in w, d, h, m, s or ms.
std::optional<std::int64_t> parse_duration_literal(std::string_view token);

/// Writes the parts that are not zero, the largest unit first; `0s` for none. At most kDurationSize characters.
inline constexpr std::size_t kDurationSize = 40;
char* write_duration(char* out, std::int64_t micros);

} // namespace millrace::dsl
