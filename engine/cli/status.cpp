// What the running engine does, asked once.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "engine/cli/command.hpp"
#include "engine/cli/live.hpp"
#include "engine/cli/live_status.hpp"

namespace millrace::cli {
namespace {

constexpr std::chrono::seconds kDeadline{10};

ExitCode status(const Live& live, const Console& console) {
  const admin::Reply reply = ask_status(live, kDeadline);
  const std::optional<runtime::Status> found = understood(reply);
  if (!found) {
    return show(reply, console);
  }
  console.out << (live.json() ? reply.body : text_of(*found, runtime::table_of(*found), console.out_colours));
  return found->not_ready.empty() ? ExitCode::kOk : ExitCode::kFindings;
}

} // namespace

void add_status(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "status", "What the running engine does: 0 when it is ready, 1 when it is not, 5 when nobody answers");
  const auto live = std::make_shared<Live>();
  add_live_options(*command, *live);
  command->footer(
      "Example: millrace status -c millrace.toml\n"
      "         millrace status --admin 127.0.0.1:8686 --format json");
  command->callback([&chosen, live] { chosen = [live](const Console& console) { return status(*live, console); }; });
}

} // namespace millrace::cli
