// `check --fix`: what has one right answer is mended in the files.
#pragma once

#include <string>

#include "engine/cli/command.hpp"

namespace millrace::cli {

// Mends the root and what it imports, until nothing of that kind is left, and says each thing that it did.
void fix_rules(const std::string& root, const Console& console);

} // namespace millrace::cli
