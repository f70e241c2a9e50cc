#include "plugins/sink_kafka/partitioner.hpp"

#include <array>
#include <utility>

namespace millrace::sink_kafka {
namespace {

// The first partition from `salt` on whose leader is known.
std::int32_t any_partition(const rd_kafka_topic_t* topic, std::uint32_t salt, std::int32_t partitions) noexcept {
  const auto count = static_cast<std::uint32_t>(partitions);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto candidate = static_cast<std::int32_t>((salt + i) % count);
    if (rd_kafka_topic_partition_available(topic, candidate) != 0) {
      return candidate;
    }
  }
  return static_cast<std::int32_t>(salt % count);
}

} // namespace

std::optional<Partitioner> partitioner_of(std::string_view name) noexcept {
  static constexpr std::array<std::pair<std::string_view, Partitioner>, 7> kAll = {{
      {"murmur2_random", {&rd_kafka_msg_partitioner_murmur2_random, true}},
      {"murmur2", {&rd_kafka_msg_partitioner_murmur2, false}},
      {"consistent_random", {&rd_kafka_msg_partitioner_consistent_random, true}},
      {"consistent", {&rd_kafka_msg_partitioner_consistent, false}},
      {"fnv1a_random", {&rd_kafka_msg_partitioner_fnv1a_random, true}},
      {"fnv1a", {&rd_kafka_msg_partitioner_fnv1a, false}},
      {"random", {&rd_kafka_msg_partitioner_random, true}},
  }};
  for (const auto& [known, partitioner] : kAll) {
    if (known == name) {
      return partitioner;
    }
  }
  return std::nullopt;
}

mr_str decides(const mr_message& message) noexcept {
  if (message.partition_by.data != nullptr) {
    return message.partition_by;
  }
  return message.key.size != 0 ? message.key : mr_str{nullptr, 0};
}

std::int32_t place(const Partitioner& partitioner, const mr_message& message, const rd_kafka_topic_t* topic,
                   std::int32_t partitions, std::uint32_t salt) noexcept {
  const mr_str by = decides(message);
  if (by.data == nullptr && partitioner.spreads_absent) {
    return any_partition(topic, salt, partitions);
  }
  return partitioner.hash(topic, by.data, by.size, partitions, nullptr, nullptr);
}

} // namespace millrace::sink_kafka
