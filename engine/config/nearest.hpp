// "did you mean": the known name that a mistyped one is nearest to.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace::config {

// Nothing when none is near: further than a third of its letters (at least one, at most three edits) is a guess and no
// help. An exchange of two neighbours counts as one edit.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> known);

// Goes on after "there is no 'x'": "; did you mean 'y'?", or `otherwise` where none is near.
std::string did_you_mean(std::string_view name, std::span<const std::string> known, std::string_view otherwise = ".");

} // namespace millrace::config
