// Tables: what of a topic's events becomes a row, and how rows meet rows of the same key.
#pragma once

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// Checks every table and adds it to the program.
void check_tables(Context& context);

} // namespace millrace::dsl::check
