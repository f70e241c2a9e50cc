// What differs between two texts, as a unified diff.
#pragma once

#include <string>
#include <string_view>

#include "dsl/diagnostic/colour.hpp"

namespace millrace::cli {

// Empty if they are the same. Lines that stand once in each text are what the rest is lined up by, so that it takes
// about as long as sorting the lines does, however much differs.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after,
                         dsl::Colours colours = dsl::Colours::off);

} // namespace millrace::cli
