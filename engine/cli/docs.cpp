#include <memory>

#include "engine/cli/command.hpp"
#include "engine/cli/plugin_folders.hpp"
#include "engine/config/reference.hpp"

namespace millrace::cli {
namespace {

ExitCode configuration(const PluginFolders& folders, const Console& console) {
  const modules::Catalogue catalogue = load_plugins(folders, console);
  for (const modules::Refusal& refusal : catalogue.refused()) {
    console.err << "refused: " << refusal.text << "\n";
  }
  console.out << config::reference(catalogue);
  return catalogue.refused().empty() ? ExitCode::kOk : ExitCode::kPlugin;
}

} // namespace

void add_docs(CLI::App& app, Chosen& chosen) {
  CLI::App* const docs = app.add_subcommand("docs", "Reference pages, made from the declarations");
  docs->require_subcommand(1);
  docs->footer("Example: millrace docs configuration > configuration.md");
  CLI::App* const command =
      docs->add_subcommand("configuration", "Every setting of the engine and of the plugins, as Markdown");
  const auto folders = std::make_shared<PluginFolders>();
  add_plugin_options(*command, *folders);
  command->footer("Example: millrace docs configuration --plugins build/release/plugins > configuration.md");
  command->callback(
      [&chosen, folders] { chosen = [folders](const Console& console) { return configuration(*folders, console); }; });
}

} // namespace millrace::cli
