// Changes of the rules of a running engine: reload, and rollback to what was active before.
#include <memory>

#include "engine/cli/command.hpp"
#include "engine/cli/live.hpp"

namespace millrace::cli {
namespace {

struct Options {
  Live live;
  std::string hash; // of a rollback
  std::string shadow;
  std::string most_changed;
  bool dry_run = false;
  bool all = false;
};

ExitCode reload(const Options& options, const Console& console) {
  const std::string query = query_of({{"shadow", options.shadow},
                                      {"most_changed", options.most_changed},
                                      {"dry_run", options.dry_run ? "true" : ""},
                                      {"all", options.all ? "true" : ""}});
  return change(options.live, "/reload" + query, "the engine reads and checks the rules", console);
}

ExitCode rollback(const Options& options, const Console& console) {
  return change(options.live, "/rollback" + query_of({{"to", options.hash}}), "the engine goes back", console);
}

} // namespace

void add_reload(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "reload", "Ask the running engine to take rules and configuration anew, and print its receipt");
  const auto options = std::make_shared<Options>();
  add_live_options(*command, options->live);
  CLI::Option* const shadow =
      command
          ->add_option("--shadow", options->shadow,
                       "Compare first, for so long, what is live with what would be: how many events would change "
                       "their way, with examples")
          ->type_name("TIME");
  command
      ->add_option("--most-changed", options->most_changed,
                   "Refuse when more than so many of a hundred events of the shadow would change")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("PERCENT")
      ->needs(shadow);
  command->add_flag("--all", options->all,
                    "Every engine that shares a pipeline with this one switches to the same rules, or none does");
  command->add_flag("--dry-run", options->dry_run, "Do everything but the switch");
  command->footer(
      "Example: millrace reload -c millrace.toml\n"
      "         millrace reload --shadow 30s --most-changed 1\n"
      "         millrace reload --shadow 30s --dry-run\n"
      "         millrace reload --all");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return reload(*options, console); }; });
}

void add_rollback(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "rollback", "Ask the running engine to go back to rules that were active, whatever became of their files");
  const auto options = std::make_shared<Options>();
  add_live_options(*command, options->live);
  command
      ->add_option("HASH", options->hash,
                   "Which ruleset, or a beginning of its hash; without it the one before the active one")
      ->check(not_empty());
  command->footer(
      "Example: millrace rollback\n"
      "         millrace history && millrace rollback 5f3c91aa");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return rollback(*options, console); }; });
}

} // namespace millrace::cli
