// What a shared object says about itself, read from its bytes: no line of it runs. Nothing is decided here but whether
// it can be a plugin for this engine at all.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace millrace::modules {

struct Manifest {
  std::string name;                 // of the module, from the ELF note; empty: it has none
  std::string version;              // likewise
  std::vector<std::string> exports; // every symbol it defines and shows, sorted
};

// Reads the dynamic symbols and the note of an ELF file. Throws ModuleError when it is no shared object for this
// machine.
Manifest read_manifest(const std::filesystem::path& file);

// As above, and refuses (ModuleError) what is no plugin of this contract: no module symbol, another major, more than
// one export.
Manifest inspect(const std::filesystem::path& file);

} // namespace millrace::modules
