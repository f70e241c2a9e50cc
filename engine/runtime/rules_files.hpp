// The files of a ruleset as they were when it was read, and the one text that they are kept as.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::runtime {

struct RulesFile {
  std::string name;
  std::string bytes;
  bool operator==(const RulesFile&) const = default;
};

// The root first.
using RulesFiles = std::vector<RulesFile>;

// "file 1234 rules/main.rules\n", the 1234 bytes and a line end; so for each file.
std::string text_of(const RulesFiles& files);
// Nothing: this is no such text.
std::optional<RulesFiles> rules_files_of(std::string_view text);

} // namespace millrace::runtime
