// Which plugins there are: the modules of the plugin folders, found, loaded and looked up by kind and name.
#pragma once

#include <millrace/plugin.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/modules/module.hpp"

namespace millrace::modules {

// One plugin and the module it came in. Cheap to copy; what it points to lives as long as the process.
struct Plugin {
  const mr_plugin* table = nullptr;
  const mr_module* module = nullptr;
  std::filesystem::path file;

  // "kafka 1.0.0", for logs and blame.
  std::string title() const;
};

// What was not taken: a file, or a whole folder that is missing or cannot be read.
struct Refusal {
  std::filesystem::path path;
  std::string text; // a whole sentence that names it, what is there and the way out
  bool folder = false;
};

class Catalogue {
 public:
  // Loads every *.so of the folders, in their order. A file that is refused is remembered and does not stop the others:
  // it may be nobody's plugin. A folder that is missing is a refusal too.
  static Catalogue load(std::span<const std::filesystem::path> folders);

  // Takes up a module. Of two plugins with one kind and name the first one stays, unless the later file lies in the
  // same folder and has the higher version: versions may lie side by side (sink_kafka-1.1.0.so).
  void add(const Module& module);

  // What runs goes on: of a kind and name that `running` has, its plugin stands before those of the folders, whatever
  // became of its file. Not so for those of which `newer` says that the newest is wanted.
  void keep(const Catalogue& running, const std::function<bool(const Plugin&)>& newer);

  // Sorted by kind, then name.
  std::span<const Plugin> plugins() const { return plugins_; }
  // Plugins that another of the same kind and name stands before.
  std::span<const Plugin> hidden() const { return hidden_; }
  std::span<const Refusal> refused() const { return refused_; }

  // nullptr: there is none.
  const Plugin* find(std::uint32_t kind, std::string_view name) const;
  std::vector<std::string> names(std::uint32_t kind) const;

 private:
  void load_folder(const std::filesystem::path& folder);
  void add(const Plugin& plugin);

  std::vector<Plugin> plugins_;
  std::vector<Plugin> hidden_;
  std::vector<Refusal> refused_;
};

// Where plugins are looked for when the configuration names no folder: `plugins` beside the folder of the executable,
// then `lib/millrace/plugins` beside it. Only those that are there.
std::vector<std::filesystem::path> default_folders(const std::filesystem::path& executable);

} // namespace millrace::modules
