// What differs between two configurations, setting by setting and instance by instance. Values are not named: some are
// secrets.
#pragma once

#include <string>
#include <vector>

#include "engine/config/config.hpp"

namespace millrace::config {

// "memory of [engine]", "workers of pipeline 'ingest'", "sink.kafka of pipeline 'ingest'", "sink.file of pipeline
// 'ingest' (new)", "pipeline 'load' (gone)"; in the order of the files. Empty: they do the same.
std::vector<std::string> differences(const Config& before, const Config& after);

} // namespace millrace::config
