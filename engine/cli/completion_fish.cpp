#include <fmt/format.h>

#include "engine/cli/completion.hpp"

namespace millrace::cli {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' || c == '\\' ? "\\" : "";
    out += c;
  }
  return out + "'";
}

std::string in_double_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    out += c == '"' || c == '\\' || c == '$' ? "\\" : "";
    out += c;
  }
  return out + "\"";
}

// The words that may stand for the value; a command substitution where the shell knows them.
std::string known_values(const DeclaredOption& option) {
  switch (option.kind) {
    case ValueKind::text:
    case ValueKind::file:
      return "";
    case ValueKind::choice: {
      std::string out;
      for (const Choice& choice : option.choices) {
        out += out.empty() ? "" : choice.description.empty() ? " " : "\n";
        out += choice.value;
        // The shell reads these words a second time: then this is a tab, and the quotes are.
        out += choice.description.empty() ? "" : "\\t" + in_double_quotes(choice.description);
      }
      return in_quotes(out);
    }
    case ValueKind::rules:
      return "'(__fish_complete_suffix .rules)'";
    case ValueKind::folder:
      return "'(__fish_complete_directories)'";
  }
  return "";
}

std::string line(const DeclaredCommand& command, const DeclaredOption& option) {
  std::string out = fmt::format("complete -c millrace -n '__millrace_at {}'", command.path);
  for (const std::string& name : option.names) {
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  const bool named = !option.names.empty();
  if (option.kind == ValueKind::file && !option.value.empty()) {
    out += named ? " -r -F" : " -F";
  } else if (!option.value.empty()) {
    const std::string values = known_values(option);
    out += named ? " -x" : "";
    out += option.kind == ValueKind::rules ? " -k" : "";
    out += values.empty() ? "" : " -a " + values;
  }
  return out + (named ? " -d " + in_quotes(option.description) : "") + "\n";
}

} // namespace

std::string fish_completion(const DeclaredCommand& all) {
  std::string paths;
  std::string lines;
  for (const DeclaredCommand* command : with_all_below(all)) {
    lines += "\n";
    if (command != &all) {
      paths += " '" + command->path + "'";
    }
    for (const DeclaredCommand& below : command->commands) {
      lines += fmt::format("complete -c millrace -n '__millrace_at {}' -a {} -d {}\n", command->path, below.name(),
                           in_quotes(below.description));
    }
    for (const auto* options : {&command->options, &command->arguments}) {
      for (const DeclaredOption& option : *options) {
        lines += line(*command, option);
      }
    }
  }
  return "# fish completion of millrace, as printed by `millrace completion fish`\n\n"
         "# Whether the words before the cursor name this command and none below it.\n"
         "function __millrace_at\n"
         "  set -l path millrace\n"
         "  set -l words (commandline -opc)\n"
         "  set -e words[1]\n"
         "  for word in $words\n"
         "    switch \"$path $word\"\n"
         "      case" +
         paths +
         "\n"
         "        set path \"$path $word\"\n"
         "    end\n"
         "  end\n"
         "  test \"$path\" = \"$argv\"\n"
         "end\n\n"
         "complete -c millrace -f\n" +
         lines;
}

} // namespace millrace::cli
