#include "engine/modules/module.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <boost/dll/shared_library.hpp>
#include <map>
#include <mutex>

#include "engine/modules/inspect.hpp"
#include "engine/modules/trust.hpp"
#include "engine/modules/validate.hpp"

namespace millrace::modules {
namespace {

// Which inode stands behind a loaded path: the loader knows a library by its path and would hand out the old code for a
// new file.
struct Loaded {
  boost::dll::shared_library library;
  std::filesystem::file_time_type written;
  std::uintmax_t size = 0;
};

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
  const auto written = std::filesystem::last_write_time(file);
  const auto size = std::filesystem::file_size(file);
  if (const auto found = kept.by_file.find(file); found != kept.by_file.end()) {
    if (found->second.written != written || found->second.size != size) {
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
    return kept.by_file.emplace(file, Loaded{std::move(library), written, size}).first->second.library;
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
