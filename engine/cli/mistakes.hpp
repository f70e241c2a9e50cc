// What is said of a command line that cannot be understood, where more can be said than the library does.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

namespace millrace::cli {

// `app` has refused the arguments. Empty: the library's own sentence will do.
std::string mistake_in(CLI::App& app, std::span<const std::string> arguments);

} // namespace millrace::cli
