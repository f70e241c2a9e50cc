// Where the fixture plugins lie, a folder of a test's own, and a host that answers nothing.
#pragma once

#include <gtest/gtest.h>
#include <millrace/plugin.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/modules/module.hpp"

namespace millrace::modules {

inline std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(FIXTURE_PLUGINS) / (name + ".so");
}

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-modules-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path take(const std::string& name) const { return take(name, name + ".so"); }
  std::filesystem::path take(const std::string& name, const std::string& as) const {
    std::filesystem::copy_file(fixture(name), path_ / as);
    ::chmod((path_ / as).c_str(), 0755);
    return path_ / as;
  }

 private:
  std::filesystem::path path_;
};

// What load() says about a file that it refuses; empty when it takes it.
inline std::string refusal(const std::filesystem::path& file) {
  try {
    load(file);
    return {};
  } catch (const ModuleError& error) {
    return error.what();
  }
}

inline mr_str str(std::string_view text) { return {text.data(), text.size()}; }

inline mr_host silent_host() {
  mr_host host{};
  host.pipeline = str("ingest");
  host.instance = str("sink.fixture");
  host.worker = str("ingest/0");
  host.owner = str("test/0");
  return host;
}

} // namespace millrace::modules
