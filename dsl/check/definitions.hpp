// Definitions that nothing uses: they are checked too, and flagged.
#pragma once

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// Call it when all uses have been checked.
void check_unused(Context& context);

} // namespace millrace::dsl::check
