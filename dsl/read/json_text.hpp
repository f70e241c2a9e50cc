// What stands between the quotes of a JSON string, and between the brackets of a piece of JSON that goes to a column as
// it is.
#pragma once

#include <optional>
#include <string_view>

#include "dsl/values/arena.hpp"

namespace millrace::dsl {

/// The text of a string with escapes, made in the arena; absent if an escape is wrong or a surrogate is alone. The rest
/// of the text has been checked before.
std::optional<std::string_view> unescape(std::string_view raw, Arena& arena);

/// The text as a JSON string with its quotes, made in the arena.
std::string_view quote(std::string_view text, Arena& arena);

/// Whether the escapes of a string are right, without making its text.
bool escapes_are_valid(std::string_view raw);

/// Whether a piece of valid JSON has `\u0000` in one of its strings.
bool has_escaped_nul(std::string_view json);

/// Whether a number token is one that PostgreSQL's numeric, and so jsonb, can hold.
bool numeric_can_hold(std::string_view token);

/// Whether all numbers of a piece of valid JSON are ones that jsonb can hold.
bool numerics_can_hold(std::string_view json);

} // namespace millrace::dsl
