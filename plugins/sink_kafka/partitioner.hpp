// Which partition a message goes to. All messages of a topic are placed by one function, from `partition_by` or the
// key: partitions chosen in two ways would break the order of keys.
#pragma once

#include <librdkafka/rdkafka.h>
#include <millrace/plugin.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::sink_kafka {

using Hash = std::int32_t (*)(const rd_kafka_topic_t*, const void* key, std::size_t size, std::int32_t partitions,
                              void* topic_opaque, void* message_opaque);

struct Partitioner {
  Hash hash = nullptr;
  bool spreads_absent = false; // messages with nothing to decide by go anywhere
};

inline constexpr std::string_view kDefaultPartitioner = "murmur2_random"; // what Kafka's own Java clients do

// By the name that a topic's `partitioner` gives: murmur2_random, murmur2, consistent_random, consistent, fnv1a_random,
// fnv1a, random. Empty when there is none of that name.
std::optional<Partitioner> partitioner_of(std::string_view name) noexcept;
inline constexpr std::string_view kPartitioners =
    "murmur2_random, murmur2, consistent_random, consistent, fnv1a_random, fnv1a, random";

// What decides: partition_by, else the key; absent when both are, and an empty key counts as absent.
mr_str decides(const mr_message& message) noexcept;

// `salt` is the same for messages that should lie together in one batch.
// Only within librdkafka's call of a partitioner.
std::int32_t place(const Partitioner& partitioner, const mr_message& message, const rd_kafka_topic_t* topic,
                   std::int32_t partitions, std::uint32_t salt) noexcept;

} // namespace millrace::sink_kafka
