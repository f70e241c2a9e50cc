// What the command line declares, as values: of these the man pages and the completion of shells are made. What the
// commands do is not in it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace millrace::cli {

struct Choice {
  std::string value;
  std::string description; // may be empty
};

// What stands for a value, told by the word that --help shows for it.
enum class ValueKind {
  text,   // a name, a number: nothing is known of it
  choice, // one of the choices
  file,
  rules, // a file whose name ends with .rules, or a folder
  folder,
};

struct DeclaredOption {
  std::vector<std::string> names; // with their dashes, short ones first; none where it is known by its place
  std::string value;              // the word for its value, "FILE"; empty for a flag
  ValueKind kind = ValueKind::text;
  std::vector<Choice> choices;
  std::string description;
  std::string by_default; // empty: nothing, or it is not said
  std::string range;      // of a number, as "0 - 10"
  bool required = false;
  bool repeated = false;
  std::vector<std::string> needs;    // what else has to be given
  std::vector<std::string> excludes; // what cannot be given with it
};

struct DeclaredCommand {
  std::string path; // "millrace plugins list"
  std::string description;
  std::vector<std::string> examples; // lines of a shell
  std::vector<std::string> notes;    // paragraphs
  std::vector<DeclaredOption> options;
  std::vector<DeclaredOption> arguments; // known by their place
  std::vector<DeclaredCommand> commands; // below this one

  std::string name() const; // "list"
  std::string page() const; // of its manual, "millrace-plugins-list"
};

// The footer holds the examples: lines behind "Example: " and those below that begin as far to the right; the others
// are notes.
DeclaredCommand declared(CLI::App& app);

// This one and all below, each before those below it.
std::vector<const DeclaredCommand*> with_all_below(const DeclaredCommand& command);

} // namespace millrace::cli
