// What a workspace keeps of one root between two edits. Of this folder only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dsl/editor/workspace.hpp"

namespace millrace::dsl::editor {

struct Workspace::Root {
  std::string name;
  ParsedFiles parsed;
  Compilation last;
  bool compiled = false;
  bool complete = false;  // `last` is as deep as it can be
  bool named = false;     // `now` is of the same texts
  bool looked_at = false; // since something changed, and `last` is of the texts as they are
  // What the last complete compilation said of rules together, until the next one: shown where it has moved to.
  std::vector<Diagnostic> of_all_rules;
  SourceMap of_all_rules_in;
  std::shared_ptr<const Names> now;
  std::shared_ptr<const Names> before;
};

} // namespace millrace::dsl::editor
