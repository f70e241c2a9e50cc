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

/// A day of the proleptic Gregorian calendar, from the year 1 on, and days since 1970.
struct Date {
  std::int32_t year;
  std::int32_t month; // from 1
  std::int32_t day;   // from 1
};
std::int64_t days_of(Date date);
Date date_of(std::int64_t days);
int days_in_month(int year, int month);

/// RFC 3339 with an offset; `T` or a space in the middle, seconds may be missing, what follows microseconds is cut off,
/// no second 60.
std::optional<std::int64_t> parse_iso8601(std::string_view text);

/// Any number token, counted in units of `micros_per_unit`, down to the microsecond before it.
std::optional<std::int64_t> parse_unix(std::string_view token, std::int64_t micros_per_unit);

/// Writes `2024-06-10T08:00:00Z`, six digits after the seconds only if there is a fraction. At most kTimestampSize
/// characters.
inline constexpr std::size_t kTimestampSize = 27;
char* write_timestamp(char* out, std::int64_t micros);

/// Writes the day in UTC that the moment lies in: `2024-06-10`, kDateSize characters.
inline constexpr std::size_t kDateSize = 10;
char* write_date(char* out, std::int64_t micros);

/// 0 to 23, in UTC.
int hour_of(std::int64_t micros);

/// The last moment, not after this one, that is a whole number of `step` (above 0) away from 1970; the first of the
/// year 1 where that would lie before it.
std::int64_t truncated(std::int64_t micros, std::int64_t step);

/// The moment that lies `duration` later, or earlier; absent outside the years 1 to 9999.
std::optional<std::int64_t> later(std::int64_t micros, std::int64_t duration);
std::optional<std::int64_t> earlier(std::int64_t micros, std::int64_t duration);

/// Days since 1970 of the day in UTC that the moment lies in.
std::int32_t day_of(std::int64_t micros);

} // namespace millrace::dsl
