// "127.0.0.1:8686", "[::1]:8686", "localhost:8686".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::config {

struct Address {
  bool operator==(const Address&) const = default;

  std::string host; // without brackets
  std::uint16_t port = 0;

  std::string text() const;
  // Nobody else can reach it.
  bool is_loopback() const;
};

std::optional<Address> parse_address(std::string_view text);

} // namespace millrace::config
