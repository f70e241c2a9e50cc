#include "engine/modules/module.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/dll/shared_library.hpp>
#include <map>
#include <mutex>

#include "engine/modules/inspect.hpp"
#include "engine/modules/trust.hpp"
#include "engine/modules/validate.hpp"

namespace millrace::modules {
namespace {

// The loader knows a library by its path and would hand out the old code for a new file.
struct Loaded {
  boost::dll::shared_library library;
  struct stat file {};
};

bool is_same(const struct stat& left, const struct stat& right) {
  return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

bool is_as_written(const struct stat& left, const struct stat& right) {
  return left.st_size == right.st_size && left.st_mtim.tv_sec == right.st_mtim.tv_sec &&
         left.st_mtim.tv_nsec == right.st_mtim.tv_nsec;
}

struct Shelf {
  std::mutex mutex;
  std::map<std::filesystem::path, Loaded> by_file;
};

// Never destroyed, so that nothing is unloaded at exit either.
Shelf& shelf() {
  static Shelf* const kept = new Shelf;
  return *kept;
}

void check_trust(const std::filesystem::path& file) {
  for (const std::filesystem::path& part : {file.parent_path(), file}) {
    if (const auto why = distrust(part, ::geteuid())) {
      throw ModuleError(file, "is not trusted: " + *why);
    }
  }
}

const boost::dll::shared_library& open(const std::filesystem::path& file) {
  Shelf& kept = shelf();
  const std::lock_guard lock(kept.mutex);
  struct stat now {};
  ::stat(file.c_str(), &now);
  if (const auto found = kept.by_file.find(file); found != kept.by_file.end()) {
    if (!is_same(found->second.file, now) || !is_as_written(found->second.file, now)) {
      throw ModuleError(
          file,
          "was replaced since it was loaded; install the new one under another name (name-1.2.0.so), as loaded "
          "code is never taken out");
    }
    return found->second.library;
  }
  try {
    boost::dll::shared_library library(boost::filesystem::path(file.string()),
                                       boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    return kept.by_file.emplace(file, Loaded{std::move(library), now}).first->second.library;
  } catch (const std::exception& error) {
    throw ModuleError(file, fmt::format("cannot be loaded: {}", error.what()));
  }
}

void check_note(const std::filesystem::path& file, const Manifest& manifest, const mr_module& table) {
  if (manifest.name.empty()) {
    throw ModuleError(
        file, fmt::format("has no note with name and version; add MR_NOTE(\"{} {}\")", table.name, table.version));
  }
  if (manifest.name != table.name || manifest.version != table.version) {
    throw ModuleError(file, fmt::format("says '{} {}' in its note and '{} {}' in its module; both have to be the same",
                                        manifest.name, manifest.version, table.name, table.version));
  }
}

} // namespace

std::vector<std::string> written_over() {
  Shelf& kept = shelf();
  const std::lock_guard lock(kept.mutex);
  std::vector<std::string> out;
  for (const auto& [file, loaded] : kept.by_file) {
    struct stat now {};
    if (::stat(file.c_str(), &now) == 0 && is_same(loaded.file, now) && !is_as_written(loaded.file, now)) {
      out.push_back(
          fmt::format("plugin file {}: was written over while it is loaded, so the code that runs is no longer "
                      "sound; start the engine anew, and install a new version beside the old one, under a name "
                      "of its own (name-1.2.0.so)",
                      file.string()));
    }
  }
  return out;
}

Module load(const std::filesystem::path& given) {
  std::error_code failed;
  const std::filesystem::path file = std::filesystem::canonical(given, failed);
  if (failed) {
    throw ModuleError(given, failed.message());
  }
  check_trust(file);
  const Manifest manifest = inspect(file);
  const auto& table = open(file).get<const mr_module>(MR_MODULE_SYMBOL);
  const std::vector<std::string> found = breaches(table);
  if (!found.empty()) {
    throw ModuleError(file, fmt::format("breaks the plugin contract:\n  {}", fmt::join(found, "\n  ")));
  }
  check_note(file, manifest, table);
  return Module{file, &table};
}

} // namespace millrace::modules
