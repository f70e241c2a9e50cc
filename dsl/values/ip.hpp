// IP addresses: 16 bytes, version 4 as the IPv4-mapped address that it equals. Their text, and the blocks of them that
// stand behind `in`.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "dsl/program.hpp"
#include "dsl/values/value.hpp"

namespace millrace::dsl {

/// `10.0.0.1` without leading zeros, or version 6 in any of its spellings; no zone, no prefix.
std::optional<Ip> parse_ip(std::string_view text);

/// Writes the address as RFC 5952 has it, what is mapped as version 4; at most kIpSize characters.
inline constexpr std::size_t kIpSize = 39;
char* write_ip(char* out, const Ip& ip);

/// `10.0.0.0/8`. With bits set behind the prefix it is no block; `block` is then the one that holds the address, for
/// the message.
struct Cidr {
  IpBlock block;
  bool host_bits = false;
};

/// Absent where the text is no address with a prefix.
std::optional<Cidr> parse_cidr(std::string_view text);

bool is_v4(const Ip& ip);

/// An address of version 4 is in no block of version 6, not even in `::/0`.
bool contains(const IpBlock& block, const Ip& ip);

} // namespace millrace::dsl
