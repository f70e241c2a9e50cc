// What the sink writes is what the source reads, on a real broker, also when that is killed in between.
#include "tests/plugins/kafka/broker.hpp"
#include "tests/plugins/kafka/log.hpp"
#include "tests/plugins/kafka/pump.hpp"

#include <millrace/testing/sink.hpp>

#include <algorithm>
#include <thread>

namespace millrace {
namespace {

using kafka_test::Pump;
using kafka_test::Seen;

const mr_plugin& sink_plugin() {
  static const mr_plugin& found =
      testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/sink_kafka.so"), MR_SINK);
  return found;
}

constexpr auto kOk = static_cast<std::uint32_t>(MR_RECORD_OK);

class KafkaRoundtrip : public kafka_test::RealKafka {
 protected:
  std::vector<testing::Setting> sink_settings() { return {{"brokers", broker().address()}}; }
  std::vector<testing::Setting> source_settings(const std::string& topic) {
    return {{"brokers", broker().address()}, {"group", "g-" + topic}, {"topics", std::vector<std::string>{topic}}};
  }
  kafka_test::Stored stored_;
};

// A message of which each part may be absent or empty.
struct Sent {
  mr_str key, payload, partition_by;
  std::vector<mr_pair> headers;
};

TEST_F(KafkaRoundtrip, KeysHeadersTombstonesAndEmptyValuesArriveAsTheyWere) {
  const std::string topic = broker().topic(1);
  const std::vector<Sent> sent = {
      {str("k"), str("payload"), kAbsent, {{str("h"), str("v")}, {str("h"), str("again")}}},
      {str("k"), kAbsent, kAbsent, {}}, // a tombstone
      {kAbsent, str(""), kAbsent, {}},  // an empty value
      {str(""), str("x"), kAbsent, {}}, // an empty key is sent as none
      {str("k"), str("y"), kAbsent, {{str("none"), kAbsent}, {str("empty"), str("")}}},
      {str(std::string_view("\0\xff", 2)), str(std::string_view("\0", 1)), kAbsent, {}},
  };
  testing::Sink sink(sink_plugin(), sink_settings());
  sink.start();
  sink.bind(1, topic);
  mr_range origin{};
  origin.partition = -1;
  std::vector<mr_event> events(sent.size());
  std::vector<mr_message> messages(sent.size());
  std::vector<const mr_message*> pointers;
  std::vector<const mr_event*> from;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    events[i].origin = &origin;
    events[i].payload = sent[i].payload;
    messages[i].event = &events[i]; // the payload is the event's own
    messages[i].target = 1;
    messages[i].key = sent[i].key;
    messages[i].headers = sent[i].headers.data();
    messages[i].header_count = static_cast<std::uint32_t>(sent[i].headers.size());
    messages[i].time_us = 1'442'016'000'123'456;
    pointers.push_back(&messages[i]);
    from.push_back(&events[i]);
  }
  mr_part part{};
  part.target = 1;
  part.messages = pointers.data();
  part.events = from.data();
  part.count = pointers.size();
  mr_delivery delivery{};
  delivery.id = 1;
  delivery.first_id = 1;
  delivery.attempt = 1;
  delivery.parts = &part;
  delivery.part_count = 1;
  ASSERT_EQ(sink.write(delivery).rest, kOk);

  Pump pump(source_settings(topic), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == sent.size(); }));
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const Seen& seen = pump.seen[i];
    EXPECT_EQ(seen.position, i);
    EXPECT_EQ(seen.time_us, 1'442'016'000'123'000) << "Kafka keeps milliseconds";
    EXPECT_EQ(seen.key, sent[i].key.size == 0 ? std::nullopt : kafka_test::optional_text(sent[i].key)) << i;
    EXPECT_EQ(seen.payload, kafka_test::optional_text(sent[i].payload)) << i;
    ASSERT_EQ(seen.headers.size(), sent[i].headers.size()) << i;
    for (std::size_t h = 0; h < seen.headers.size(); ++h) {
      EXPECT_EQ(seen.headers[h].first, view(sent[i].headers[h].key));
      EXPECT_EQ(seen.headers[h].second, kafka_test::optional_text(sent[i].headers[h].value)) << i;
    }
  }
  EXPECT_TRUE(pump.source().violations().empty());
  EXPECT_TRUE(sink.violations().empty());
}

