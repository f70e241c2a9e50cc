#include "engine/cli/plugin_folders.hpp"

#include "engine/config/config.hpp"

namespace millrace::cli {
namespace {

std::vector<std::filesystem::path> chosen_folders(const PluginFolders& folders, const Console& console) {
  if (!folders.given.empty()) {
    return {folders.given.begin(), folders.given.end()};
  }
  if (!folders.config.empty()) {
    config::Problems problems;
    config::Engine engine = config::Document::read(folders.config).engine(problems);
    if (!problems.empty()) {
      throw config::ConfigError(problems);
    }
    if (!engine.plugins.empty()) {
      return engine.plugins;
    }
  }
  return modules::default_folders(console.executable);
}

} // namespace

void add_plugin_options(CLI::App& command, PluginFolders& folders) {
  command.add_option("--plugins", folders.given, "A folder with plugins; may be repeated")
      ->type_name("FOLDER")
      ->allow_extra_args(false);
  command.add_option("-c,--config", folders.config, "Look into the folders that this configuration names")
      ->type_name("FILE");
}

modules::Catalogue load_plugins(const PluginFolders& folders, const Console& console) {
  return modules::Catalogue::load(chosen_folders(folders, console));
}

} // namespace millrace::cli
