// A file by its descriptor, as the folder of records and its journal use it: each call throws Unavailable with the
// path.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "engine/records/records.hpp"

namespace millrace::records {

[[noreturn]] inline void unavailable(const std::filesystem::path& path, std::string_view what, int error) {
  throw Unavailable(fmt::format("{} cannot be {}: {}", path.string(), what, std::strerror(error)));
}

inline void write_all(const std::filesystem::path& path, int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      unavailable(path, "written", errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
}

class Descriptor {
 public:
  Descriptor(std::filesystem::path path, int flags)
      : path_(std::move(path)), fd_(::open(path_.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) {
      unavailable(path_, "opened", errno);
    }
  }
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(Descriptor&& other) noexcept : path_(other.path_), fd_(other.release()) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int fd() const { return fd_; }
  // Whoever gets it closes it.
  int release() { return std::exchange(fd_, -1); }

  void write(std::string_view bytes) { write_all(path_, fd_, bytes); }
  void sync() {
    if (::fsync(fd_) != 0) {
      unavailable(path_, "written", errno);
    }
  }

 private:
  const std::filesystem::path path_;
  int fd_;
};

} // namespace millrace::records
