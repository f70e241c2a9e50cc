// Rules files looked at by themselves, without a configuration: for their authors, and for CI.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cli/command.hpp"

namespace millrace::cli {

// Its text; nothing if there is no such file. What dsl::compile reads with. Throws dsl::Unreadable.
std::optional<std::string> read_rules_file(std::string_view name);

// Compiles each file and runs its tests. Prints what is wrong, and a line for each file that is right. For a file that
// another one imports it says so, and does that for its root; each root once.
// A folder stands for every rules file in it and below.
struct RulesCheck {
  std::vector<std::string> files;
  bool fix = false;  // mend first what has one right answer
  bool cost = false; // also print what rules are looked up by
  enum class Format { text, json, sarif } format = Format::text;
};
ExitCode check_rules(const RulesCheck& check, const Console& console);

} // namespace millrace::cli
