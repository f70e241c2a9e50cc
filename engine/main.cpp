// The program: arguments in, exit code out. Everything else is in cli/.
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "engine/cli/cli.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  std::error_code failed;
  const std::filesystem::path executable = std::filesystem::read_symlink("/proc/self/exe", failed);
  return static_cast<int>(millrace::cli::run(arguments, {std::cout, std::cerr, failed ? argv[0] : executable}));
}
