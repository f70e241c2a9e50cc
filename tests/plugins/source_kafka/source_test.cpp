// The source on librdkafka's mock cluster: where it starts, what it hands out, how it goes back.
#include "tests/plugins/kafka/mock.hpp"
#include "tests/plugins/kafka/pump.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace millrace {
namespace {

using kafka_test::Mock;
using kafka_test::Name;
using kafka_test::Pump;
using kafka_test::Seen;
using kafka_test::Stored;

class SourceKafka : public ::testing::Test {
 protected:
  SourceKafka() { mock_.topic("t", 2); }

  std::vector<testing::Setting> settings() const {
    return {{"brokers", mock_.brokers()},
            {"group", "g"},
            {"topics", std::vector<std::string>{"t"}},
            {"session_timeout", "10s"},
            {"commit_interval", "100ms"}};
  }
  void produce(std::int32_t partition, int from, int to) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", mock_.brokers().c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "batch.num.messages", "10", nullptr, 0);
    const kafka_client::Client client(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
    for (int i = from; i < to; ++i) {
      const std::string payload = std::to_string(i);
      rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC("t"), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_VALUE(const_cast<char*>(payload.data()), payload.size()),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    }
    ASSERT_EQ(rd_kafka_flush(client.get(), 20'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  using Headers = std::vector<std::pair<std::string, std::optional<std::string>>>;
  void produce_with_headers(std::int32_t partition, const std::vector<Headers>& records) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", mock_.brokers().c_str(), nullptr, 0);
    const kafka_client::Client client(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
    for (const Headers& record : records) {
      rd_kafka_headers_t* headers = rd_kafka_headers_new(record.size());
      for (const auto& [name, value] : record) {
        rd_kafka_header_add(headers, name.c_str(), -1, value ? value->data() : nullptr,
                            value ? static_cast<ssize_t>(value->size()) : 0);
      }
      rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC("t"), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_VALUE(nullptr, 0), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    }
    ASSERT_EQ(rd_kafka_flush(client.get(), 20'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  static std::vector<std::string> payloads(const Pump& pump, std::int32_t partition) {
    std::vector<std::string> out;
    for (const Seen& seen : pump.seen) {
      if (seen.partition.second == partition) {
        out.push_back(*seen.payload);
      }
    }
    return out;
  }
  static std::vector<std::string> numbers(int from, int to) {
    std::vector<std::string> out;
    for (int i = from; i < to; ++i) {
      out.push_back(std::to_string(i));
    }
    return out;
  }

  Mock mock_;
  Stored stored_;
};

TEST_F(SourceKafka, APartitionThatNobodyKnowsStartsAtItsFirstRecord) {
  produce(0, 0, 25);
  produce(1, 100, 105);
  Pump pump(settings(), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 30; }));
  EXPECT_EQ(payloads(pump, 0), numbers(0, 25));
  EXPECT_EQ(payloads(pump, 1), numbers(100, 105));
  EXPECT_TRUE(pump.source().violations().empty());
}

TEST_F(SourceKafka, EveryEventHasTheHeadersOfItsRecord) {
  const std::vector<Headers> records = {
      {{"a", "1"}},
      {{"a", "1"}}, // the same again
      {{"a", "2"}},
      {{"b", "2"}},
      {},
      {{"b", "2"}},
      {{"b", "2"}, {"c", ""}},
      {{"b", "2"}, {"c", std::nullopt}},
      {{"b", "2"}, {"c", "3"}, {"c", "3"}},
      {{"b", "2"}, {"c", "3"}, {"c", "4"}},
      {{"b", "2"}},
      {{"b", std::string(5'000, 'x')}},
  };
  produce_with_headers(0, records);
  Pump pump(settings(), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == records.size(); }));
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(pump.seen[i].headers, records[i]) << "record " << i;
  }
}

TEST_F(SourceKafka, StartsWhereTheSinkSaysAndNotWhereTheGroupIs) {
  produce(0, 0, 10);
  {
    Pump pump(settings(), stored_);
    pump.start();
    ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 10; }));
  }
  stored_.positions[Name("t", 0)].next = 4; // a failover took six rows back
  stored_.positions[Name("t", 0)].mark = 0;
  Pump again(settings(), stored_);
  again.start();
  ASSERT_TRUE(again.until([&] { return again.seen.size() == 6; }));
  EXPECT_EQ(payloads(again, 0), numbers(4, 10));
}

TEST_F(SourceKafka, ADatabaseThatKnowsNothingIsFilledFromTheStart) {
  produce(0, 0, 10);
  {
    Pump pump(settings(), stored_);
    pump.start();
    ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 10; }));
  }
  stored_.positions.clear(); // and the group has committed 10
  Pump again(settings(), stored_);
  again.start();
  ASSERT_TRUE(again.until([&] { return again.seen.size() == 10; })) << "a committed offset must not skip records";
}

TEST_F(SourceKafka, WhereNoSinkStoresPositionsTheGroupsOffsetIsThePosition) {
  stored_.in_use = false;
  produce(0, 0, 10);
  {
    Pump pump(settings(), stored_);
    pump.start();
    ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 10; }));
  }
  produce(0, 10, 15);
  Pump again(settings(), stored_);
  again.start();
  ASSERT_TRUE(again.until([&] { return again.seen.size() == 5; }));
  EXPECT_EQ(payloads(again, 0), numbers(10, 15));
}

