// Rules files on disk as a compiled, tested ruleset. All workers of a process that read the same bytes share one.
#pragma once

#include <memory>
#include <millrace/host.hpp>
#include <string>

#include "dsl/ruleset.hpp"

namespace millrace::router_rules {

// Reads the file and what it imports, compiles, and runs the tests that stand in them unless told not to. Every
// diagnostic goes to the host. Throws invalid() with the number of errors and the first one.
std::shared_ptr<const dsl::Ruleset> load_rules(const Host& host, const std::string& file, bool run_tests);

} // namespace millrace::router_rules
