// The known name that somebody may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::dsl {

/// The candidate with the fewest typing mistakes between it and `name`; empty if none is near enough.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

} // namespace millrace::dsl
