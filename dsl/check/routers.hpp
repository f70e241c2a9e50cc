// Routers: rules, conditions, and what events are delivered as.
#pragma once

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// Checks every router and adds it to the program.
void check_routers(Context& context);

} // namespace millrace::dsl::check
