// Changes of the rules of a running engine: reload, and rollback to what was active before.
#include <memory>

#include "engine/cli/command.hpp"
#include "engine/cli/live.hpp"
#include "engine/cli/progress.hpp"

namespace millrace::cli {
namespace {

constexpr std::chrono::minutes kDeadline{5}; // compiling and checking a large ruleset takes its time

struct Options {
  Live live;
  std::string hash; // of a rollback
};

// A change on the way to its receipt.
ExitCode change(const Live& live, const std::string& path, const Console& console) {
  const admin::Reply reply = [&] {
    const Waiting waiting(console, "the engine reads and checks the rules");
    return ask(live, {.method = "POST", .path = path}, kDeadline);
  }();
  return show(reply, console);
}

ExitCode reload(const Options& options, const Console& console) { return change(options.live, "/reload", console); }

ExitCode rollback(const Options& options, const Console& console) {
  return change(options.live, options.hash.empty() ? "/rollback" : "/rollback?to=" + options.hash, console);
}

} // namespace

void add_reload(CLI::App& app, Chosen& chosen) {
  CLI::App* const command =
      app.add_subcommand("reload", "Ask the running engine to take the rules anew, and print its receipt");
  const auto options = std::make_shared<Options>();
  add_live_options(*command, options->live);
  command->footer("Example: millrace reload -c millrace.toml");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return reload(*options, console); }; });
}

void add_rollback(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "rollback", "Ask the running engine to go back to rules that were active, whatever became of their files");
  const auto options = std::make_shared<Options>();
  add_live_options(*command, options->live);
  command->add_option("HASH", options->hash,
                      "Which ruleset, or a beginning of its hash; without it the one before the active one");
  command->footer(
      "Example: millrace rollback\n"
      "         millrace history && millrace rollback 5f3c91aa");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return rollback(*options, console); }; });
}

} // namespace millrace::cli
