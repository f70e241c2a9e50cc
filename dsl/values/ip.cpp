#include "dsl/values/ip.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace millrace::dsl {
namespace {

constexpr std::array<std::uint8_t, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

/// Decimal digits without a leading zero, up to `most`, taken from the front of `text`.
std::optional<unsigned> take_number(std::string_view& text, unsigned most) {
  unsigned value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    value = value * 10 + static_cast<unsigned>(text[digits] - '0');
    if (value > most) {
      return std::nullopt;
    }
  }
  if (digits == 0 || (digits > 1 && text[0] == '0')) {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  return value;
}

bool parse_v4(std::string_view text, std::uint8_t* out) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (!text.starts_with('.')) {
        return false;
      }
      text.remove_prefix(1);
    }
    const auto value = take_number(text, 255);
    if (!value) {
      return false;
    }
    *out++ = static_cast<std::uint8_t>(*value);
  }
  return text.empty();
}

unsigned hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<unsigned>(c - '0');
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a' + 10) : 16;
}

/// Up to four hexadecimal digits from the front of `text`.
std::optional<unsigned> take_group(std::string_view& text) {
  unsigned value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && hex_digit(text[digits]) < 16; ++digits) {
    if (digits == 4) {
      return std::nullopt;
    }
    value = value << 4U | hex_digit(text[digits]);
  }
  text.remove_prefix(digits);
  return digits > 0 ? std::optional(value) : std::nullopt;
}

/// Groups up to the end of the text or a `::`, the last one maybe as version 4.
struct Groups {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t size = 0;
};

std::optional<Groups> parse_groups(std::string_view text) {
  Groups out;
  while (!text.empty()) {
    if (out.size > 0) {
      if (!text.starts_with(':')) {
        return std::nullopt;
      }
      text.remove_prefix(1);
    }
    if (text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
      if (out.size > 12 || !parse_v4(text, out.bytes.data() + out.size)) {
        return std::nullopt;
      }
      out.size += 4;
      return out;
    }
    const auto group = take_group(text);
    if (!group || out.size > 14) {
      return std::nullopt;
    }
    out.bytes[out.size++] = static_cast<std::uint8_t>(*group >> 8U);
    out.bytes[out.size++] = static_cast<std::uint8_t>(*group);
  }
  return out;
}

std::optional<Ip> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const auto head = parse_groups(text.substr(0, gap));
  if (gap == std::string_view::npos) {
    return head && head->size == 16 ? std::optional(head->bytes) : std::nullopt;
  }
  const auto tail = parse_groups(text.substr(gap + 2));
  const bool v4_in_head = text.substr(0, gap).find('.') != std::string_view::npos;
  if (!head || !tail || v4_in_head || head->size + tail->size > 14) {
    return std::nullopt;
  }
  Ip out = head->bytes;
  std::copy_n(tail->bytes.begin(), tail->size, out.end() - static_cast<std::ptrdiff_t>(tail->size));
  return out;
}

/// Whether bits are set behind the first `bits`.
bool has_bits_behind(const Ip& ip, unsigned bits) {
  for (unsigned bit = bits; bit < 128; ++bit) {
    if ((ip[bit / 8] >> (7U - bit % 8) & 1U) != 0) {
      return true;
    }
  }
  return false;
}

Ip without_bits_behind(Ip ip, unsigned bits) {
  for (unsigned bit = bits; bit < 128; ++bit) {
    ip[bit / 8] = static_cast<std::uint8_t>(ip[bit / 8] & ~(0x80U >> bit % 8));
  }
  return ip;
}

char* write_v4(char* out, const std::uint8_t* bytes) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) {
      *out++ = '.';
    }
    out = std::to_chars(out, out + 3, static_cast<unsigned>(bytes[i])).ptr;
  }
  return out;
}

/// The longest run of zero groups, the first of equal ones; one group alone is none.
struct Run {
  int first = -1;
  int count = 1;
};

Run longest_zeros(const std::array<unsigned, 8>& groups) {
  Run best;
  for (int i = 0; i < 8; ++i) {
    int end = i;
    while (end < 8 && groups[static_cast<std::size_t>(end)] == 0) {
      ++end;
    }
    if (end - i > best.count) {
      best = {i, end - i};
    }
  }
  return best;
}

} // namespace

bool is_v4(const Ip& ip) { return std::equal(kV4Prefix.begin(), kV4Prefix.end(), ip.begin()); }

std::optional<Ip> parse_ip(std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    return parse_v6(text);
  }
  Ip out{};
  std::copy(kV4Prefix.begin(), kV4Prefix.end(), out.begin());
  return parse_v4(text, out.data() + kV4Prefix.size()) ? std::optional(out) : std::nullopt;
}

char* write_ip(char* out, const Ip& ip) {
  if (is_v4(ip)) {
    return write_v4(out, ip.data() + kV4Prefix.size());
  }
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<unsigned>(ip[2 * i] << 8U | ip[2 * i + 1]);
  }
  const Run zeros = longest_zeros(groups);
  for (int i = 0; i < 8; ++i) {
    if (i == zeros.first) {
      *out++ = ':';
      *out++ = ':';
      i += zeros.count - 1;
      continue;
    }
    if (i > 0 && out[-1] != ':') {
      *out++ = ':';
    }
    out = std::to_chars(out, out + 4, groups[static_cast<std::size_t>(i)], 16).ptr;
  }
  return out;
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view written = text.substr(0, slash);
  const auto address = parse_ip(written);
  const unsigned most = written.find(':') == std::string_view::npos ? 32 : 128;
  std::string_view rest = text.substr(slash + 1);
  const auto prefix = take_number(rest, most);
  if (!address || !prefix || !rest.empty()) {
    return std::nullopt;
  }
  const unsigned bits = *prefix + 128 - most;
  Cidr out;
  out.block = {without_bits_behind(*address, bits), static_cast<std::uint8_t>(bits)};
  out.host_bits = has_bits_behind(*address, bits);
  return out;
}

bool contains(const IpBlock& block, const Ip& ip) {
  if (block.bits < 96 && is_v4(ip)) {
    return false;
  }
  const std::size_t bytes = block.bits / 8;
  if (std::memcmp(block.address.data(), ip.data(), bytes) != 0) {
    return false;
  }
  const unsigned rest = block.bits % 8;
  return rest == 0 || ((block.address[bytes] ^ ip[bytes]) >> (8 - rest)) == 0;
}

} // namespace millrace::dsl
