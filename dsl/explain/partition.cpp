// Partitioners as Kafka's clients have them, for saying where a message will lie.
#include <boost/crc.hpp>

#include "dsl/explain/explain.hpp"

namespace millrace::dsl {
namespace {

constexpr std::uint32_t kPositive = 0x7FFF'FFFFU;

/// As Java's client does it, over bytes.
std::uint32_t murmur2(std::string_view key) {
  constexpr std::uint32_t kMix = 0x5BD1'E995U;
  constexpr std::uint32_t kSeed = 0x9747'B28CU;
  const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(key[at])); };
  const auto size = static_cast<std::uint32_t>(key.size());
  std::uint32_t hash = kSeed ^ size;
  std::size_t at = 0;
  for (; at + 4 <= key.size(); at += 4) {
    std::uint32_t word = byte(at) | byte(at + 1) << 8U | byte(at + 2) << 16U | byte(at + 3) << 24U;
    word *= kMix;
    word ^= word >> 24U;
    word *= kMix;
    hash = hash * kMix ^ word;
  }
  std::uint32_t rest = 0;
  for (std::size_t left = key.size() - at; left > 0; --left) {
    rest = rest << 8U | byte(at + left - 1);
  }
  if (at < key.size()) {
    hash = (hash ^ rest) * kMix;
  }
  hash ^= hash >> 13U;
  hash *= kMix;
  return hash ^ hash >> 15U;
}

std::uint32_t fnv1a(std::string_view key) {
  std::uint32_t hash = 0x811C'9DC5U;
  for (const char c : key) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x0100'0193U;
  }
  return hash;
}

} // namespace

std::optional<std::uint32_t> partition_of(std::string_view key, std::string_view partitioner,
                                          std::uint32_t partitions) {
  if (key.empty() || partitions == 0 || partitioner == "random") {
    return std::nullopt;
  }
  if (partitioner.empty() || partitioner.starts_with("murmur2")) {
    return (murmur2(key) & kPositive) % partitions;
  }
  if (partitioner.starts_with("fnv1a")) {
    const auto hash = static_cast<std::int32_t>(fnv1a(key)); // librdkafka takes the magnitude
    return static_cast<std::uint32_t>(hash < 0 ? -static_cast<std::int64_t>(hash) : hash) % partitions;
  }
  boost::crc_32_type crc;
  crc.process_bytes(key.data(), key.size());
  return crc.checksum() % partitions;
}

} // namespace millrace::dsl
