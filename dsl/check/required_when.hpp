// `required when`: a field that another one makes required.
#pragma once

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// Fills Field::required_when of the event's fields. The shape is complete, and all constants are declared.
void check_required_when(Context& context, EventInfo& event);

} // namespace millrace::dsl::check
