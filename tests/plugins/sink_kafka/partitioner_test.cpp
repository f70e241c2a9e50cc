// Which partition a message goes to.
#include "plugins/sink_kafka/partitioner.hpp"

#include <gtest/gtest.h>
#include <millrace/text.hpp>

#include "dsl/explain/explain.hpp"

namespace millrace::sink_kafka {
namespace {

std::int32_t placed(const mr_message& message, std::int32_t partitions = 1'000'000) {
  return place(*partitioner_of(kDefaultPartitioner), message, nullptr, partitions, 0);
}

TEST(Partitioner, HashesKeysAsKafkasOwnClientsDo) {
  mr_message message{};
  message.key = str("21");
  // murmur2("21") is -973932308 in Kafka's own unit tests; the sign bit is masked.
  EXPECT_EQ(placed(message),
            static_cast<std::int32_t>((static_cast<std::uint32_t>(-973932308) & 0x7fffffffU) % 1'000'000U));
}

TEST(Partitioner, PartitionByDecidesInPlaceOfTheKey) {
  mr_message by_key{};
  by_key.key = str("device-7");
  mr_message by_other{};
  by_other.key = str("another");
  by_other.partition_by = str("device-7");
  EXPECT_EQ(placed(by_key), placed(by_other));
}

TEST(Partitioner, AnEmptyKeyCountsAsAbsent) {
  mr_message message{};
  message.key = str("");
  EXPECT_FALSE(present(decides(message)));
  message.partition_by = str("");
  EXPECT_TRUE(present(decides(message))) << "an empty partition_by was asked for";
}

TEST(Partitioner, ExplainSaysThePartitionThatLibrdkafkaChooses) {
  for (const char* const name :
       {"murmur2", "murmur2_random", "consistent", "consistent_random", "fnv1a", "fnv1a_random"}) {
    for (int i = 0; i < 200; ++i) {
      const std::string key = "device-" + std::string(static_cast<std::size_t>(i % 7), '\xC3') + std::to_string(i * i);
      mr_message message{};
      message.key = str(key);
      const std::int32_t partitions = 1 + i % 97;
      const std::int32_t chosen = place(*partitioner_of(name), message, nullptr, partitions, 0);
      EXPECT_EQ(dsl::partition_of(key, name, static_cast<std::uint32_t>(partitions)),
                static_cast<std::uint32_t>(chosen))
          << name << " " << key << " of " << partitions;
    }
  }
}

TEST(Partitioner, UnknownNamesHaveNone) {
  EXPECT_TRUE(partitioner_of("fnv1a_random"));
  EXPECT_FALSE(partitioner_of("murmur3"));
}

} // namespace
} // namespace millrace::sink_kafka
