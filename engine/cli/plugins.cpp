#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>

#include "engine/cli/command.hpp"
#include "engine/cli/live.hpp"
#include "engine/cli/plugin_folders.hpp"
#include "engine/config/declarations.hpp"
#include "engine/modules/validate.hpp"

namespace millrace::cli {
namespace {

std::string row(const modules::Plugin& plugin, std::size_t name_width, std::size_t version_width) {
  return fmt::format("{:<6}  {:<{}}  {:<{}}  {}\n{:8}{}\n", modules::kind_word(plugin.table->kind), plugin.table->name,
                     name_width, plugin.module->version, version_width, plugin.table->doc, "", plugin.file.string());
}

// False: there were some.
bool show_mistakes(const modules::Catalogue& catalogue, const Console& console) {
  bool none = true;
  for (const modules::Plugin& plugin : catalogue.plugins()) {
    for (const std::string& mistake :
         config::declaration_mistakes(std::span(plugin.table->fields, plugin.table->field_count))) {
      console.err << fmt::format("{} {} declares a setting wrong: {}\n", modules::kind_word(plugin.table->kind),
                                 plugin.title(), mistake);
      none = false;
    }
  }
  return none;
}

ExitCode list(const PluginFolders& folders, const Console& console) {
  const modules::Catalogue catalogue = load_plugins(folders, console);
  std::size_t name_width = 0;
  std::size_t version_width = 0;
  for (const modules::Plugin& plugin : catalogue.plugins()) {
    name_width = std::max(name_width, std::string_view(plugin.table->name).size());
    version_width = std::max(version_width, std::string_view(plugin.module->version).size());
  }
  for (const modules::Plugin& plugin : catalogue.plugins()) {
    console.out << row(plugin, name_width, version_width);
  }
  for (const modules::Plugin& plugin : catalogue.hidden()) {
    console.out << fmt::format("hidden: {} {} in {}; another one of that name stands before it\n",
                               modules::kind_word(plugin.table->kind), plugin.title(), plugin.file.string());
  }
  for (const modules::Refusal& refusal : catalogue.refused()) {
    console.err << "refused: " << refusal.text << "\n";
  }
  if (catalogue.plugins().empty() && catalogue.refused().empty()) {
    console.err << "there are no plugins; name their folder with --plugins\n";
    return ExitCode::kPlugin;
  }
  const bool declared_well = show_mistakes(catalogue, console);
  return catalogue.refused().empty() && declared_well ? ExitCode::kOk : ExitCode::kPlugin;
}

} // namespace

void add_plugins(CLI::App& app, Chosen& chosen) {
  CLI::App* const plugins = app.add_subcommand("plugins", "What can be plugged in");
  plugins->require_subcommand(1);
  plugins->footer("Example: millrace plugins list");
  CLI::App* const command = plugins->add_subcommand("list", "List the plugins: kind, name, version, what for, file");
  const auto folders = std::make_shared<PluginFolders>();
  add_plugin_options(*command, *folders);
  command->footer(
      "Example: millrace plugins list\n"
      "         millrace plugins list --plugins build/plugins --plugins /usr/lib/millrace/plugins");
  command->callback(
      [&chosen, folders] { chosen = [folders](const Console& console) { return list(*folders, console); }; });
  CLI::App* const upgrade =
      plugins->add_subcommand("upgrade", "Ask the running engine to go over to the newest version of a plugin");
  const auto live = std::make_shared<Live>();
  const auto name = std::make_shared<std::string>();
  add_live_options(*upgrade, *live);
  upgrade
      ->add_option("NAME", *name,
                   "The plugin: its name, its kind and name (sink.kafka), or its module's or file's name")
      ->check(not_empty())
      ->required();
  upgrade->footer("Example: cp sink_kafka-1.1.0.so /usr/lib/millrace/plugins/ && millrace plugins upgrade sink.kafka");
  upgrade->callback([&chosen, live, name] {
    chosen = [live, name](const Console& console) {
      return change(*live, path_of("/upgrade/", *name), "the engine goes over, worker by worker", console);
    };
  });
}

} // namespace millrace::cli
