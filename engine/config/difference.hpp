// What differs between two configurations, setting by setting and instance by instance, and what of it takes a restart.
// Values are not named: some are secrets.
#pragma once

#include <string>
#include <vector>

#include "engine/config/config.hpp"

namespace millrace::config {

struct Difference {
  // "memory of [engine]", "workers of pipeline 'ingest'", "sink.kafka of pipeline 'ingest'", "sink.file of pipeline
  // 'ingest' (new)", "pipeline 'load' (gone)"
  std::string text;
  std::string restart = {}; // why it cannot be changed while the engine runs; empty: it can
};

// In the order of the files. Empty: they do the same.
std::vector<Difference> differences(const Config& before, const Config& after);

// `after` as far as a running engine can take it: what takes a restart is as it was.
Engine without_restart(const Engine& before, const Engine& after);

} // namespace millrace::config
