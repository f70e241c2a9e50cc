// Where the events stand in a body: one JSON value, the elements of an array, or lines. Looks at structure only
// (strings, brackets, commas): whether an event is good JSON is for the rules to say, so that one broken event does not
// cost the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::source_http {

enum class BodyKind : std::uint8_t {
  kSniff = 1, // no content type that says it
  kJson = 2,
  kLines = 3
};

struct Split {
  std::vector<std::string_view> events; // into the body
  std::string wrong;                    // not empty: it cannot be taken apart, and why
};

// Appends to `out.events` (which the caller clears, to use its memory again). Stops past `most` events, so that a
// caller sees that there are more. An event may be empty ("[1,,2]"): the rules refuse it with its own place in the
// answer.
void split_body(BodyKind kind, std::string_view body, std::size_t most, Split& out);

} // namespace millrace::source_http
