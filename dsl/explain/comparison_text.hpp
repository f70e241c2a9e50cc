// A comparison of two rulesets in words, and as JSON for programs. docs/rules/tools.md has its members.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "dsl/diagnostic/colour.hpp"
#include "dsl/explain/comparison.hpp"

namespace millrace::dsl {

/// Where an event stands, of the number that add() was given; none: that is its line.
using PlaceText = std::function<std::string(std::size_t number)>;

/// Several lines: how many events changed, then each change with how many and the first of them. The most frequent
/// first.
std::string text_of(const Comparison& comparison, Colours colours = Colours::off, const PlaceText& place = {});
/// One object, without a line end. `members` are those that say the place.
std::string json_of(const Comparison& comparison, const PlaceText& members = {});

} // namespace millrace::dsl
