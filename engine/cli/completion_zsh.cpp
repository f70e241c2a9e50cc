#include <fmt/format.h>

#include <algorithm>

#include "engine/cli/completion.hpp"

namespace millrace::cli {
namespace {

// `text` within single quotes.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out + "'";
}

// With a backslash in front of what would end a part of a specification.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    out += special.find(c) == std::string_view::npos ? "" : "\\";
    out += c;
  }
  return out;
}

std::string function_of(const DeclaredCommand& command) {
  std::string out = "_" + command.path;
  std::ranges::replace_if(
      out, [](char c) { return c == ' ' || c == '-'; }, '_');
  return out;
}

std::string function_of(const DeclaredCommand& command, const DeclaredOption& option) {
  return function_of(command) + "__" + option.value;
}

bool has_described_choices(const DeclaredOption& option) {
  return std::ranges::any_of(option.choices, [](const Choice& choice) { return !choice.description.empty(); });
}

// "value:description" of each, told by _describe.
std::string described(const std::string& function, std::string_view what, const std::vector<Choice>& choices) {
  std::string out = function + "() {\n  local -a known=(\n";
  for (const Choice& choice : choices) {
    out += "    " + in_quotes(escaped(choice.value, ":\\") + ":" + choice.description) + "\n";
  }
  return out + fmt::format("  )\n  _describe -t values {} known\n}}\n", in_quotes(what));
}

std::string action(const DeclaredCommand& command, const DeclaredOption& option) {
  switch (option.kind) {
    case ValueKind::text:
      return " "; // a word that nothing is known of
    case ValueKind::choice: {
      std::vector<std::string> values;
      for (const Choice& choice : option.choices) {
        values.push_back(choice.value);
      }
      return has_described_choices(option) ? function_of(command, option) : fmt::format("({})", fmt::join(values, " "));
    }
    case ValueKind::file:
      return "_files";
    case ValueKind::rules:
      return "_files -g \"*.rules\"";
    case ValueKind::folder:
      return "_files -/";
  }
  return " ";
}

// A specification of _arguments.
std::string spec(const DeclaredCommand& command, const DeclaredOption& option) {
  const std::string value =
      option.value.empty() ? "" : ":" + escaped(option.value, ":\\") + ":" + action(command, option);
  if (option.names.empty()) {
    return in_quotes(std::string(option.repeated ? "*" : option.required ? "" : ":") + value);
  }
  const std::string description = "[" + escaped(option.description, "[]\\:") + "]" + value;
  std::string out;
  for (const std::string& name : option.names) {
    const std::string_view joint = option.value.empty() ? "" : name.starts_with("--") ? "=" : "+";
    const std::string others = option.repeated ? std::string("*") : fmt::format("({})", fmt::join(option.names, " "));
    out += (out.empty() ? "" : " \\\n    ") + in_quotes(others + name + std::string(joint) + description);
  }
  return out;
}

std::string function(const DeclaredCommand& command) {
  std::string before;
  std::string specs;
  for (const auto* options : {&command.options, &command.arguments}) {
    for (const DeclaredOption& option : *options) {
      specs += " \\\n    " + spec(command, option);
      before +=
          has_described_choices(option) ? described(function_of(command, option), option.value, option.choices) : "";
    }
  }
  if (command.commands.empty()) {
    return before + function_of(command) + "() {\n  _arguments -s -S" + specs + "\n}\n";
  }
  std::vector<Choice> below;
  std::string cases;
  for (const DeclaredCommand& each : command.commands) {
    before += function(each);
    below.push_back({each.name(), each.description});
    cases += fmt::format("    {}) {} ;;\n", each.name(), function_of(each));
  }
  before += described(function_of(command) + "__commands", "command", below);
  return before + function_of(command) + "() {\n  local curcontext=$curcontext state state_descr line\n" +
         "  typeset -A opt_args\n  _arguments -C -S" + specs + " \\\n    ':command:" + function_of(command) +
         "__commands' \\\n    '*::argument:->below' && return\n  [[ $state == below ]] || return 1\n" +
         "  curcontext=${curcontext%:*:*}:" + command.page() + "-$line[1]:\n  case $line[1] in\n" + cases +
         "  esac\n}\n";
}

} // namespace

std::string zsh_completion(const DeclaredCommand& all) {
  return "#compdef millrace\n# zsh completion of millrace, as printed by `millrace completion zsh`\n\n" +
         function(all) +
         "\n# Read as a file of $fpath it is the function itself; sourced it names it.\n"
         "if [[ ${funcstack[1]} == _millrace ]]; then\n  _millrace \"$@\"\nelse\n  compdef _millrace millrace\nfi\n";
}

} // namespace millrace::cli
