// Rules files looked at by themselves, without a configuration: for their authors, and for CI.
#pragma once

#include <string>
#include <vector>

#include "engine/cli/command.hpp"

namespace millrace::cli {

// Compiles each file and runs its tests. Prints what is wrong, and a line for each file that is right.
ExitCode check_rules(const std::vector<std::string>& files, const Console& console);

} // namespace millrace::cli
