#include "engine/cli/cli.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "engine/admin/client.hpp"
#include "engine/admin/server.hpp"
#include "engine/cli/mistakes.hpp"
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
  } catch (const Unreachable& error) {
    return say(error, ExitCode::kUnreachable);
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

CLI::Validator not_empty() {
  return {[](const std::string& given) { return given.empty() ? std::string("it is empty") : std::string(); }, ""};
}

std::unique_ptr<CLI::App> command_line(Chosen& chosen) {
  auto whole = std::make_unique<CLI::App>(kAbout, "millrace");
  CLI::App& app = *whole;
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help for every command");
  app.footer(
      "Example: millrace check -c millrace.toml\n"
      "         millrace run -c millrace.toml\n"
      "         millrace explain --help\n"
      "With NO_COLOR set in the environment nothing is coloured; `millrace completion --help` says how a shell "
      "completes.");
  add_apply(app, chosen);
  add_check(app, chosen);
  add_completion(app, chosen);
  add_diff(app, chosen);
  add_docs(app, chosen);
  add_explain(app, chosen);
  add_explain_code(app, chosen);
  add_fmt(app, chosen);
  add_history(app, chosen);
  add_infer(app, chosen);
  add_lsp(app, chosen);
  add_man(app, chosen);
  add_plugins(app, chosen);
  add_reload(app, chosen);
  add_rollback(app, chosen);
  add_run(app, chosen);
  add_show(app, chosen);
  add_tap(app, chosen);
  add_status(app, chosen);
  add_test(app, chosen);
  add_top(app, chosen);
  add_version(app, chosen);
  return whole;
}

ExitCode run(std::span<const std::string> arguments, const Console& console) {
  Chosen chosen;
  const std::unique_ptr<CLI::App> app = command_line(chosen);
  try {
    app->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    if (const std::string text = mistake_in(*app, arguments); error.get_exit_code() != 0 && !text.empty()) {
      console.err << text << "\n";
      return ExitCode::kUsage;
    }
    const int code = app->exit(error, console.out, console.err);
    return code == 0 ? ExitCode::kOk : ExitCode::kUsage;
  }
  return guarded(chosen, console);
}

} // namespace millrace::cli
