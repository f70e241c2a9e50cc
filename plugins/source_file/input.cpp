#include "plugins/source_file/input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <millrace/failure.hpp>
#include <vector>

namespace millrace::source_file {

Input::Input(const std::string& path) : path_(path) {
  if (path == "-") {
    fd_ = STDIN_FILENO;
    return;
  }
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) {
    fail(std::strerror(errno));
  }
  std::array<unsigned char, 2> magic{};
  if (::pread(fd_, magic.data(), magic.size(), 0) == 2 && magic[0] == 0x1F && magic[1] == 0x8B) {
    gzip_ = gzdopen(fd_, "rb");
    if (gzip_ == nullptr) {
      ::close(fd_);
      fail("out of memory for its gzip stream");
    }
    gzbuffer(gzip_, 128U << 10U);
  }
}

Input::~Input() {
  if (gzip_ != nullptr) {
    gzclose(gzip_); // closes the descriptor too
  } else if (fd_ > STDIN_FILENO) {
    ::close(fd_);
  }
}

std::size_t Input::read(char* into, std::size_t size) {
  if (gzip_ != nullptr) {
    const int got = gzread(gzip_, into, static_cast<unsigned>(size));
    int code = Z_OK;
    const char* text = gzerror(gzip_, &code);
    // Z_BUF_ERROR: the file ends inside its stream; it may be still being written.
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)) {
      fail(std::string("its gzip stream is broken: ") + text);
    }
    if (got == 0) {
      gzclearerr(gzip_);
    }
    offset_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
  if (fd_ == STDIN_FILENO) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 0) <= 0) {
      return 0;
    }
  }
  ssize_t got = 0;
  do {
    got = ::read(fd_, into, size);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    fail(std::strerror(errno));
  }
  if (got == 0 && fd_ == STDIN_FILENO) {
    open_ = false;
  }
  offset_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

std::uint64_t Input::skip_to(std::uint64_t offset) {
  if (gzip_ == nullptr) {
    const off_t end = ::lseek(fd_, 0, SEEK_END);
    if (end < 0) {
      fail(std::strerror(errno));
    }
    offset_ = std::min<std::uint64_t>(offset, static_cast<std::uint64_t>(end));
    if (::lseek(fd_, static_cast<off_t>(offset_), SEEK_SET) < 0) {
      fail(std::strerror(errno));
    }
    return offset_;
  }
  if (offset < offset_) {
    gzrewind(gzip_);
    offset_ = 0;
  }
  std::vector<char> waste(64U << 10U);
  while (offset_ < offset && read(waste.data(), std::min<std::uint64_t>(waste.size(), offset - offset_)) > 0) {
  }
  return offset_;
}

void Input::fail(const std::string& what) const { throw transient("file '" + path_ + "' cannot be read: " + what); }

} // namespace millrace::source_file
