// What becomes of records when the cluster fails: on librdkafka's mock cluster, where faults can be injected.
#include "tests/plugins/kafka/log.hpp"
#include "tests/plugins/kafka/mock.hpp"

#include <gtest/gtest.h>
#include <millrace/testing/module.hpp>
#include <millrace/testing/sink.hpp>

#include <algorithm>
#include <thread>

namespace millrace {
namespace {

using kafka_test::kInitProducerId;
using kafka_test::kProduce;
using kafka_test::Mock;
using kafka_test::read_topic;

const mr_plugin& plugin() {
  static const mr_plugin& found =
      testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/sink_kafka.so"), MR_SINK);
  return found;
}

constexpr auto kOk = static_cast<std::uint32_t>(MR_RECORD_OK);
constexpr auto kTransient = static_cast<std::uint32_t>(MR_RECORD_TRANSIENT);
constexpr auto kRejected = static_cast<std::uint32_t>(MR_RECORD_REJECTED);

testing::Setting setting(const std::string& text) { return {"settings", std::vector<std::string>{text}}; }

class SinkKafkaFaults : public ::testing::Test {
 protected:
  SinkKafkaFaults() { mock_.topic("t", 1); }
  std::vector<testing::Setting> with(std::vector<testing::Setting> more = {}) const {
    more.emplace_back("brokers", mock_.brokers());
    return more;
  }
  std::vector<std::string> payloads() const {
    std::vector<std::string> out;
    for (const kafka_test::Logged& stored : read_topic(mock_.brokers(), "t", 1)) {
      out.push_back(stored.payload.value_or("(none)"));
    }
    return out;
  }
  Mock mock_;
};

TEST_F(SinkKafkaFaults, ADeliveryIsCompleteWhenItsRecordsAreStored) {
  testing::Sink sink(plugin(), with());
  sink.start();
  sink.bind(1, "t");
  testing::Delivery delivery;
  delivery.message(1, "one");
  delivery.message(1, "two");
  const testing::Completion done = sink.write(delivery.get(1));
  EXPECT_EQ(done.rest, kOk);
  EXPECT_TRUE(done.exceptions.empty());
  EXPECT_EQ(payloads(), (std::vector<std::string>{"one", "two"}));
  EXPECT_TRUE(sink.violations().empty());
}

TEST_F(SinkKafkaFaults, ADeliveryWithoutRecordsIsCompleteAtOnce) {
  testing::Sink sink(plugin(), with());
  sink.start();
  testing::Delivery delivery;
  EXPECT_EQ(sink.write(delivery.get(1)).rest, kOk);
}

TEST_F(SinkKafkaFaults, TheNeighboursOfABadRecordAreStored) {
  testing::Sink sink(plugin(), with({{"linger", "50ms"}}));
  sink.start();
  sink.bind(1, "t");
  // Once for the batch of three, then once more for the first record that is sent alone.
  mock_.fail(kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  testing::Delivery delivery;
  for (const char* payload : {"a", "b", "c"}) {
    delivery.message(1, payload);
  }
  const testing::Completion done = sink.write(delivery.get(1));
  EXPECT_EQ(done.rest, kOk);
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].outcome, kRejected);
  EXPECT_EQ(done.exceptions[0].code, "MSG_SIZE_TOO_LARGE");
  EXPECT_EQ(payloads().size(), 2U);
  EXPECT_EQ(sink.host().metric("kafka_alone_total"), 3);
}

TEST_F(SinkKafkaFaults, ARecordOverTheClientsLimitIsRefusedWithoutItsNeighbours) {
  testing::Sink sink(plugin(), with({setting("message.max.bytes=2000")}));
  sink.start();
  sink.bind(1, "t");
  testing::Delivery delivery;
  delivery.message(1, "small");
  delivery.message(1, std::string(5'000, 'x'));
  delivery.message(1, "small too");
  const testing::Completion done = sink.write(delivery.get(1));
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].record, 1U);
  EXPECT_EQ(done.exceptions[0].outcome, kRejected);
  EXPECT_EQ(payloads(), (std::vector<std::string>{"small", "small too"}));
}

TEST_F(SinkKafkaFaults, FromTheFifthAttemptEachRecordIsSentAlone) {
  testing::Sink sink(plugin(), with());
  sink.start();
  sink.bind(1, "t");
  mock_.fail(kProduce, {RD_KAFKA_RESP_ERR_INVALID_RECORD});
  testing::Delivery delivery;
  delivery.message(1, "a");
  delivery.message(1, "b");
  const testing::Completion done = sink.write(delivery.get(1, 5));
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].outcome, kRejected);
  EXPECT_EQ(payloads().size(), 1U);
}

