// The order of what comes from the group's queue, on librdkafka's mock cluster.
#include "plugins/source_kafka/arrivals.hpp"

#include "plugins/kafka_client/cluster.hpp"
#include "tests/plugins/kafka/mock.hpp"

#include <millrace/testing/host.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

namespace millrace::source_kafka {
namespace {

using kafka_test::Mock;

class Consumer {
 public:
  explicit Consumer(const std::string& brokers) {
    kafka_client::Conf conf(rd_kafka_conf_new());
    for (const auto& [name, value] : std::vector<std::pair<const char*, const char*>>{{"group.id", "g"},
                                                                                      {"enable.auto.commit", "false"},
                                                                                      {"enable.partition.eof", "true"},
                                                                                      {"session.timeout.ms", "3000"}}) {
      rd_kafka_conf_set(conf.get(), name, value, nullptr, 0);
    }
    rd_kafka_conf_set(conf.get(), "bootstrap.servers", brokers.c_str(), nullptr, 0);
    arrivals_.listen(conf.get());
    client_ = kafka_client::make_client(RD_KAFKA_CONSUMER, std::move(conf));
    queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
    rd_kafka_poll_set_consumer(client_.get());
    arrivals_.read(queue_.get());
  }
  ~Consumer() {
    arrivals_.drop_records();
    while (const std::optional<Notice> notice = arrivals_.notice()) {
      rd_kafka_assign(client_.get(), nullptr);
    }
    queue_.reset();
    rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }

  Arrivals& arrivals() { return arrivals_; }
  void assign(std::int64_t from) {
    const kafka_client::Partitions list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), "t", 0)->offset = from;
    ASSERT_EQ(rd_kafka_assign(client_.get(), list.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void subscribe() {
    const kafka_client::Partitions list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), "t", RD_KAFKA_PARTITION_UA);
    ASSERT_EQ(rd_kafka_subscribe(client_.get(), list.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  // NULL when nothing came in time, or a notice did.
  rd_kafka_message_t* front() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    rd_kafka_message_t* found = arrivals_.front();
    while (found == nullptr && !arrivals_.has_notice() && std::chrono::steady_clock::now() < deadline) {
      found = arrivals_.front();
    }
    return found;
  }
  std::int64_t take() {
    const rd_kafka_message_t* found = front();
    return found == nullptr ? -1 : arrivals_.take()->offset;
  }

 private:
  testing::Host host_;
  Arrivals arrivals_{Host(host_.get())};
  kafka_client::Client client_;
  kafka_client::Queue queue_;
};

class KafkaArrivals : public ::testing::Test {
 protected:
  KafkaArrivals() { mock_.topic("t", 1); }
  void produce(int count) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", mock_.brokers().c_str(), nullptr, 0);
    const kafka_client::Client client(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
    for (int i = 0; i < count; ++i) {
      rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC("t"), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_VALUE(nullptr, 0),
                        RD_KAFKA_V_END);
    }
    ASSERT_EQ(rd_kafka_flush(client.get(), 20'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  Mock mock_;
};

TEST_F(KafkaArrivals, RecordsComeInOrderAndTheEndOfThePartitionAfterThem) {
  produce(50); // more than are taken at a time
  Consumer consumer(mock_.brokers());
  consumer.assign(0);
  for (std::int64_t offset = 0; offset < 50; ++offset) {
    rd_kafka_message_t* found = consumer.front();
    ASSERT_NE(found, nullptr);
    ASSERT_EQ(found->err, RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_EQ(consumer.front(), found) << "what was not taken stays";
    ASSERT_EQ(consumer.take(), offset);
  }
  const rd_kafka_message_t* end = consumer.front();
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->err, RD_KAFKA_RESP_ERR__PARTITION_EOF);
  EXPECT_EQ(end->offset, 50);
}

TEST_F(KafkaArrivals, DroppedRecordsComeAgainWithTheNextAssignmentOnly) {
  produce(50);
  Consumer consumer(mock_.brokers());
  consumer.assign(0);
  ASSERT_EQ(consumer.take(), 0);
  ASSERT_EQ(consumer.take(), 1);
  consumer.arrivals().drop_records();
  consumer.assign(40);
  for (std::int64_t offset = 40; offset < 50; ++offset) {
    ASSERT_EQ(consumer.take(), offset);
  }
}

TEST_F(KafkaArrivals, ARebalanceIsNotedAndStaysWhenRecordsAreDropped) {
  Consumer consumer(mock_.brokers());
  consumer.subscribe();
  EXPECT_EQ(consumer.front(), nullptr);
  ASSERT_TRUE(consumer.arrivals().has_notice());
  consumer.arrivals().drop_records();
  const std::optional<Notice> notice = consumer.arrivals().notice();
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->kind, Notice::Kind::rebalance);
  EXPECT_EQ(notice->error, RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS);
  ASSERT_NE(notice->partitions, nullptr);
  ASSERT_EQ(notice->partitions->cnt, 1);
  EXPECT_STREQ(notice->partitions->elems[0].topic, "t");
}

TEST(KafkaArrivalsAlone, AnErrorOfNoPartitionIsNotedWithItsText) {
  Consumer consumer("127.0.0.1:1");
  EXPECT_EQ(consumer.front(), nullptr);
  const std::optional<Notice> notice = consumer.arrivals().notice();
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->kind, Notice::Kind::error);
  EXPECT_NE(notice->text.find("127.0.0.1:1"), std::string::npos) << notice->text;
}

} // namespace
} // namespace millrace::source_kafka
