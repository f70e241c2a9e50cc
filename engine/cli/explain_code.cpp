#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "dsl/diagnostic/explanation.hpp"
#include "dsl/diagnostic/nearest.hpp"
#include "engine/cli/command.hpp"
#include "engine/host/json.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::string code;
  std::string format = "text";
};

using Parts = std::vector<dsl::ExplanationPart>;

std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += end == 0 ? "\n" : fmt::format("    {}\n", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// For a terminal; the pages are narrow enough as they are.
std::string as_text(std::string_view heading, const Parts& parts) {
  std::string out = fmt::format("\n{}\n", heading);
  for (const dsl::ExplanationPart& part : parts) {
    const std::string_view name = dsl::stands_as(part);
    out += part.is_example ? "\n" + (name.empty() ? "" : fmt::format("  as {}:\n", name)) + indented(part.text)
                           : fmt::format("{}\n", part.text);
  }
  return out;
}

// Lines of a paragraph are one; it is for the reader to break them.
std::string unbroken(std::string_view paragraphs) {
  std::string out(paragraphs);
  for (std::size_t i = 1; i + 1 < out.size(); ++i) {
    out[i] = out[i] == '\n' && out[i - 1] != '\n' && out[i + 1] != '\n' ? ' ' : out[i];
  }
  return out;
}

// Paragraphs and examples, one under the other; what else is needed is told apart by a comment.
std::string as_json(const Parts& parts) {
  std::string out;
  for (const dsl::ExplanationPart& part : parts) {
    const std::string_view name = dsl::stands_as(part);
    out += out.empty() ? "" : "\n\n";
    out += (name.empty() ? "" : fmt::format("# as {}\n", name)) +
           (part.is_example ? std::string(part.text) : unbroken(part.text));
  }
  return host::json_text(out);
}

std::string_view severity_of(const dsl::CodeInfo& info) {
  return info.severity == dsl::Severity::error ? "error" : "warning";
}

std::string text_of(const dsl::CodeInfo& info) {
  const dsl::Explanation explanation = dsl::explanation_of(info.code);
  return fmt::format("{} {}: {}\n", severity_of(info), dsl::name_of(info.code), info.title) +
         as_text("What", explanation.what) + as_text("Why", explanation.why) + as_text("Wrong", explanation.wrong) +
         as_text("Right", explanation.right);
}

std::string json_of(const dsl::CodeInfo& info) {
  const dsl::Explanation explanation = dsl::explanation_of(info.code);
  return fmt::format(R"({{"code":{},"severity":{},"title":{},"what":{},"why":{},"wrong":{},"right":{}}})"
                     "\n",
                     host::json_text(dsl::name_of(info.code)), host::json_text(severity_of(info)),
                     host::json_text(info.title), as_json(explanation.what), as_json(explanation.why),
                     as_json(explanation.wrong), as_json(explanation.right));
}

ExitCode unknown(const std::string& given, const std::string& code, const Console& console) {
  std::vector<std::string> known;
  for (const dsl::CodeInfo& info : dsl::all_codes()) {
    known.push_back(dsl::name_of(info.code));
  }
  const auto retired = dsl::retired_codes();
  const std::string near = dsl::nearest(code, known);
  console.err << fmt::format("there is no code '{}'", given)
              << (std::ranges::find(retired, code) != retired.end() ? " any more: it is not in use\n"
                  : code.starts_with('R') ? " of the compiler; codes of refused events: docs/rules/refused-events.md\n"
                  : near.empty() ? "; the compiler prints codes like E0301, listed in docs/rules/codes/README.md\n"
                                 : fmt::format("; did you mean {}?\n", near));
  return ExitCode::kUsage;
}

ExitCode explain(const Options& options, const Console& console) {
  std::string code = options.code;
  std::ranges::transform(code, code.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const dsl::CodeInfo& info : dsl::all_codes()) {
    if (dsl::name_of(info.code) == code) {
      console.out << (options.format == "json" ? json_of(info) : text_of(info));
      return ExitCode::kOk;
    }
  }
  return unknown(options.code, code, console);
}

} // namespace

void add_explain_code(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "explain-code", "Say what a message of the compiler means: what, why, a wrong and a right example");
  const auto options = std::make_shared<Options>();
  command->add_option("CODE", options->code, "The code in the message, like E0301")->required();
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer(
      "Example: millrace explain-code E0301\n"
      "         millrace explain-code W0306 --format json | jq -r .why");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return explain(*options, console); }; });
}

} // namespace millrace::cli
