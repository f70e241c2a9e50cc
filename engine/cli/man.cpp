// `millrace man`.
#include "engine/cli/man.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "engine/cli/command.hpp"
#include "engine/config/nearest.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::vector<std::string> command;
  std::string into;
};

ExitCode write_all(const DeclaredCommand& all, const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  for (const DeclaredCommand* command : with_all_below(all)) {
    const std::filesystem::path file = folder / (command->page() + ".1");
    errno = 0;
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << man_page(*command, all) << std::flush;
    if (!out) {
      throw UsageError(fmt::format("--into: {} cannot be written: {}", file.string(), std::strerror(errno)));
    }
  }
  return ExitCode::kOk;
}

// "plugins list" and "plugins-list" are the same page.
ExitCode print(const DeclaredCommand& all, const Options& options, const Console& console) {
  const std::string wanted = fmt::format("{}", fmt::join(options.command, "-"));
  std::vector<std::string> known;
  for (const DeclaredCommand* command : with_all_below(all)) {
    const std::string name = command == &all ? "" : command->page().substr(all.page().size() + 1);
    if (name == wanted) {
      console.out << man_page(*command, all);
      return ExitCode::kOk;
    }
    known.push_back(name);
  }
  throw UsageError(fmt::format("there is no command '{}', and so no page of it{}", fmt::join(options.command, " "),
                               config::did_you_mean(wanted, known, "; `millrace --help` lists the commands")));
}

} // namespace

void add_man(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand("man", "Print the manual page of a command, or of all of them");
  const auto options = std::make_shared<Options>();
  CLI::Option* const name =
      command->add_option("COMMAND", options->command, "Whose page; without one that of millrace");
  command->add_option("--into", options->into, "Write every page into this folder, as man(1) finds them there")
      ->type_name("FOLDER")
      ->excludes(name);
  command->footer(
      "Example: millrace man check | man -l -\n"
      "         millrace man --into /usr/local/share/man/man1");
  command->callback([&app, &chosen, options] {
    chosen = [&app, options](const Console& console) {
      const DeclaredCommand all = declared(app);
      return options->into.empty() ? print(all, *options, console) : write_all(all, options->into);
    };
  });
}

} // namespace millrace::cli
