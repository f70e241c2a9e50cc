// Bytes of one file, plain or gzip, or of standard input. Knows offsets, not lines.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace millrace::source_file {

class Input {
 public:
  // Opens a file for reading; whether it is gzip is read from its first bytes. "-" is standard input. Throws
  // transient() naming the file and the system's reason.
  explicit Input(const std::string& path);
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input();

  // Reads up to `size` unpacked bytes. 0: nothing now (at the end, or standard input has nothing yet). Throws when the
  // file cannot be read or its gzip stream is broken.
  std::size_t read(char* into, std::size_t size);
  // Goes forward to an offset of unpacked bytes. Answers the offset that was reached: less if the file is shorter.
  std::uint64_t skip_to(std::uint64_t offset);

  // For standard input: false when it will give no more.
  bool open() const noexcept { return open_; }
  int fd() const noexcept { return fd_; }
  bool gzip() const noexcept { return gzip_ != nullptr; }
  std::uint64_t offset() const noexcept { return offset_; }

 private:
  [[noreturn]] void fail(const std::string& what) const;

  std::string path_;
  int fd_ = -1;
  gzFile gzip_ = nullptr;
  bool open_ = true;
  std::uint64_t offset_ = 0;
};

} // namespace millrace::source_file
