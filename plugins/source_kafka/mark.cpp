#include "plugins/source_kafka/mark.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace millrace::source_kafka {
namespace {

constexpr std::string_view kPrefix = "mark=";

// FNV-1a over eight bytes at a time: a record is hashed once a batch, and some are large.
class Hash {
 public:
  void add(std::uint64_t word) noexcept {
    value_ = (value_ ^ word) * 0x100000001b3U;
    value_ ^= value_ >> 29U;
  }
  void add(const void* data, std::size_t size) noexcept {
    if (data == nullptr) {
      add(UINT64_MAX);
      return;
    }
    add(size);
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (; size >= 8; size -= 8, bytes += 8) {
      add(word(bytes, 8));
    }
    add(word(bytes, size));
  }
  std::uint64_t value() const noexcept { return value_; }

 private:
  static std::uint64_t word(const unsigned char* bytes, std::size_t size) noexcept {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < size; ++i) {
      out |= static_cast<std::uint64_t>(bytes[i]) << (8 * i); // the same on every machine
    }
    return out;
  }
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

} // namespace

std::uint64_t mark_of(std::int64_t time_ms, const void* key, std::size_t key_size, const void* payload,
                      std::size_t payload_size) noexcept {
  Hash hash;
  hash.add(static_cast<std::uint64_t>(time_ms));
  hash.add(key, key_size);
  hash.add(payload, payload_size);
  return hash.value() != 0 ? hash.value() : 1;
}

std::string metadata_of(std::uint64_t mark) {
  if (mark == 0) {
    return {};
  }
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), mark, 16);
  return std::string(kPrefix) + std::string(digits.data(), end);
}

std::uint64_t mark_in(std::string_view metadata) noexcept {
  std::uint64_t mark = 0;
  if (metadata.substr(0, kPrefix.size()) != kPrefix) {
    return 0;
  }
  const char* end = metadata.data() + metadata.size();
  const auto [last, error] = std::from_chars(metadata.data() + kPrefix.size(), end, mark, 16);
  return error == std::errc() && last == end ? mark : 0;
}

} // namespace millrace::source_kafka
