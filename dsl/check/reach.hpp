// Rules that no event can reach, and rules that are dear to find.
#pragma once

#include "dsl/check/context.hpp"
#include "dsl/index/cost.hpp"

namespace millrace::dsl::check {

/// Reports them; only for a program that has no other errors.
void check_reach(Context& context);

/// Warns of rules that are asked one after the other, where they are many.
void warn_of_crowds(Context& context, const std::vector<RouterCost>& costs);

} // namespace millrace::dsl::check