TEST_F(SinkKafkaFaults, AnUnknownTopicIsTransientAndSaidAloud) {
  rd_kafka_mock_topic_set_error(mock_.get(), "gone", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  testing::Sink sink(plugin(), with({setting("topic.metadata.propagation.max.ms=100")}));
  sink.start();
  sink.bind(1, "gone");
  sink.bind(2, "t");
  testing::Delivery delivery;
  delivery.message(1, "a");
  delivery.message(2, "b");
  const testing::Completion done = sink.write(delivery.get(1));
  EXPECT_EQ(done.rest, kOk);
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].outcome, kTransient);
  EXPECT_NE(done.error.find("topic 'gone'"), std::string::npos) << done.error;
  EXPECT_TRUE(sink.host().logged("millrace apply"));
  EXPECT_EQ(payloads(), (std::vector<std::string>{"b"})) << "a missing topic keeps no other waiting";
}

std::ptrdiff_t times_logged(testing::Sink& sink, std::string_view part) {
  const std::vector<std::string> log = sink.host().log();
  return std::ranges::count_if(log, [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

TEST_F(SinkKafkaFaults, AnUnknownTopicIsSaidOncePerDelivery) {
  for (const char* topic : {"gone", "lost"}) {
    rd_kafka_mock_topic_set_error(mock_.get(), topic, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  }
  testing::Sink sink(plugin(), with({setting("topic.metadata.propagation.max.ms=100")}));
  sink.start();
  sink.bind(1, "gone");
  sink.bind(2, "lost");
  testing::Delivery delivery;
  for (int i = 0; i < 10; ++i) {
    delivery.message(1, "a");
    delivery.message(2, "b");
  }
  EXPECT_EQ(sink.write(delivery.get(1)).rest, kTransient);
  EXPECT_EQ(times_logged(sink, "topic 'gone'"), 1);
  EXPECT_EQ(times_logged(sink, "topic 'lost'"), 1);
  EXPECT_EQ(sink.write(delivery.get(2)).rest, kTransient);
  EXPECT_EQ(times_logged(sink, "topic 'gone'"), 2) << "again for the next one";
}

TEST_F(SinkKafkaFaults, AFatalErrorMakesTheProducerAnewAndNothingIsTakenForStored) {
  mock_.fail(kInitProducerId, {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED}); // fatal to an idempotent producer
  testing::Sink sink(plugin(), with());
  sink.start();
  sink.bind(1, "t");
  testing::Delivery delivery;
  delivery.message(1, "a");
  std::uint32_t attempt = 1;
  while (sink.write(delivery.get(attempt, attempt, 1)).rest == kTransient) { // as the engine does
    EXPECT_TRUE(payloads().empty());
    ASSERT_LT(++attempt, 4U);
  }
  EXPECT_EQ(sink.host().metric("kafka_producer_rebuilds_total"), 1);
  EXPECT_EQ(payloads(), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(sink.host().failures().empty());
}

TEST_F(SinkKafkaFaults, ASequenceErrorLosesNothing) {
  testing::Sink sink(plugin(), with());
  sink.start();
  sink.bind(1, "t");
  mock_.fail(kProduce, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  testing::Delivery first;
  first.message(1, "a");
  std::uint64_t id = 1;
  while (sink.write(first.get(id, static_cast<std::uint32_t>(id), 1)).rest != kOk) {
    ASSERT_LT(++id, 5U);
  }
  EXPECT_EQ(payloads().size(), 1U);
}

TEST_F(SinkKafkaFaults, AFullQueueHoldsBackInsideAndLosesNothing) {
  testing::Sink sink(plugin(), with({setting("queue.buffering.max.messages=10")}));
  sink.start();
  sink.bind(1, "t");
  testing::Delivery delivery;
  for (int i = 0; i < 500; ++i) {
    delivery.message(1, std::to_string(i));
  }
  EXPECT_EQ(sink.write(delivery.get(1)).rest, kOk);
  const std::vector<std::string> stored = payloads();
  ASSERT_EQ(stored.size(), 500U);
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(stored[static_cast<std::size_t>(i)], std::to_string(i)) << "the order is kept";
  }
}

TEST_F(SinkKafkaFaults, StopCompletesWhatIsNotAcknowledgedByTheDeadline) {
  testing::Sink sink(plugin(), with({{"flush_timeout", "100ms"}}));
  sink.start();
  sink.bind(1, "t");
  rd_kafka_mock_broker_set_down(mock_.get(), 1);
  testing::Delivery delivery;
  delivery.message(1, "a");
  delivery.message(1, "b");
  sink.offer(delivery.get(1));
  sink.stop();
  const auto done = sink.host().wait_complete(1, std::chrono::milliseconds(0));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->rest, kTransient);
  EXPECT_TRUE(sink.violations().empty());
}

TEST_F(SinkKafkaFaults, StopWaitsForWhatWillBeAcknowledged) {
  testing::Sink sink(plugin(), with({{"linger", "100ms"}}));
  sink.start();
  sink.bind(1, "t");
  testing::Delivery delivery;
  delivery.message(1, "a");
  sink.offer(delivery.get(1));
  sink.stop();
  EXPECT_EQ(sink.host().wait_complete(1, std::chrono::milliseconds(0))->rest, kOk);
  EXPECT_EQ(payloads().size(), 1U);
}

TEST_F(SinkKafkaFaults, AnInterruptedStopGivesUpAtOnce) {
  testing::Sink sink(plugin(), with({{"flush_timeout", "1h"}}));
  sink.start();
  sink.bind(1, "t");
  rd_kafka_mock_broker_set_down(mock_.get(), 1);
  testing::Delivery delivery;
  delivery.message(1, "a");
  sink.offer(delivery.get(1));
  std::thread interrupter([&] { // repeated until it returns, as the contract says
    while (!sink.host().wait_complete(1, std::chrono::milliseconds(10))) {
      plugin().interrupt(sink.self());
    }
  });
  sink.stop();
  interrupter.join();
  EXPECT_EQ(sink.host().wait_complete(1)->rest, kTransient);
}

TEST_F(SinkKafkaFaults, AnInterruptOutsideOfStopEndsNothing) {
  testing::Sink sink(plugin(), with());
  sink.start();
  sink.bind(1, "t");
  plugin().interrupt(sink.self());
  testing::Delivery delivery;
  delivery.message(1, "a");
  EXPECT_EQ(sink.write(delivery.get(1)).rest, kOk);
}

TEST_F(SinkKafkaFaults, ADeliveryWaitsForALeaderAndIsThenStored) {
  Mock mock(2);
  mock.topic("t", 1);
  rd_kafka_mock_partition_set_leader(mock.get(), "t", 0, 1);
  testing::Sink sink(plugin(), {{"brokers", mock.brokers()}});
  sink.start();
  sink.bind(1, "t");
  testing::Delivery first;
  first.message(1, "a");
  EXPECT_EQ(sink.write(first.get(1)).rest, kOk);
  rd_kafka_mock_broker_set_down(mock.get(), 1);
  testing::Delivery second;
  second.message(1, "b");
  sink.offer(second.get(2));
  rd_kafka_mock_partition_set_leader(mock.get(), "t", 0, 2);
  EXPECT_EQ(sink.host().wait_complete(2)->rest, kOk);
}

TEST_F(SinkKafkaFaults, AnIllegalNameIsAWrongConfiguration) {
  testing::Sink sink(plugin(), with());
  sink.start();
  try {
    sink.bind(1, "no such/name");
    FAIL();
  } catch (const testing::CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_INVALID);
  }
}

} // namespace
} // namespace millrace
