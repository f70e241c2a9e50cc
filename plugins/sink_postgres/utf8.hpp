// What PostgreSQL demands of text before it stores it: valid UTF-8, no zero byte, at most so many characters. No I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::sink_postgres {

// Valid UTF-8 without a zero byte.
bool is_storable_text(std::string_view text) noexcept;

// Whether this byte of valid UTF-8 is the first of a character.
bool begins_character(char byte) noexcept;

// Whether text of `limit` characters can hold it, where spaces past the limit do not count, as in varchar(n).
// `text` is valid UTF-8.
bool fits_characters(std::string_view text, std::size_t limit) noexcept;

enum class JsonEscapes { fine = 1, zero = 2, lone_surrogate = 3 };

// Escapes that are JSON but that jsonb cannot store.
JsonEscapes check_escapes(std::string_view json) noexcept;

// Something storable that a person can still read: what is no UTF-8 becomes U+FFFD, zero bytes too; cut to `limit`
// bytes.
std::string make_storable(std::string_view text, std::size_t limit);

} // namespace millrace::sink_postgres
