// Lookups: their entries, or the rows of their CSV files, as values of the types that they declare.
#pragma once

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// Fills Program::lookups and LookupInfo::index. One that is not whole is poisoned, and there with what is known of it.
void declare_lookups(Context& context);

} // namespace millrace::dsl::check
