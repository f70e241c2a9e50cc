// Colours of a text for a terminal. Whoever prints knows whether it is one; nothing here looks.
#pragma once

#include <string>
#include <string_view>

namespace millrace::dsl {

enum class Colours { off, on };

/// What a part of a text is.
enum class Tone {
  error,
  warning,
  help,
  headline,
  frame, // line numbers and what leads to a place
  removed,
  added,
};

/// The text as it is, where colours are off.
std::string painted(Tone tone, std::string_view text, Colours colours);

} // namespace millrace::dsl
