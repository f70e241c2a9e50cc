// The end: nothing new is taken in, what is under way is finished, the rest is told to come again.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "tests/plugins/source_http/running.hpp"

namespace millrace::source_http {
namespace {

TEST(Drain, EndsAtOnceWhereNothingIsUnderWay) {
  Running running;
  const std::uint16_t port = running.port();
  running.source.drain();
  EXPECT_EQ(running.source.next().status, MR_END);
  EXPECT_THROW(Client{port}, std::runtime_error);
}

TEST(Drain, WhatIsUnderWayIsFinishedAndItsConnectionCloses) {
  Running running;
  Client client = running.connect();
  client.post("{}");
  const std::uint64_t id = running.source.next().batch.id;
  running.source.drain();
  EXPECT_EQ(running.source.next().status, MR_END);
  running.source.settle(id, MR_DELIVERED);
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("connection"), "close");
  client.end_of_sending();
  EXPECT_TRUE(client.ended());
}

TEST(Drain, ARequestThatHadBegunIsStillTakenIn) {
  Running running;
  Client client = running.connect();
  client.send("POST /events HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  Client other = running.connect();
  EXPECT_FALSE(running.drains(other));
  running.source.drain();
  while (!running.drains(other)) {
  }
  EXPECT_TRUE(running.source.poll().empty());
  EXPECT_EQ(running.source.poll().status, MR_OK); // not the end yet
  client.send("{}");
  EXPECT_EQ(running.serve(), std::vector<std::string>{"{}"});
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(running.source.next().status, MR_END);
}

TEST(Drain, ALaterRequestIsToldToComeAgain) {
  Running running;
  Client client = running.connect();
  client.post("{}");
  running.serve();
  client.read();
  running.source.drain();
  EXPECT_EQ(running.source.next().status, MR_END);
  client.post("{}");
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(reply.headers.contains("retry-after"));
  EXPECT_EQ(reply.headers.at("connection"), "close");
  EXPECT_TRUE(running.source.poll().empty());
}

TEST(Drain, PipelinedRequestsThatWereTakenAreAllAnsweredBeforeItCloses) {
  Running running;
  Client client = running.connect();
  client.post("[1]").post("[2]");
  const std::uint64_t first = running.source.next().batch.id;
  const std::uint64_t second = running.source.next().batch.id;
  running.source.drain();
  EXPECT_EQ(running.source.next().status, MR_END);
  running.source.settle(first, MR_DELIVERED);
  EXPECT_FALSE(client.read().headers.contains("connection"));
  running.source.settle(second, MR_DELIVERED);
  EXPECT_EQ(client.read().headers.at("connection"), "close");
}

TEST(Stop, AnswersWhatTheEngineAbandonedAndWhatItNeverSaw) {
  Running running;
  Client abandoned = running.connect();
  abandoned.post("{}");
  const std::uint64_t id = running.source.next().batch.id;
  Client unseen = running.connect();
  unseen.post("{}");
  Client half = running.connect();
  half.send("POST /events HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  half.read();
  EXPECT_TRUE(running.metric_becomes("http_events_total", 2));
  running.source.settle(id, MR_ABANDONED);
  running.source.stop();
  EXPECT_EQ(abandoned.read().status, 503);
  EXPECT_EQ(unseen.read().status, 503);
  EXPECT_EQ(half.read().status, 503);
  EXPECT_TRUE(unseen.ended());
}

TEST(Stop, AnswersWhatTheEngineNeverSettled) {
  Running running;
  Client client = running.connect();
  client.post("{}");
  running.source.next();
  running.source.stop();
  EXPECT_EQ(client.read().status, 503);
}

TEST(Stop, IdleConnectionsDoNotHoldItUp) {
  Running running;
  Client idle = running.connect();
  idle.post("{}");
  running.serve();
  idle.read();
  running.source.stop();
  EXPECT_TRUE(idle.ended());
}

} // namespace
} // namespace millrace::source_http
