// What the commands share: where they write, and how they end. One command is one file; each adds itself to the command
// line.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "dsl/diagnostic/colour.hpp"
#include "engine/cli/exit_code.hpp"

namespace millrace::cli {

class ProgressLine;

struct Console {
  std::ostream& out;                // what was asked for
  std::ostream& err;                // what is wrong
  std::filesystem::path executable; // plugin folders are looked for beside it
  dsl::Colours out_colours = dsl::Colours::off;
  dsl::Colours err_colours = dsl::Colours::off;
  ProgressLine* progress = nullptr; // where standard error is a terminal; lives longer than the command
};

// Set by the command that the command line chose; run after it was understood.
using Chosen = std::function<ExitCode(const Console&)>;

// What the command line asks for that is not there; says what is. Ends with kUsage.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An outside system does not answer; says how it was tried. Ends with kUnreachable.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

void add_apply(CLI::App& app, Chosen& chosen);
void add_check(CLI::App& app, Chosen& chosen);
void add_completion(CLI::App& app, Chosen& chosen);
void add_diff(CLI::App& app, Chosen& chosen);
void add_docs(CLI::App& app, Chosen& chosen);
void add_explain(CLI::App& app, Chosen& chosen);
void add_explain_code(CLI::App& app, Chosen& chosen);
void add_fmt(CLI::App& app, Chosen& chosen);
void add_history(CLI::App& app, Chosen& chosen);
void add_infer(CLI::App& app, Chosen& chosen);
void add_lsp(CLI::App& app, Chosen& chosen);
void add_man(CLI::App& app, Chosen& chosen);
void add_plugins(CLI::App& app, Chosen& chosen);
void add_reload(CLI::App& app, Chosen& chosen);
void add_rollback(CLI::App& app, Chosen& chosen);
void add_run(CLI::App& app, Chosen& chosen);
void add_show(CLI::App& app, Chosen& chosen);
void add_tap(CLI::App& app, Chosen& chosen);
void add_status(CLI::App& app, Chosen& chosen);
void add_test(CLI::App& app, Chosen& chosen);
void add_top(CLI::App& app, Chosen& chosen);
void add_version(CLI::App& app, Chosen& chosen);

// The option --config, the same for every command that has it.
void add_config_option(CLI::App& command, std::string& file);

// For an argument that names something: an unset variable of a shell names nothing.
CLI::Validator not_empty();

} // namespace millrace::cli
