// Moments as microseconds since 1970 in UTC, within the years 1 to 9999: their text and wire forms.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::dsl {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
inline constexpr std::int64_t kFirstMoment = -62'135'596'800 * kMicrosPerSecond;    // 0001-01-01T00:00:00Z
inline constexpr std::int64_t kLastMoment = 253'402'300'800 * kMicrosPerSecond - 1; // 9999-12-31T23:59:59.999999Z

/// RFC 3339 with an offset; `T` or a space in the middle, seconds may be missing, what follows microseconds is cut off,
/// no second 60.
std::optional<std::int64_t> parse_iso8601(std::string_view text);

/// Any number token, counted in units of `micros_per_unit`, down to the microsecond before it.
std::optional<std::int64_t> parse_unix(std::string_view token, std::int64_t micros_per_unit);

/// Writes `2024-06-10T08:00:00Z`, six digits after the seconds only if there is a fraction. At most kTimestampSize
/// characters.
inline constexpr std::size_t kTimestampSize = 27;
char* write_timestamp(char* out, std::int64_t micros);

/// Days since 1970 of the day in UTC that the moment lies in.
std::int32_t day_of(std::int64_t micros);

} // namespace millrace::dsl
