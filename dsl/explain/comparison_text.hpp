// A comparison of two rulesets in words, and as JSON for programs. docs/rules/tools.md has its members.
#pragma once

#include <string>

#include "dsl/diagnostic/colour.hpp"
#include "dsl/explain/comparison.hpp"

namespace millrace::dsl {

/// Several lines: how many events changed, then each change with how many and the first of them. The most frequent
/// first.
std::string text_of(const Comparison& comparison, Colours colours = Colours::off);
/// One object, without a line end.
std::string json_of(const Comparison& comparison);

} // namespace millrace::dsl
