#include <fmt/format.h>

#include <memory>

#include "engine/admin/client.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/progress.hpp"
#include "engine/config/config.hpp"

namespace millrace::cli {
namespace {

constexpr std::chrono::minutes kDeadline{5}; // compiling and checking a large ruleset takes its time
constexpr unsigned kAccepted = 200;
constexpr unsigned kRefused = 422;

struct Options {
  std::string config = "millrace.toml";
  std::string admin;
  bool json = false;
};

[[noreturn]] void no_address(const config::Place& place, std::string text) {
  config::Problems problems;
  problems.add(place, std::move(text));
  throw config::ConfigError(problems);
}

config::Address given_address(const std::string& text) {
  const auto address = config::parse_address(text);
  if (!address || address->port == 0) {
    no_address({"--admin", 0, 0}, fmt::format("'{}' is no address to ask; write one like 127.0.0.1:8686", text));
  }
  return *address;
}

config::Address configured_address(const std::string& file) {
  config::Problems problems;
  const config::Engine engine = config::Document::read(file).engine(problems);
  if (!problems.empty()) {
    throw config::ConfigError(problems);
  }
  if (!engine.admin) {
    no_address({file, 0, 0},
               "`admin` is off, so nobody can be asked; send SIGHUP to the engine, or set `admin` in [engine]");
  }
  if (engine.admin->port == 0) {
    no_address({file, 0, 0}, "the engine takes any free port as `admin`; name the one that it logged with --admin");
  }
  return *engine.admin;
}

ExitCode reload(const Options& options, const Console& console) {
  const config::Address address =
      options.admin.empty() ? configured_address(options.config) : given_address(options.admin);
  const admin::Reply reply = [&] {
    const Waiting waiting(console, fmt::format("reload: the engine at {} checks the rules", address.text()));
    return admin::request(address, "POST", "/reload", options.json ? "application/json" : "text/plain", kDeadline);
  }();
  const bool receipt = reply.status == kAccepted || reply.status == kRefused;
  (receipt ? console.out : console.err) << reply.body;
  if (!receipt) {
    console.err << fmt::format("the admin address answered {} and no receipt\n", reply.status);
    return ExitCode::kUnreachable;
  }
  return reply.status == kAccepted ? ExitCode::kOk : ExitCode::kFindings;
}

} // namespace

void add_reload(CLI::App& app, Chosen& chosen) {
  CLI::App* const command =
      app.add_subcommand("reload", "Ask the running engine to take the rules anew, and print its receipt");
  const auto options = std::make_shared<Options>();
  add_config_option(*command, options->config);
  command->add_option("--admin", options->admin, "The admin address, instead of that of the configuration")
      ->type_name("HOST:PORT");
  command->add_flag("--json", options->json, "The receipt as JSON");
  command->footer(
      "Example: millrace reload -c millrace.toml\n"
      "         millrace reload --admin 127.0.0.1:8686 --json | jq .accepted");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return reload(*options, console); }; });
}

} // namespace millrace::cli
