#include "engine/cli/cli.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "engine/admin/client.hpp"
#include "engine/admin/server.hpp"
#include "engine/config/nearest.hpp"
#include "engine/config/problem.hpp"
#include "engine/modules/instance.hpp"

namespace millrace::cli {
namespace {

constexpr const char* kAbout =
    "Millrace takes in events, decides by rules where each belongs, and loads them exactly once.\n"
    "Exit codes: docs/operations/exit-codes.md";

ExitCode code_of(const config::Problems& problems) {
  const bool wrong = std::any_of(problems.all().begin(), problems.all().end(), [](const config::Problem& problem) {
    return problem.kind == config::Problem::Kind::kConfiguration;
  });
  return wrong ? ExitCode::kConfiguration : ExitCode::kPlugin;
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
  const std::optional<std::string> near = config::nearest(name, known);
  return fmt::format("{}: there is no command '{}'{} Known: {}", app.get_name(), name,
                     near ? "; did you mean '" + *near + "'?" : ".", fmt::join(known, ", "));
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
    const std::optional<std::string> near = config::nearest(name, known);
    return fmt::format("{}: there is no option '{}'{} Known: {}", who, name,
                       near ? "; did you mean '" + *near + "'?" : ".", fmt::join(known, ", "));
  }
  return "";
}

ExitCode guarded(const Chosen& command, const Console& console) {
  const auto say = [&console](const std::exception& error, ExitCode code) {
    console.err << error.what() << "\n";
    return code;
  };
  try {
    return command(console);
  } catch (const UsageError& error) {
    return say(error, ExitCode::kUsage);
  } catch (const config::ConfigError& error) {
    return say(error, code_of(error.problems()));
  } catch (const modules::CreateError& error) {
    return say(error, error.answer().status == MR_INVALID ? ExitCode::kConfiguration : ExitCode::kPlugin);
  } catch (const modules::ModuleError& error) {
    return say(error, ExitCode::kPlugin);
  } catch (const admin::Unreachable& error) {
    return say(error, ExitCode::kUnreachable);
  } catch (const admin::CannotListen& error) {
    return say(error, ExitCode::kCannotStart);
  } catch (const std::exception& error) {
    console.err << "internal error: ";
    return say(error, ExitCode::kInternal);
  }
}

} // namespace

void add_config_option(CLI::App& command, std::string& file) {
  command.add_option("-c,--config", file, "The configuration file")->type_name("FILE")->capture_default_str();
}

ExitCode run(std::span<const std::string> arguments, const Console& console) {
  CLI::App app(kAbout, "millrace");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help for every command");
  Chosen chosen;
  add_apply(app, chosen);
  add_check(app, chosen);
  add_diff(app, chosen);
  add_docs(app, chosen);
  add_explain(app, chosen);
  add_explain_code(app, chosen);
  add_fmt(app, chosen);
  add_infer(app, chosen);
  add_lsp(app, chosen);
  add_plugins(app, chosen);
  add_reload(app, chosen);
  add_run(app, chosen);
  add_test(app, chosen);
  add_version(app, chosen);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    for (const std::string& text : {unknown_command(app, arguments), unknown_option(app, arguments)}) {
      if (error.get_exit_code() != 0 && !text.empty()) {
        console.err << text << "\n";
        return ExitCode::kUsage;
      }
    }
    const int code = app.exit(error, console.out, console.err);
    return code == 0 ? ExitCode::kOk : ExitCode::kUsage;
  }
  return guarded(chosen, console);
}

} // namespace millrace::cli
