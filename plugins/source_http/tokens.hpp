// The bearer tokens that senders may show. Only digests are kept, and every comparison takes the same time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace millrace::source_http {

class Tokens {
 public:
  Tokens() = default;
  // One token a line; empty lines and lines that begin with # do not count. Throws invalid() when a line cannot be a
  // token, naming its number only.
  explicit Tokens(std::string_view lines);

  bool required() const noexcept { return !digests_.empty(); }
  // Which one it is (from 0), or none.
  std::optional<std::size_t> find(std::string_view token) const noexcept;

 private:
  using Digest = std::array<std::uint8_t, 32>;
  static Digest digest(std::string_view token) noexcept;

  std::vector<Digest> digests_;
};

} // namespace millrace::source_http
