// Rules files as a compiled, tested ruleset: from disk, or from their texts as they were. All workers of a process that
// read the same bytes share one.
#pragma once

#include <cstdint>
#include <memory>
#include <millrace/host.hpp>
#include <string>
#include <utility>
#include <vector>

#include "dsl/ruleset.hpp"

namespace millrace::router_rules {

/// Name and text, the root first; of lookups and tests too.
using Files = std::vector<std::pair<std::string, std::string>>;

struct LoadedRules {
  std::shared_ptr<const dsl::Ruleset> ruleset;
  std::shared_ptr<const Files> files;
  std::vector<std::pair<const char*, std::int64_t>> steps; // "read", "compile", "test"; nanoseconds
};

// Reads the file and what it imports, compiles, and runs the tests that stand in them unless told not to. Every
// diagnostic goes to the host. Throws invalid() with the number of errors and the first one, also where a file keeps
// changing while it is read.
LoadedRules load_rules(const Host& host, const std::string& file, bool run_tests);

// The same of files as they were; nothing on disk is looked at.
LoadedRules load_rules(const Host& host, Files files, bool run_tests);

} // namespace millrace::router_rules
