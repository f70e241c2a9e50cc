// Reading the configuration of an engine that runs once more: what runs keeps its plugins, whatever lies in the folders
// by now.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/config/config.hpp"

namespace millrace::config {

// There is no newer version to go over to. what() says what there is and where a newer one belongs.
class NothingNewer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A plugin file was written over while it is loaded. what() says which and what to do.
class WrittenOver : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `upgrade` names plugins of which the newest is taken: "kafka", "sink.kafka", or the name of a module; empty: none.
// Throws ConfigError, NothingNewer and WrittenOver. `executable` as of load.
Config load_again(const Config& running, const std::string& upgrade, const std::filesystem::path& executable);

// A sentence for each plugin file that runs and that another one has taken the place of since it was loaded.
std::vector<std::string> replaced_files(const Config& running, const Config& read);

} // namespace millrace::config
