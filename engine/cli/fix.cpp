#include "engine/cli/fix.hpp"

#include <fmt/format.h>

#include "dsl/compile.hpp"
#include "dsl/diagnostic/fixes.hpp"
#include "engine/cli/replace_file.hpp"
#include "engine/cli/rules.hpp"

namespace millrace::cli {
namespace {

constexpr int kMostRounds = 100; // each mends something; that two fixes undo each other would be a mistake of theirs

std::string help_of(const dsl::Diagnostic& diagnostic) {
  for (const dsl::Help& help : diagnostic.helps) {
    if (help.fix && help.fix->applicability == dsl::Applicability::machine) {
      return help.text;
    }
  }
  return {};
}

} // namespace

void fix_rules(const std::string& root, const Console& console) {
  for (int round = 0; round < kMostRounds; ++round) {
    const dsl::Compilation compilation = dsl::compile(root, read_rules_file);
    const dsl::FixedTexts fixed = dsl::apply_fixes(compilation.diagnostics, compilation.sources);
    if (fixed.applied.empty()) {
      return;
    }
    for (const dsl::Diagnostic* diagnostic : fixed.applied) {
      console.out << fmt::format("fixed {}: {}[{}]: {}; {}\n", compilation.sources.place(diagnostic->primary.span),
                                 diagnostic->is_error() ? "error" : "warning", dsl::name_of(diagnostic->code),
                                 diagnostic->headline, help_of(*diagnostic));
    }
    for (const auto& [file, text] : fixed.texts) {
      replace_file(compilation.sources.name(file), text);
    }
  }
}

} // namespace millrace::cli
