// Events of a file or of standard input, one a line, for the commands that look at samples.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "engine/cli/command.hpp"

namespace millrace::cli {

// Said where no line of a file is an event.
inline constexpr const char* kHowEventsStand =
    "each stands on a line of its own, as one JSON object (`jq -c '.[]'` makes lines of a JSON list)";

// Calls `each` with every event and the line that it begins on, counted from one. Events are lines, of which blank ones
// are left out; but where the first line opens an object that it does not close, and the next one begins none, the
// whole is one event. Throws UsageError when `name` cannot be read; "-" is standard input.
void for_each_event(const std::string& name, const std::function<void(std::string_view event, std::size_t line)>& each);

} // namespace millrace::cli
