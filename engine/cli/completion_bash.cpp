#include <fmt/format.h>

#include "engine/cli/completion.hpp"

namespace millrace::cli {
namespace {

constexpr std::string_view kHead = R"(# bash completion of millrace, as printed by `millrace completion bash`

_millrace_words() { mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur"); }
_millrace_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
_millrace_folders() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$cur")
}
_millrace_rules() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$cur"; compgen -f -X '!*.rules' -- "$cur")
}

_millrace() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} path=millrace i
  COMPREPLY=()
  # The shell splits --option=value in three.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case "$path ${COMP_WORDS[i]}" in
)";

constexpr std::string_view kTail = R"(  esac
}
complete -F _millrace millrace
)";

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  return fmt::format("{}", fmt::join(words, between));
}

// A command of the script that fills in what may stand for the value.
std::string filler(const DeclaredOption& option) {
  switch (option.kind) {
    case ValueKind::text:
      return ":";
    case ValueKind::choice: {
      std::vector<std::string> values;
      for (const Choice& choice : option.choices) {
        values.push_back(choice.value);
      }
      return "_millrace_words " + joined(values, " ");
    }
    case ValueKind::file:
      return "_millrace_files";
    case ValueKind::rules:
      return "_millrace_rules";
    case ValueKind::folder:
      return "_millrace_folders";
  }
  return ":";
}

std::string section(const DeclaredCommand& command) {
  std::string values;
  std::vector<std::string> names;
  for (const DeclaredOption& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
    if (!option.value.empty()) {
      values += fmt::format("        {}) {}; return ;;\n", joined(option.names, " | "), filler(option));
    }
  }
  std::vector<std::string> below;
  for (const DeclaredCommand& each : command.commands) {
    below.push_back(each.name());
  }
  const std::string plain = !below.empty()              ? "_millrace_words " + joined(below, " ")
                            : command.arguments.empty() ? std::string(":")
                                                        : filler(command.arguments.front());
  return fmt::format("    '{}')\n", command.path) +
         (values.empty() ? "" : "      case $prev in\n" + values + "      esac\n") +
         fmt::format("      if [[ $cur == -* ]]; then _millrace_words {}; else {}; fi\n      ;;\n", joined(names, " "),
                     plain);
}

} // namespace

std::string bash_completion(const DeclaredCommand& all) {
  std::vector<std::string> paths;
  std::string sections;
  for (const DeclaredCommand* command : with_all_below(all)) {
    sections += section(*command);
    if (command != &all) {
      paths.push_back("'" + command->path + "'");
    }
  }
  return std::string(kHead) + "      " + joined(paths, " | ") +
         ") path+=\" ${COMP_WORDS[i]}\" ;;\n    esac\n  done\n  case $path in\n" + sections + std::string(kTail);
}

} // namespace millrace::cli
