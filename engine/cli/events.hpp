// Events of a file or of standard input, one a line, for the commands that look at samples.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "engine/cli/command.hpp"

namespace millrace::cli {

// Calls `each` with every event and the line that it begins on, counted from one. Events are lines, of which blank ones
// are left out; but where the first line opens an object that it does not close, and the next one begins none, the
// whole is one event. Throws UsageError when `name` cannot be read; "-" is standard input.
void for_each_event(const std::string& name, const std::function<void(std::string_view event, std::size_t line)>& each);

} // namespace millrace::cli
