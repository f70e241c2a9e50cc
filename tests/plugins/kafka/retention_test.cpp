// How long it is until a log deletes what was not read yet. On a real broker.
#include "tests/plugins/kafka/broker.hpp"
#include "tests/plugins/kafka/pump.hpp"

#include <chrono>

namespace millrace {
namespace {

using kafka_test::Pump;
using kafka_test::Stored;

constexpr double kHour = 3'600;

class KafkaRetention : public kafka_test::RealKafka {
 protected:
  std::vector<testing::Setting> settings(const std::vector<std::string>& topics) {
    return {{"brokers", broker().address()}, {"group", "g-" + topics.front()}, {"topics", topics}};
  }
  static std::string gauge(const std::string& topic) {
    return "retention_left_seconds{topic=" + topic + ",partition=0}";
  }
  static std::int64_t ago_ms(std::chrono::minutes minutes) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               (std::chrono::system_clock::now() - minutes).time_since_epoch())
        .count();
  }
  Stored stored_;
};

TEST_F(KafkaRetention, IsCountedFromTheOldestRecordThatIsNotSettled) {
  const std::string topic = broker().topic(1, {{"retention.ms", "3600000"}});
  broker().produce_at(topic, ago_ms(std::chrono::minutes(20)));
  broker().produce_at(topic, ago_ms(std::chrono::minutes(10)));
  Pump pump(settings({topic}), stored_);
  pump.settles = false;
  pump.budget = 1;
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.unsettled.size() == 2 && pump.host().has_metric(gauge(topic)); }));
  const double both = pump.host().metric(gauge(topic));
  EXPECT_LE(both, 40 * 60);
  EXPECT_GT(both, 38 * 60);
  stored_.positions.begin()->second = {1, 0};
  pump.source().settle(pump.unsettled[0], MR_DELIVERED);
  ASSERT_TRUE(pump.until([&] { return pump.host().metric(gauge(topic)) > 41 * 60; }));
  EXPECT_LE(pump.host().metric(gauge(topic)), 50 * 60);
  pump.source().settle(pump.unsettled[1], MR_DELIVERED);
  ASSERT_TRUE(pump.until([&] { return pump.host().metric(gauge(topic)) == kHour; })) << "nothing is unread";
}

TEST_F(KafkaRetention, GoesOnCountingDownWhileTheDatabaseIsAway) {
  const std::string topic = broker().topic(1, {{"retention.ms", "3600000"}});
  broker().produce_at(topic, ago_ms(std::chrono::minutes(20)));
  Pump pump(settings({topic}), stored_);
  pump.settles = false;
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.unsettled.size() == 1 && pump.host().has_metric(gauge(topic)); }));
  pump.answers_claims = false;
  pump.source().settle(pump.unsettled[0], MR_ABANDONED);
  pump.source().moved(topic, 0);
  const double before = pump.host().metric(gauge(topic));
  ASSERT_TRUE(pump.until([&] { return pump.host().metric(gauge(topic)) < before - 2; }));
  EXPECT_GT(pump.host().metric(gauge(topic)), 38 * 60);
}

TEST_F(KafkaRetention, IsNotToldWhereNothingIsDeletedByAge) {
  const std::string kept = broker().topic(1, {{"retention.ms", "-1"}});
  const std::string compacted = broker().topic(1, {{"cleanup.policy", "compact"}});
  const std::string deleted = broker().topic(1, {{"retention.ms", "3600000"}});
  Pump pump(settings({kept, compacted, deleted}), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.host().has_metric(gauge(deleted)); }));
  EXPECT_FALSE(pump.host().has_metric(gauge(kept)));
  EXPECT_FALSE(pump.host().has_metric(gauge(compacted)));
}

TEST_F(KafkaRetention, IsNotKnownWhereTheRightToAskIsMissingAndTheLogSaysSo) {
  const std::string topic = broker().topic(1, {{"retention.ms", "3600000"}});
  const std::string open = broker().topic(1, {{"retention.ms", "3600000"}});
  broker().produce(topic, 0, 0, 10);
  broker().allow(topic, RD_KAFKA_ACL_OPERATION_READ); // and with it DESCRIBE
  Pump pump(settings({topic, open}), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 10 && pump.host().has_metric(gauge(open)); }));
  EXPECT_FALSE(pump.host().has_metric(gauge(topic)));
  EXPECT_TRUE(pump.host().logged("the cluster does not tell how long topics keep their records"));
}

} // namespace
} // namespace millrace
