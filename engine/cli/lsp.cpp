// Standard input and output of the language server, and the moments at which nothing waits.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>

#include "engine/cli/command.hpp"
#include "engine/cli/rules.hpp"
#include "engine/cli/rules_root.hpp"
#include "engine/lsp/framing.hpp"
#include "engine/lsp/server.hpp"

namespace millrace::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kForever{-1};

struct Options {
  int quiet_ms = 200;
  bool stdio = false;
};

// True: there is something to read, or the other side has closed.
bool readable(int input, milliseconds most) {
  pollfd polled{input, POLLIN, 0};
  int ready = ::poll(&polled, 1, static_cast<int>(most.count()));
  while (ready < 0 && errno == EINTR) {
    ready = ::poll(&polled, 1, static_cast<int>(most.count()));
  }
  return ready != 0;
}

// False at the end.
bool read_more(int input, lsp::Framing& framing) {
  static std::array<char, 1 << 16> buffer;
  ssize_t size = ::read(input, buffer.data(), buffer.size());
  while (size < 0 && errno == EINTR) {
    size = ::read(input, buffer.data(), buffer.size());
  }
  if (size <= 0) {
    return false;
  }
  framing.add({buffer.data(), static_cast<std::size_t>(size)});
  return true;
}

std::string canonical(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path found = std::filesystem::weakly_canonical(path, failed);
  return failed ? path : found.string();
}

void take(lsp::Server& server, const lsp::Framing::Message& message) {
  message.problem.empty() ? server.handle(message.text) : server.refuse(message.problem);
}

// Messages that wait are taken before anything is checked, so that of many edits the last one counts; what takes longer
// waits for a pause.
void serve(lsp::Server& server, int input, milliseconds quiet) {
  lsp::Framing framing;
  while (!server.ended() && !framing.broken()) {
    if (const auto message = framing.next()) {
      take(server, *message);
    } else if (readable(input, milliseconds(0))) {
      if (!read_more(input, framing)) {
        return;
      }
    } else if (server.owes_check()) {
      server.check();
    } else if (!readable(input, server.owes_rest() ? quiet : kForever)) {
      server.rest();
    }
  }
}

ExitCode run_lsp(const Options& options, const Console& console) {
  lsp::Services services{read_rules_file,
                         [](const std::string& file, const dsl::Loader& load) { return root_of(file, load); },
                         canonical, MILLRACE_VERSION};
  lsp::Server server(std::move(services), [&](std::string_view message) {
    console.out << lsp::framed(message);
    console.out.flush();
  });
  serve(server, STDIN_FILENO, milliseconds(options.quiet_ms));
  return server.ended_well() ? ExitCode::kOk : ExitCode::kFindings;
}

} // namespace

void add_lsp(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "lsp", "Serve an editor: what is wrong with rules while they are written, completion, names, formatting");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("--quiet-ms", options->quiet_ms,
                   "How long nothing comes before what takes longer is checked: rules that others hide")
      ->check(CLI::Range(0, 60'000))
      ->type_name("MS")
      ->capture_default_str();
  command->add_flag("--stdio", options->stdio, "Standard input and output, as always; editors like to say it");
  command->footer(
      "Example: millrace lsp\n"
      "An editor starts it and talks to it; docs/rules/editor.md says how to set that up.");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return run_lsp(*options, console); }; });
}

} // namespace millrace::cli
