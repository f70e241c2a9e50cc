// What `check` and `apply` stand on: the configuration, read and whole, and the services of a host.
#pragma once

#include <string>

#include "engine/cli/command.hpp"
#include "engine/cli/rehearsal.hpp"
#include "engine/config/config.hpp"
#include "engine/host/clock.hpp"
#include "engine/host/instance_host.hpp"

namespace millrace::cli {

class Stage {
 public:
  // Throws config::ConfigError.
  Stage(const std::string& file, const Console& console);

  const config::Config& config() const { return config_; }
  const host::Clock& clock() const { return clock_; }
  host::Services services() const { return {clock_, log_, metrics_}; }
  // Of an instance that is asked a question: what it has to say is in its answer, and what a client library logs on the
  // way says it again.
  host::Services services_of_the_asked() const { return {clock_, errors_, metrics_}; }

 private:
  config::Config config_;
  host::SystemClock clock_;
  mutable host::Log log_;
  mutable host::Log errors_;
  mutable host::Metrics metrics_;
};

// What a router shows is laid out by its plugin, which knows of no terminal: what kind it is has its colour, no more.
std::string painted(const host::Diagnostic& diagnostic, dsl::Colours colours);

// Prints what the instances and the router's rules have against the pipeline, and answers what that means, as
// code_of().
ExitCode show(const Rehearsal& rehearsal, const Console& console);

// What it means that they have something against it, or nothing.
ExitCode code_of(const Rehearsal& rehearsal);

// What an answer of check/1 or apply/1 means.
ExitCode code_of(const modules::Answer& answer);

} // namespace millrace::cli
