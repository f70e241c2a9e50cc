#include "dsl/diagnostic/fixes.hpp"

#include <algorithm>

namespace millrace::dsl {
namespace {

const Fix* machine_fix(const Diagnostic& diagnostic) {
  for (const Help& help : diagnostic.helps) {
    if (help.fix && help.fix->applicability == Applicability::machine) {
      return &*help.fix;
    }
  }
  return nullptr;
}

/// Two insertions at one place touch too: which one comes first would be a guess.
bool touch(const Edit& left, const Edit& right) {
  return left.span.file == right.span.file && left.span.begin <= right.span.end && right.span.begin <= left.span.end;
}

} // namespace

FixedTexts apply_fixes(const Diagnostics& diagnostics, const SourceMap& sources) {
  FixedTexts fixed;
  std::vector<Edit> edits;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    const Fix* const fix = machine_fix(diagnostic);
    const bool free =
        fix != nullptr && std::none_of(fix->edits.begin(), fix->edits.end(), [&](const Edit& edit) {
          return std::any_of(edits.begin(), edits.end(), [&](const Edit& other) { return touch(edit, other); });
        });
    if (free) {
      edits.insert(edits.end(), fix->edits.begin(), fix->edits.end());
      fixed.applied.push_back(&diagnostic);
    }
  }
  // From the end of each file to its beginning, so that the places that are left stay right.
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.span.begin > b.span.begin; });
  for (const Edit& edit : edits) {
    const auto [text, is_new] = fixed.texts.try_emplace(edit.span.file);
    if (is_new) {
      text->second = sources.text(edit.span.file);
    }
    text->second.replace(edit.span.begin, edit.span.size(), edit.replacement);
  }
  return fixed;
}

} // namespace millrace::dsl
