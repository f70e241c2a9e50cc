// Messages of the language server protocol in a stream of bytes: `Content-Length: 12`, an empty line, and so many
// bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::lsp {

inline constexpr std::size_t kLargestMessage = std::size_t{128} << 20;

class Framing {
 public:
  explicit Framing(std::size_t largest = kLargestMessage) : largest_(largest) {}

  void add(std::string_view bytes) { bytes_.append(bytes); }

  struct Message {
    std::string text;
    std::string problem; // not empty: there is no text, and this is why
  };
  /// The next one, if all of it is there. A message that is too large is passed over when its end has come.
  std::optional<Message> next();
  /// The stream cannot be read on: no length was given where a message begins.
  bool broken() const { return broken_; }

 private:
  std::size_t largest_;
  std::string bytes_;
  std::size_t at_ = 0;      // what of them has been taken
  std::size_t to_skip_ = 0; // of a message that is too large
  bool broken_ = false;
};

/// The message as it goes into the stream.
std::string framed(std::string_view text);

} // namespace millrace::lsp
