// What a delivery report means.
#include "plugins/sink_kafka/verdict.hpp"

#include <gtest/gtest.h>

namespace millrace::sink_kafka {
namespace {

TEST(Verdict, OnlyNoErrorIsStored) {
  EXPECT_EQ(verdict_of(RD_KAFKA_RESP_ERR_NO_ERROR, false), Verdict::stored);
  for (const auto error : {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
                           RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                           RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR__TRANSPORT}) {
    EXPECT_EQ(verdict_of(error, false), Verdict::later) << rd_kafka_err2name(error);
    EXPECT_EQ(verdict_of(error, true), Verdict::later) << rd_kafka_err2name(error);
  }
}

TEST(Verdict, ARecordIsRefusedOnlyAfterItFailedAlone) {
  for (const auto error : {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
                           RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP}) {
    EXPECT_EQ(verdict_of(error, false), Verdict::alone) << rd_kafka_err2name(error);
    EXPECT_EQ(verdict_of(error, true), Verdict::refused) << rd_kafka_err2name(error);
  }
}

TEST(Verdict, ANeighbourOfABadRecordIsNeverRefusedForIt) {
  EXPECT_EQ(verdict_of(RD_KAFKA_RESP_ERR__INVALID_DIFFERENT_RECORD, false), Verdict::alone);
  EXPECT_EQ(verdict_of(RD_KAFKA_RESP_ERR__INVALID_DIFFERENT_RECORD, true), Verdict::later);
}

TEST(Verdict, AMissingTopicIsSaidWithTheWayOut) {
  EXPECT_EQ(verdict_of(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, true), Verdict::no_topic);
  EXPECT_EQ(describe(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "clicks"),
            "topic 'clicks': Broker: Unknown topic or partition (UNKNOWN_TOPIC_OR_PART); it is not made by writing to "
            "it: create it, for instance with `millrace apply`");
}

} // namespace
} // namespace millrace::sink_kafka
