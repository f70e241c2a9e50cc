#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "engine/cli/exit_code.hpp"
#include "engine/cli/man.hpp"

namespace millrace::cli {
namespace {

// The code point that begins at `at`, which moves behind it. The text is the program's own, so it is UTF-8.
std::uint32_t code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  std::uint32_t code = lead < 0xE0 ? lead & 0x1FU : lead < 0xF0 ? lead & 0x0FU : lead & 0x07U;
  for (; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; ++at) {
    code = code << 6U | (static_cast<unsigned char>(text[at]) & 0x3FU);
  }
  return code;
}

// Plain characters of the page, wherever on a line they come to stand.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) >= 0x80) {
      out += fmt::format("\\[u{:04X}]", code_point(text, at));
      continue;
    }
    ++at;
    out += c == '\\'   ? "\\e"
           : c == '-'  ? "\\-"
           : c == '.'  ? "\\&."
           : c == '\'' ? "\\(aq"
           : c == '`'  ? "\\(ga"
                       : std::string(1, c);
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + plain(text) + "\\fR"; }

// What stands between backticks is bold.
std::string prose(std::string_view text) {
  std::string out;
  bool code = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('`'), text.size());
    out += end == 0 ? "" : code ? bold(text.substr(0, end)) : plain(text.substr(0, end));
    code = !code;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string sentence(std::string_view text) {
  const std::string_view end = text.ends_with('.') || text.ends_with('?') ? "" : ".";
  return prose(text) + plain(end);
}

std::string section(std::string_view title, const std::string& body) {
  return body.empty() ? "" : fmt::format(".SH {}\n{}", title, body);
}

std::string value_of(const DeclaredOption& option) {
  if (option.kind != ValueKind::choice || option.choices.size() > 5) {
    return italic(option.value);
  }
  std::string out;
  for (const Choice& choice : option.choices) {
    out += (out.empty() ? "" : "|") + bold(choice.value);
  }
  return out;
}

std::string head_of(const DeclaredOption& option) {
  std::string out;
  for (const std::string& name : option.names) {
    out += (out.empty() ? "" : ", ") + bold(name);
  }
  out += out.empty() || option.value.empty() ? "" : " ";
  return out + (option.value.empty() ? "" : value_of(option));
}

std::string entry(const DeclaredOption& option) {
  std::string out = ".TP\n" + head_of(option) + "\n" + sentence(option.description) + "\n";
  out += option.range.empty() ? "" : "A number in " + plain(option.range) + ".\n";
  out += option.by_default.empty() ? "" : "The default is " + bold(option.by_default) + ".\n";
  for (const auto& [names, word] : {std::pair(&option.needs, "Only with "), std::pair(&option.excludes, "Not with ")}) {
    for (const std::string& name : *names) {
      out += word + bold(name) + ".\n";
    }
  }
  return out;
}

std::string usage(const DeclaredCommand& command) {
  std::string out = bold(command.path) + " [" + italic("OPTION") + "...]";
  for (const DeclaredOption& option : command.options) {
    out += option.required ? " " + bold(option.names.back()) + " " + value_of(option) : "";
  }
  for (const DeclaredOption& argument : command.arguments) {
    const std::string word = value_of(argument) + (argument.repeated ? "..." : "");
    out += argument.required ? " " + word : " [" + word + "]";
  }
  return out + (command.commands.empty() ? "" : " " + italic("COMMAND")) + "\n";
}

std::string description(const DeclaredCommand& command) {
  std::string out = sentence(command.description) + "\n";
  for (const std::string& note : command.notes) {
    out += ".PP\n" + sentence(note) + "\n";
  }
  return out;
}

std::string commands(const DeclaredCommand& command) {
  std::string out;
  for (const DeclaredCommand& below : command.commands) {
    out += ".TP\n" + bold(below.name()) + "\n" + sentence(below.description) + "\n";
  }
  return out;
}

std::string options(const DeclaredCommand& command) {
  std::string out;
  for (const auto* list : {&command.arguments, &command.options}) {
    for (const DeclaredOption& option : *list) {
      out += entry(option);
    }
  }
  return out;
}

std::string examples(const DeclaredCommand& command) {
  std::string out;
  for (const std::string& example : command.examples) {
    out += plain(example) + "\n";
  }
  return out.empty() ? "" : ".EX\n" + out + ".EE\n";
}

std::string exit_status() {
  std::string out;
  for (const ExitCodeInfo& info : exit_codes()) {
    out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", static_cast<int>(info.code), sentence(info.meaning));
    out += info.way_out.empty() ? "" : "What to do: " + sentence(info.way_out) + "\n";
  }
  return out + ".PP\nWhat ends by a signal has 128 and its number.\n";
}

std::string see_also(const DeclaredCommand& command, const DeclaredCommand& all) {
  std::string out;
  for (const DeclaredCommand* other : with_all_below(all)) {
    const bool beside = command.path == all.path || other->path == all.path ||
                        command.path.starts_with(other->path + " ") || other->path.starts_with(command.path + " ");
    if (beside && other != &command) {
      out += (out.empty() ? "" : ",\n") + bold(other->page()) + "(1)";
    }
  }
  return out + "\n";
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

} // namespace

std::string man_page(const DeclaredCommand& command, const DeclaredCommand& all) {
  const std::string first_line = command.description.substr(0, command.description.find('\n'));
  return fmt::format(".TH \"{}\" 1 \"\" \"Millrace {}\" \"Millrace manual\"\n", plain(upper(command.page())),
                     MILLRACE_VERSION) +
         section("NAME", plain(command.page()) + " \\- " + plain(first_line) + "\n") +
         section("SYNOPSIS", usage(command)) + section("DESCRIPTION", description(command)) +
         section("COMMANDS", commands(command)) + section("OPTIONS", options(command)) +
         section("EXAMPLES", examples(command)) + section("\"EXIT STATUS\"", exit_status()) +
         section("\"SEE ALSO\"", see_also(command, all));
}

} // namespace millrace::cli
