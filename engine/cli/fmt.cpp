#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

#include "dsl/diagnostic/render.hpp"
#include "dsl/format/format.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/line_diff.hpp"
#include "engine/cli/named_file.hpp"
#include "engine/cli/progress.hpp"
#include "engine/cli/replace_file.hpp"

namespace millrace::cli {
namespace {

constexpr const char* kStandardInput = "-";

struct Options {
  std::vector<std::string> files;
  bool check = false;
  bool diff = false;
};

// Nothing when it does not parse; the console was told why.
std::optional<std::string> formatted(const std::string& name, const std::string& text, const Console& console) {
  dsl::SourceMap sources;
  dsl::Diagnostics diagnostics;
  std::optional<std::string> out = dsl::format_text(sources, name, text, diagnostics);
  if (!out) {
    console.err << dsl::render_text(diagnostics, sources, console.err_colours);
  }
  return out;
}

ExitCode format_file(const std::string& name, const Options& options, const Console& console) {
  std::error_code failed;
  const std::filesystem::path file = std::filesystem::canonical(name, failed); // a link stays a link
  std::ifstream in;
  if (!failed && std::filesystem::is_regular_file(file)) {
    in.open(file, std::ios::binary);
  }
  if (!in.is_open()) {
    const std::string why = why_unreadable(name);
    console.err << fmt::format("{}: cannot be read: {}\n", name, why.empty() ? "it is no file" : why);
    return ExitCode::kUsage;
  }
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const std::optional<std::string> wanted = formatted(name, text, console);
  if (!wanted) {
    return ExitCode::kFindings;
  }
  if (*wanted == text) {
    return ExitCode::kOk;
  }
  console.out << (options.diff ? unified_diff(name, text, *wanted, console.out_colours) : name + "\n");
  if (options.check || options.diff) {
    return ExitCode::kFindings;
  }
  replace_file(file, *wanted);
  return ExitCode::kOk;
}

ExitCode format_input(const Options& options, const Console& console) {
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  const std::optional<std::string> wanted = formatted("standard input", text, console);
  if (options.check || options.diff) {
    console.out << (options.diff && wanted ? unified_diff("standard input", text, *wanted, console.out_colours) : "");
    return wanted == text ? ExitCode::kOk : ExitCode::kFindings;
  }
  console.out << wanted.value_or("");
  return wanted ? ExitCode::kOk : ExitCode::kFindings;
}

ExitCode run_fmt(const Options& options, const Console& console) {
  ExitCode code = ExitCode::kOk;
  Steps steps(console, "fmt", options.files.size());
  for (const std::string& file : options.files) {
    if (file == kStandardInput) { // somebody may be typing it
      code = worse(code, format_input(options, console));
      continue;
    }
    steps.begin(file);
    code = worse(code, format_file(file, options, console));
  }
  return code;
}

} // namespace

void add_fmt(CLI::App& app, Chosen& chosen) {
  CLI::App* const command =
      app.add_subcommand("fmt", "Put rules files into the one style, in place; names those that changed");
  const auto options = std::make_shared<Options>();
  command->add_option("RULES", options->files, "Rules files; - reads standard input and writes standard output")
      ->required();
  command->add_flag("--check", options->check, "Change nothing; end with 1 when a file is not in the one style");
  command->add_flag("--diff", options->diff, "Change nothing and print what would change; ends with 1 then");
  command->footer(
      "Example: millrace fmt rules/*.rules\n"
      "         millrace fmt --diff rules/main.rules\n"
      "         millrace fmt - < draft.rules");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return run_fmt(*options, console); }; });
}

} // namespace millrace::cli
