// One loaded plugin file: inspected before a line of it ran, loaded for the life of the process, its tables checked.
// Which files are looked at is catalogue.hpp's business; what is done with a plugin, instance.hpp's.
#pragma once

#include <millrace/plugin.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace millrace::modules {

// A file that is not taken. what() names the file, what is there and the way out; it may be shown to an operator as it
// is.
class ModuleError : public std::runtime_error {
 public:
  ModuleError(std::filesystem::path file, const std::string& what)
      : std::runtime_error("plugin file " + file.string() + ": " + what), file_(std::move(file)) {}

  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
};

struct Module {
  std::filesystem::path file;       // empty: linked in, not loaded (a test's fake)
  const mr_module* table = nullptr; // static data of the plugin, valid as long as the process
};

// Checks trust, inspects, loads (all symbols now, none shown to others) and validates. Never unloaded again, also when
// a later check refuses it: code that ran once may have left threads or handlers behind. Throws ModuleError.
Module load(const std::filesystem::path& file);

// [any] What is wrong with files that were written over in place since they were loaded, a sentence each: the system
// shows what stands in a file now to the code that runs from it, and whoever looks at its tables may end there. Looks
// at none of them. One that another file took the place of is no such case: the old one lives as long as it is used.
std::vector<std::string> written_over();

} // namespace millrace::modules
