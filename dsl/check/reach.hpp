// Rules that no event can reach.
#pragma once

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// Reports them; only for a program that has no other errors.
void check_reach(Context& context);

} // namespace millrace::dsl::check
