// Where events enter a ruleset: the options --router and --topic of the commands that look at samples.
#pragma once

#include <cstdint>
#include <string>

#include "dsl/ruleset.hpp"
#include "engine/cli/command.hpp"

namespace millrace::cli {

struct Start {
  std::string router;
  std::string topic;
};

void add_start_options(CLI::App& command, Start& start);

// The router, or dsl::kNone where events begin at a topic. Throws UsageError that names what there is.
dsl::Index start_of(const dsl::Program& program, const Start& start);

// The ruleset, or none and what is wrong with it is told.
std::shared_ptr<const dsl::Ruleset> ruleset_of(const std::string& file, const Console& console);

// Microseconds since 1970, as events that arrive now have it.
std::int64_t arrival();

} // namespace millrace::cli
