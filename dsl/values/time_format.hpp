// Moments written in a form of the user's own: the formats of `parse_time`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::dsl {

/// Where in the format a `%` stands that begins none of `%Y %m %d %H %M %S %f %z %b %j %%`; absent for a good format.
std::optional<std::size_t> bad_directive(std::string_view format);

/// Microseconds since 1970 in UTC. Every number has its full width, `%f` six digits; `%b` is the English name of the
/// month in three letters of any case, `%z` is `Z`, `+0200` or `+02:00`. What the format does not say is that of
/// 1970-01-01T00:00:00Z. Absent where the text does not fit the format, or there is no such day, or it lies outside the
/// years 1 to 9999.
std::optional<std::int64_t> parse_time(std::string_view text, std::string_view format);

} // namespace millrace::dsl
