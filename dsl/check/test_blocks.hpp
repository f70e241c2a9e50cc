// `test` blocks: that what they speak of is there. They are run by testing.hpp.
#pragma once

#include "dsl/check/context.hpp"
#include "dsl/ruleset.hpp"

namespace millrace::dsl::check {

/// Call it after routers and tables are in the program.
std::vector<TestCase> check_tests(Context& context);

} // namespace millrace::dsl::check
