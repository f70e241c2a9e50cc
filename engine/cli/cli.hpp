// The command line as a whole: understands it, runs the one command, and turns what it throws into a message and an
// exit code.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/cli/command.hpp"

namespace millrace::cli {

// Every command, as declared.
std::unique_ptr<CLI::App> command_line(Chosen& chosen);

// `arguments` without the name of the program.
ExitCode run(std::span<const std::string> arguments, const Console& console);

} // namespace millrace::cli
