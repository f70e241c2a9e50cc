// Lines of a stream, one after the other, of which none takes more memory than an event may have.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::cli {

class Lines {
 public:
  static constexpr std::size_t kLongest = std::size_t{16} << 20U;

  explicit Lines(std::istream& in) : in_(in) {}

  // The next line that is not blank, without its end, as long as the next one is not asked for; nothing behind the
  // last. A byte order mark in front of the first is no part of it.
  std::optional<std::string_view> next();
  // Asked before the first line: why there are no lines to read, as "this file is compressed by gzip; …". Else empty.
  std::string no_text();
  // Whether the line is longer, and only its beginning was kept.
  bool too_long() const { return too_long_; }
  std::uint64_t number() const { return number_; } // of that line, from 1

 private:
  std::optional<std::string_view> line();
  bool fill();

  std::istream& in_;
  std::string buffer_;
  std::size_t at_ = 0;
  bool too_long_ = false;
  std::uint64_t number_ = 0;
};

} // namespace millrace::cli
