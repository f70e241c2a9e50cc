// Logs that no longer hold what is wanted: deleted, cut, made anew. On a real broker.
#include "tests/plugins/kafka/broker.hpp"
#include "tests/plugins/kafka/pump.hpp"

namespace millrace {
namespace {

using kafka_test::Name;
using kafka_test::Pump;
using kafka_test::Stored;

class KafkaLogEnds : public kafka_test::RealKafka {
 protected:
  std::vector<testing::Setting> settings(const std::string& topic) {
    return {{"brokers", broker().address()}, {"group", "g-" + topic}, {"topics", std::vector<std::string>{topic}}};
  }
  Stored stored_;
};

TEST_F(KafkaLogEnds, RecordsThatWereDeletedUnreadStopThePartition) {
  const std::string topic = broker().topic(1);
  broker().produce(topic, 0, 0, 100);
  broker().delete_records(topic, 60);
  stored_.positions[Name(topic, 0)] = {50, 0};
  Pump pump(settings(topic), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] {
    return pump.host().logged(
        "10 records from position 50 on were deleted before they were read; the log now begins "
        "at 60");
  }));
  EXPECT_TRUE(pump.seen.empty());
}

TEST_F(KafkaLogEnds, RecordsThatWereDeletedAfterTheyWereReadDoNot) {
  const std::string topic = broker().topic(1);
  broker().produce(topic, 0, 0, 100);
  broker().delete_records(topic, 60);
  stored_.positions[Name(topic, 0)] = {60, 0xabc}; // the record with that mark is gone, and was read
  Pump pump(settings(topic), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 40; }));
}

TEST_F(KafkaLogEnds, AFreshPartitionStartsWhereItsLogBegins) {
  const std::string topic = broker().topic(1);
  broker().produce(topic, 0, 0, 100);
  broker().delete_records(topic, 60);
  Pump pump(settings(topic), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 40; }));
  EXPECT_EQ(pump.seen.front().position, 60U);
}

TEST_F(KafkaLogEnds, OffsetsWithoutARecordAreCountedAsHoles) {
  const std::string topic = broker().topic(1);
  broker().produce_at_once(topic, 3);
  broker().produce_at_once(topic, 2);
  broker().produce(topic, 0, 0, 1);
  Pump pump(settings(topic), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 6; }));
  EXPECT_EQ(pump.seen.back().position, 7U);
  EXPECT_EQ(pump.host().metric("kafka_records_total"), 6);
  EXPECT_EQ(pump.host().metric("kafka_holes_total"), 2) << "where the transactions ended";
}

TEST_F(KafkaLogEnds, ATopicMadeAnewStopsThePartitionAlsoWhenItHasGrownPast) {
  const std::string topic = broker().topic(1);
  broker().produce(topic, 0, 0, 100);
  {
    Pump pump(settings(topic), stored_);
    pump.start();
    ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 100; }));
  }
  broker().delete_topic(topic);
  for (int attempt = 0;; ++attempt) { // deleting goes on for a moment
    broker().create_topic(topic, 1);
    try {
      broker().produce(topic, 0, 1000, 1200);
      break;
    } catch (const std::runtime_error&) {
      ASSERT_LT(attempt, 5);
    }
  }
  Pump again(settings(topic), stored_);
  again.start();
  ASSERT_TRUE(again.until([&] { return again.host().logged("made anew under the same name"); }));
  EXPECT_TRUE(again.seen.empty());
}

} // namespace
} // namespace millrace
