// Tells when something in a folder or below has changed, once things have become quiet: editors and deployments write
// several files, one after the other, and some in several steps.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace millrace::runtime {

// what() names the folder and why it cannot be watched.
class CannotWatch : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class FolderWatch {
 public:
  // `changed` gets the name of a file that changed, on a thread of its own, one call at a time; what changes meanwhile
  // is told afterwards. Hidden files and what editors write beside a file are overlooked. Throws CannotWatch.
  FolderWatch(const std::vector<std::filesystem::path>& folders, std::chrono::milliseconds quiet,
              std::function<void(const std::string& file)> changed);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

 private:
  void add(const std::filesystem::path& folder, bool must);
  void run();
  std::string read_events();

  const std::chrono::milliseconds quiet_;
  const std::function<void(const std::string& file)> changed_;
  int events_ = -1; // inotify
  int stop_ = -1;   // readable: the end
  std::map<int, std::filesystem::path> folders_;
  std::thread thread_;
};

} // namespace millrace::runtime
