// What workers of one pipeline are built by. A change of the configuration makes the next generation; workers of both
// may run beside each other.
#pragma once

#include <memory>

#include "engine/config/config.hpp"
#include "engine/host/targets.hpp"

namespace millrace::runtime {

struct Generation {
  std::shared_ptr<const config::Pipeline> configured;
  std::shared_ptr<const config::Engine> engine;
  std::shared_ptr<host::Targets> targets; // of the sinks that are configured; shared as long as those are the same
};

// Of the sinks of a pipeline; nothing is named yet.
std::shared_ptr<host::Targets> targets_of(const config::Pipeline& configured);

} // namespace millrace::runtime
