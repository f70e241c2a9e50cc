// What `check --fix` does to the texts: fixes that have one right answer, as many at once as do not touch each other.
// Reads and writes no files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dsl/diagnostic.hpp"
#include "dsl/syntax/source.hpp"

namespace millrace::dsl {

struct FixedTexts {
  std::map<FileId, std::string> texts;    // of the files that change, whole
  std::vector<const Diagnostic*> applied; // whose fix it was; they live as long as the diagnostics
};

/// Of each diagnostic its first fix that a tool may apply unasked. What would overlap another one waits for the next
/// time: the result is to be compiled and asked again, until nothing changes.
FixedTexts apply_fixes(const Diagnostics& diagnostics, const SourceMap& sources);

} // namespace millrace::dsl