TEST_F(KafkaRoundtrip, OneKeyGoesToOnePartitionAlsoByPartitionBy) {
  const std::string topic = broker().topic(8);
  testing::Sink sink(sink_plugin(), sink_settings());
  sink.start();
  sink.bind(1, topic);
  testing::Delivery delivery;
  std::vector<mr_message*> all;
  for (int i = 0; i < 400; ++i) {
    delivery.message(1, std::to_string(i), "key-" + std::to_string(i % 20));
  }
  mr_delivery& raw = delivery.get(1);
  for (std::size_t i = 200; i < 400; ++i) { // the same value decides, the key is another
    auto& message = const_cast<mr_message&>(*raw.parts[0].messages[i]);
    message.partition_by = message.key;
    message.key = str("another");
  }
  ASSERT_EQ(sink.write(raw).rest, kOk);
  std::map<int, std::set<std::int32_t>> partitions;
  for (const kafka_test::Logged& stored : kafka_test::read_topic(broker().address(), topic, 8)) {
    partitions[std::stoi(*stored.payload) % 20].insert(stored.partition);
  }
  std::set<std::int32_t> used;
  for (const auto& [key, places] : partitions) {
    EXPECT_EQ(places.size(), 1U) << "key " << key;
    used.insert(places.begin(), places.end());
  }
  EXPECT_GT(used.size(), 3U);
}

TEST_F(KafkaRoundtrip, ARecordThatTheTopicRefusesLeavesItsNeighboursAlone) {
  const std::string topic = broker().topic(1);
  testing::Sink sink(sink_plugin(), {{"brokers", broker().address()},
                                     {"linger", "50ms"},
                                     {"settings", std::vector<std::string>{"message.max.bytes=5000000"}}});
  sink.start();
  sink.bind(1, topic);
  testing::Delivery delivery;
  delivery.message(1, "small");
  delivery.message(1, std::string(2'000'000, 'x')); // over the broker's max.message.bytes of 1 MiB
  delivery.message(1, "small too");
  const testing::Completion done = sink.write(delivery.get(1));
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].record, 1U);
  EXPECT_EQ(done.exceptions[0].outcome, static_cast<std::uint32_t>(MR_RECORD_REJECTED));
  EXPECT_EQ(kafka_test::read_topic(broker().address(), topic, 1).size(), 2U);
}

TEST_F(KafkaRoundtrip, ABrokerThatIsKilledLosesNothingAndStoresNothingTwice) {
  const std::string topic = broker().topic(2);
  testing::Sink sink(sink_plugin(), sink_settings());
  sink.start();
  sink.bind(1, topic);
  Pump pump(source_settings(topic), stored_);
  pump.start();
  constexpr int kDeliveries = 300;
  constexpr int kRecords = 20;
  std::thread writer([&] {
    for (int d = 0; d < kDeliveries; ++d) {
      testing::Delivery delivery;
      for (int i = 0; i < kRecords; ++i) {
        delivery.message(1, std::to_string(d * kRecords + i), "k" + std::to_string(i));
      }
      std::uint64_t id = static_cast<std::uint64_t>(d) * 100 + 1;
      for (std::uint32_t attempt = 1; sink.write(delivery.get(id, attempt)).rest != kOk; ++attempt) {
        ++id;
      }
      if (d == kDeliveries / 2) {
        broker().kill();
        broker().start();
      }
    }
  });
  const bool all = pump.until([&] { return pump.seen.size() >= kDeliveries * kRecords; }, std::chrono::seconds(120));
  writer.join();
  EXPECT_TRUE(all) << pump.seen.size() << " of " << kDeliveries * kRecords;
  std::set<int> distinct;
  for (const Seen& seen : pump.seen) {
    distinct.insert(std::stoi(*seen.payload));
  }
  EXPECT_EQ(distinct.size(), static_cast<std::size_t>(kDeliveries * kRecords));
  EXPECT_EQ(pump.seen.size(), distinct.size());
  EXPECT_TRUE(pump.source().violations().empty());
}

} // namespace
} // namespace millrace
