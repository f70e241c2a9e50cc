// Letters without their case: what `ignoring case` compares, and `lower` and `upper`. One character becomes one, by the
// simple mappings of Unicode, whatever the language of the text.
#pragma once

#include <string>
#include <string_view>

#include "dsl/values/arena.hpp"

namespace millrace::dsl {

/// The text, which is valid UTF-8, made in the arena unless it is as it would become.
std::string_view fold(std::string_view text, Arena& arena);
std::string_view lower(std::string_view text, Arena& arena);
std::string_view upper(std::string_view text, Arena& arena);

/// For texts of the rules.
std::string folded(std::string_view text);

} // namespace millrace::dsl
