#include "engine/cli/mistakes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/cli/declared.hpp"
#include "engine/config/nearest.hpp"

namespace millrace::cli {
namespace {

// "plugins upgrade" for "upgrade"; empty: no command has one of that name below it.
std::string command_below(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands({})) {
    for (const CLI::App* below : command->get_subcommands({})) {
      if (below->get_name() == name) {
        return command->get_name() + " " + name;
      }
    }
  }
  return "";
}

// CLI11 says of a mistyped command, or of one below a command, only that one is required. Empty: none was given, or it
// is known.
std::string unknown_command(const CLI::App& app, std::span<const std::string> arguments) {
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) {
    known.push_back(command->get_name());
  }
  if (known.empty() || arguments.empty() || arguments.front().starts_with('-')) {
    return "";
  }
  const std::string& name = arguments.front();
  if (std::ranges::find(known, name) != known.end()) {
    return unknown_command(*app.get_subcommand(name), arguments.subspan(1));
  }
  const std::string below = command_below(app, name);
  return fmt::format("{}: there is no command '{}'{} Known: {}", app.get_name(), name,
                     below.empty() ? config::did_you_mean(name, known) : fmt::format("; did you mean '{}'?", below),
                     fmt::join(known, ", "));
}

// CLI11 says of a mistyped option only that it was not expected. Empty: there is none.
std::string unknown_option(const CLI::App& app, std::span<const std::string> arguments, const std::string& above = "") {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      known.push_back("--" + name);
    }
  }
  const std::string who = above + app.get_name();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto commands = app.get_subcommands({});
    const auto below = std::ranges::find(commands, arguments[i], [](const CLI::App* each) { return each->get_name(); });
    if (below != commands.end()) {
      return unknown_option(**below, arguments.subspan(i + 1), who + " ");
    }
    const std::string name = arguments[i].substr(0, arguments[i].find('='));
    if (!name.starts_with("--") || name == "--" || std::ranges::find(known, name) != known.end()) {
      continue;
    }
    return fmt::format("{}: there is no option '{}'{} Known: {}", who, name, config::did_you_mean(name, known),
                       fmt::join(known, ", "));
  }
  return "";
}

const DeclaredCommand* named(const std::vector<DeclaredCommand>& commands, const std::string& name) {
  const auto found = std::ranges::find(commands, name, [](const DeclaredCommand& each) { return each.name(); });
  return found == commands.end() ? nullptr : &*found;
}

const DeclaredOption* required(const DeclaredCommand& command, const std::string& name) {
  for (const auto* options : {&command.options, &command.arguments}) {
    for (const DeclaredOption& option : *options) {
      if (option.names.empty() ? option.value == name : std::ranges::find(option.names, name) != option.names.end()) {
        return &option;
      }
    }
  }
  return nullptr;
}

// Of a required option CLI11 says only its name. Empty: nothing is missing. What was given without an option may be
// what is missing.
std::string missing_option(CLI::App& app) {
  const DeclaredCommand all = declared(app);
  const DeclaredCommand* command = &all;
  CLI::App* parsed = &app;
  while (!parsed->get_subcommands().empty()) {
    parsed = parsed->get_subcommands().front();
    command = named(command->commands, parsed->get_name());
  }
  const auto missing =
      parsed->get_options([](const CLI::Option* option) { return option->get_required() && option->count() == 0; });
  if (missing.empty()) {
    return "";
  }
  const DeclaredOption* const option = required(*command, missing.front()->get_name());
  const std::string name = option->names.empty() ? "" : option->names.back() + " ";
  const std::vector<std::string> left = parsed->remaining();
  std::string out = fmt::format("{}: {}{} is missing", command->path, name, option->value);
  out += left.empty() || name.empty() ? fmt::format(": {}", option->description)
                                      : fmt::format("; did you mean '{}{}'?", name, left.front());
  for (std::size_t i = 0; i < command->examples.size(); ++i) {
    out += fmt::format("\n{:9}{}", i == 0 ? "Example: " : "", command->examples[i]);
  }
  return out;
}

} // namespace

std::string mistake_in(CLI::App& app, std::span<const std::string> arguments) {
  std::string text = unknown_command(app, arguments);
  text = text.empty() ? unknown_option(app, arguments) : text;
  return text.empty() ? missing_option(app) : text;
}

} // namespace millrace::cli
