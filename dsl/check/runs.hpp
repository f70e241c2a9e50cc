// Rules in a row that differ in one value: most of "10,000 rules" are one rule and a list or a `lookup`.
#pragma once

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// Warns of them and offers the one rule; only for a program that has no errors.
void warn_of_runs(Context& context);

} // namespace millrace::dsl::check
