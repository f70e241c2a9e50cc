// What time alone brings, on a clock that stands until the test moves it: the answer's deadline, slow senders, idle
// connections.
#include <gtest/gtest.h>

#include <string>

#include "tests/plugins/source_http/running.hpp"

namespace millrace::source_http {
namespace {

using namespace std::chrono_literals;

TEST(Time, AtTheDeadlineTheOutcomeIsUnknownAndALateOneIsCounted) {
  Running running(0s, {{"deadline", "10s"}});
  Client client = running.connect();
  client.post("[1,2]");
  const std::uint64_t id = running.source.next().batch.id;
  running.source.host().set_now_ns(std::chrono::nanoseconds(10s + 1ns).count());
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(reply.body.starts_with(R"({"error":"outcome_unknown")")) << reply.body;
  EXPECT_TRUE(reply.headers.contains("retry-after"));
  running.source.settle(id, MR_DELIVERED);
  EXPECT_TRUE(running.metric_becomes("late_ack_total", 2));
  EXPECT_TRUE(running.metric_becomes("http_deadlines_total", 1));
  EXPECT_TRUE(running.metric_becomes("http_held_bytes", 0));
  client.post("{}"); // the connection goes on
  running.serve();
  EXPECT_EQ(client.read().status, 200);
}

TEST(Time, BeforeTheDeadlineNobodyIsTurnedAway) {
  Running running(0s, {{"deadline", "10s"}});
  Client client = running.connect();
  client.post("{}");
  const std::uint64_t id = running.source.next().batch.id;
  running.source.host().set_now_ns(std::chrono::nanoseconds(10s).count());
  Client other = running.connect(); // two ticks later at least
  EXPECT_TRUE(running.metric_becomes("http_connections", 2));
  running.source.settle(id, MR_DELIVERED);
  EXPECT_EQ(client.read().status, 200);
}

TEST(Time, WhatTheEngineNeverTookIsNotUnknownAndIsNeverHandedIn) {
  Running running(0s, {{"deadline", "10s"}});
  Client client = running.connect();
  client.post("{}");
  EXPECT_TRUE(running.metric_becomes("http_events_total", 1)); // offered, and nobody polls
  running.source.host().set_now_ns(std::chrono::nanoseconds(11s).count());
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(reply.body.starts_with(R"({"error":"busy")")) << reply.body;
  EXPECT_TRUE(running.source.poll().empty());
  EXPECT_TRUE(running.metric_becomes("http_held_bytes", 0));
}

TEST(Time, ADeadlineInTheMiddleOfALineOfRequestsKeepsTheOrder) {
  Running running(0s, {{"deadline", "10s"}});
  Client client = running.connect();
  client.post("[1]").post("[2,2]");
  const std::uint64_t first = running.source.next().batch.id;
  const std::uint64_t second = running.source.next().batch.id;
  running.source.settle(second, MR_DELIVERED); // waits behind the first
  running.source.host().set_now_ns(std::chrono::nanoseconds(11s).count());
  EXPECT_EQ(client.read().status, 503);
  EXPECT_EQ(client.read().body, "{\"events\":2,\"delivered\":2}\n");
  running.source.settle(first, MR_DELIVERED);
  EXPECT_TRUE(running.metric_becomes("late_ack_total", 1));
}

TEST(Time, AHeadThatDoesNotEndInTimeIsAnswered408) {
  Running running(0s, {{"header_timeout", "10s"}});
  Client client = running.connect();
  client.send("POST /events HTTP/1.1\r\nHost: t\r\n");
  EXPECT_TRUE(running.metric_becomes("http_connections", 1));
  running.source.host().set_now_ns(std::chrono::nanoseconds(9s).count());
  client.send("X-Slow: yes\r\n"); // bytes do not win more time
  running.source.host().set_now_ns(std::chrono::nanoseconds(10s + 1ns).count());
  EXPECT_EQ(client.read().status, 408);
  client.end_of_sending();
  EXPECT_TRUE(client.ended());
}

TEST(Time, ABodyThatDoesNotEndInTimeIsAnswered408) {
  Running running(0s, {{"body_timeout", "30s"}, {"min_rate", "0"}});
  Client client = running.connect();
  client.send("POST /events HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  client.send("{");
  running.source.host().set_now_ns(std::chrono::nanoseconds(30s + 1ns).count());
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 408);
  EXPECT_NE(reply.body.find("body_timeout"), std::string::npos) << reply.body;
}

TEST(Time, ABodyBelowTheLeastRateIsAnswered408AfterItsGrace) {
  Running running(0s, {{"min_rate", "1KiB"}, {"body_timeout", "10m"}});
  Client slow = running.connect();
  Client fair = running.connect();
  for (Client* client : {&slow, &fair}) {
    client->send("POST /events HTTP/1.1\r\nHost: t\r\nContent-Length: 20000\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client->read().status, 100);
  }
  slow.send(std::string(6'000, ' '));
  fair.send(std::string(7'000, ' '));
  EXPECT_TRUE(running.metric_becomes("http_received_bytes_total", 13'000));
  running.source.host().set_now_ns(std::chrono::nanoseconds(6s).count());
  const Reply reply = slow.read();
  EXPECT_EQ(reply.status, 408);
  EXPECT_NE(reply.body.find("min_rate"), std::string::npos) << reply.body;
  fair.send(std::string(12'998, ' ') + "{}");
  EXPECT_EQ(running.serve(), std::vector<std::string>{"{}"});
  EXPECT_EQ(fair.read().status, 200);
}

TEST(Time, IdleConnectionsCloseAndNewOnesHaveToBegin) {
  Running running(0s, {{"idle_timeout", "75s"}, {"header_timeout", "10s"}});
  Client silent = running.connect();
  Client used = running.connect();
  used.post("{}");
  running.serve();
  used.read();
  EXPECT_TRUE(running.metric_becomes("http_connections", 2));
  running.source.host().set_now_ns(std::chrono::nanoseconds(11s).count());
  EXPECT_TRUE(silent.ended());
  used.post("{}");
  running.serve();
  EXPECT_EQ(used.read().status, 200);
  running.source.host().set_now_ns(std::chrono::nanoseconds(11s + 75s + 1ns).count());
  EXPECT_TRUE(used.ended());
}

TEST(Time, WhoWaitsForAnAnswerIsNotIdle) {
  Running running(0s, {{"deadline", "1h"}});
  Client client = running.connect();
  client.post("{}");
  const std::uint64_t id = running.source.next().batch.id;
  running.source.host().set_now_ns(std::chrono::nanoseconds(30min).count());
  Client other = running.connect();
  EXPECT_TRUE(running.metric_becomes("http_connections", 2));
  running.source.settle(id, MR_DELIVERED);
  EXPECT_EQ(client.read().status, 200);
}

} // namespace
} // namespace millrace::source_http
