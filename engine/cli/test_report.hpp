// How the results of `test` blocks are told.
#pragma once

#include <vector>

#include "dsl/testing.hpp"
#include "engine/cli/command.hpp"

namespace millrace::cli {

// Each test that failed: what was expected, what was there instead, and the way of its event. Answers how many.
std::size_t tell_failures(const std::vector<dsl::TestResult>& results, const Console& console);

} // namespace millrace::cli
