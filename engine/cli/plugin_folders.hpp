// Which plugin folders a command looks into: those it was given, else those of the configuration, else the default
// ones.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/cli/command.hpp"
#include "engine/modules/catalogue.hpp"

namespace millrace::cli {

struct PluginFolders {
  std::vector<std::string> given;
  std::string config; // empty: no configuration is looked at
};

void add_plugin_options(CLI::App& command, PluginFolders& folders);

// Throws config::ConfigError when the configuration cannot be read.
modules::Catalogue load_plugins(const PluginFolders& folders, const Console& console);

} // namespace millrace::cli