TEST_F(SourceKafka, WhatIsNotSettledIsNotCommitted) {
  stored_.in_use = false;
  produce(0, 0, 10);
  {
    Pump pump(settings(), stored_);
    pump.start();
    pump.settles = false;
    ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 10; }));
    for (const std::uint64_t batch : pump.unsettled) {
      pump.source().settle(batch, MR_ABANDONED);
    }
  }
  Pump again(settings(), stored_);
  again.start();
  ASSERT_TRUE(again.until([&] { return again.seen.size() == 10; }));
}

TEST_F(SourceKafka, MovedReadsAgainFromWhereTheNextAnswerSays) {
  produce(0, 0, 40);
  Pump pump(settings(), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 40; }));
  pump.seen.clear();
  stored_.positions[Name("t", 0)] = {15, 0};
  pump.source().moved("t", 0);
  pump.source().moved("t", 1);
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 25; }));
  EXPECT_EQ(payloads(pump, 0), numbers(15, 40));
  EXPECT_TRUE(pump.source().violations().empty());
}

TEST_F(SourceKafka, AFailedEventStopsItsPartitionAndNoOther) {
  produce(0, 0, 5);
  Pump pump(settings(), stored_);
  pump.start();
  pump.settles = false;
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 5; }));
  pump.source().settle(pump.unsettled.front(), MR_FAILED);
  pump.settles = true;
  produce(0, 5, 10);
  produce(1, 100, 110);
  ASSERT_TRUE(pump.until([&] { return payloads(pump, 1).size() == 10; }));
  pump.until([&] { return false; }, std::chrono::seconds(1));
  EXPECT_EQ(payloads(pump, 0).size(), 5U);
  EXPECT_TRUE(pump.host().logged("reading of partition t/0 stops: the event at position 0"));
  EXPECT_TRUE(pump.until([&] { return pump.host().metric("kafka_partitions_stopped") == 1; }));
  pump.source().stop();
  EXPECT_EQ(pump.host().metric("kafka_partitions_stopped"), 0) << "a worker that is gone needs nobody to look";
  EXPECT_EQ(pump.host().metric("kafka_lag_records{topic=t,partition=0}"), 0);
}

TEST_F(SourceKafka, APositionAfterTheEndOfTheLogStopsThePartition) {
  produce(0, 0, 5);
  stored_.positions[Name("t", 0)] = {50, 0};
  Pump pump(settings(), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.host().logged("the log ends at 5, before position 50"); }));
  EXPECT_TRUE(pump.seen.empty());
}

TEST_F(SourceKafka, ARecordThatIsNotTheOneThatWasReadStopsThePartition) {
  produce(0, 0, 5);
  stored_.positions[Name("t", 0)] = {3, 0x1234};
  Pump pump(settings(), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.host().logged("made anew under the same name"); }));
  EXPECT_TRUE(pump.seen.empty());
}

TEST_F(SourceKafka, TheRecordBeforeTheStartIsComparedAndNotHandedOutAgain) {
  produce(0, 0, 5);
  {
    Pump pump(settings(), stored_);
    pump.start();
    ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 5; }));
  }
  ASSERT_NE(stored_.positions[Name("t", 0)].mark, 0U);
  produce(0, 5, 8);
  Pump again(settings(), stored_);
  again.start();
  ASSERT_TRUE(again.until([&] { return again.seen.size() == 3; }));
  EXPECT_EQ(payloads(again, 0), numbers(5, 8));
  EXPECT_TRUE(again.source().violations().empty());
}

TEST_F(SourceKafka, ABatchKeepsToTheBudgetAndTheNextJoins) {
  produce(0, 0, 30);
  Pump pump(settings(), stored_);
  pump.start();
  std::vector<std::size_t> sizes;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (pump.seen.size() < 30 && std::chrono::steady_clock::now() < deadline) {
    const std::size_t before = pump.seen.size();
    if (pump.turn(7)) {
      sizes.push_back(pump.seen.size() - before);
    }
  }
  EXPECT_EQ(payloads(pump, 0), numbers(0, 30));
  EXPECT_TRUE(std::ranges::all_of(sizes, [](std::size_t size) { return size <= 7; }));
  EXPECT_TRUE(pump.source().violations().empty());
}

TEST_F(SourceKafka, AfterDrainNothingMoreComes) {
  produce(0, 0, 5);
  Pump pump(settings(), stored_);
  pump.start();
  pump.source().drain();
  EXPECT_EQ(pump.source().poll().status, MR_END);
}

TEST_F(SourceKafka, ReadsWhatTheRulesReadAndFollowsThem) {
  mock_.topic("a.eu", 1);
  produce(0, 0, 5);
  Pump pump({{"brokers", mock_.brokers()}, {"group", "g"}, {"session_timeout", "3s"}}, stored_);
  pump.host().set_streams({"t"});
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 5; }));
  pump.host().set_streams({"a.*"});
  pump.source().extension<mr_source_streams>(MR_STREAMS)->changed(pump.source().self());
  ASSERT_TRUE(pump.until([&] { return pump.held == std::set<Name>{{"a.eu", 0}}; }));
  EXPECT_TRUE(pump.source().violations().empty());
}

TEST_F(SourceKafka, AFetchThatFailsIsTriedAgain) {
  produce(0, 0, 5);
  mock_.fail(1, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART});
  Pump pump(settings(), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 5; }));
}

TEST_F(SourceKafka, AQuestionThatFailsIsAskedAgain) {
  produce(0, 0, 5);
  mock_.fail(2, {RD_KAFKA_RESP_ERR_INVALID_REQUEST}); // ListOffsets
  Pump pump(settings(), stored_);
  pump.start();
  ASSERT_TRUE(pump.until([&] { return pump.seen.size() == 5; }));
}

} // namespace
} // namespace millrace
