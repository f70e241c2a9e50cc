// Requests become events, and verdicts become answers, in the order of the requests.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/plugins/source_http/packed.hpp"
#include "tests/plugins/source_http/running.hpp"

namespace millrace::source_http {
namespace {

using Payloads = std::vector<std::string>;

std::map<std::string, std::string> headers_of(const mr_event& event) {
  std::map<std::string, std::string> out;
  for (const mr_pair& pair : std::span(event.headers, event.header_count)) {
    out[copy(pair.key)] = copy(pair.value);
  }
  return out;
}

TEST(Requests, OneEventIsAnsweredOnlyAfterItsVerdict) {
  Running running;
  Client client = running.connect();
  client.post(R"({"a":1})");
  const testing::Source::Polled polled = running.source.next();
  ASSERT_EQ(polled.events().size(), 1U);
  const mr_event& event = polled.events()[0];
  EXPECT_EQ(copy(event.payload), R"({"a":1})");
  EXPECT_EQ(event.flags, static_cast<std::uint32_t>(MR_PADDED));
  EXPECT_FALSE(present(event.key));
  EXPECT_EQ(copy(polled.batch.covers->stream), "http");
  EXPECT_EQ(polled.batch.covers->partition, -1);
  EXPECT_TRUE(running.source.poll().empty());
  Client other = running.connect();
  running.catch_up(other);
  EXPECT_TRUE(client.nothing_yet());
  running.source.settle(polled.batch.id, MR_DELIVERED);
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{\"events\":1,\"delivered\":1}\n");
  EXPECT_EQ(reply.headers.at("content-type"), "application/json");
  EXPECT_TRUE(reply.headers.contains("date"));
}

TEST(Requests, EachVerdictHasItsAnswer) {
  Running running;
  Client client = running.connect();
  for (const auto& [outcome, status] : std::map<std::uint32_t, int>{{MR_FILTERED, 200},
                                                                    {MR_DELIVERED, 200},
                                                                    {MR_DEAD_LETTERED, 200},
                                                                    {MR_REJECTED_EVENT, 422},
                                                                    {MR_ABANDONED, 503},
                                                                    {MR_FAILED, 503}}) {
    client.post("{}");
    running.serve(outcome);
    const Reply reply = client.read();
    EXPECT_EQ(reply.status, status) << outcome;
    EXPECT_EQ(reply.headers.contains("retry-after"), status == 503) << outcome;
  }
}

TEST(Requests, AnArrayIsOneBatchAndTheAnswerNamesWhatWentWrong) {
  Running running;
  Client client = running.connect();
  client.post(R"([{"a":1}, {broken} ,{"a":3}])", "Content-Type: application/json; charset=utf-8\r\n");
  const testing::Source::Polled polled = running.source.next();
  ASSERT_EQ(polled.events().size(), 3U);
  EXPECT_EQ(copy(polled.events()[1].payload), "{broken}");
  EXPECT_EQ(polled.events()[2].position, 2U);
  const mr_reason reason{str("E0101"), str("no JSON"), kAbsent, kAbsent, kAbsent};
  running.source.settle(polled.batch.id,
                        {{MR_DELIVERED, 0, nullptr}, {MR_DEAD_LETTERED, 0, &reason}, {MR_REJECTED_EVENT, 0, nullptr}});
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 422);
  EXPECT_EQ(reply.body, R"({"events":3,"delivered":1,"dead_lettered":1,"rejected":1,"problems":[)"
                        R"({"index":1,"status":200,"outcome":"dead_lettered","code":"E0101","reason":"no JSON"},)"
                        R"({"index":2,"status":422,"outcome":"rejected"}]})"
                        "\n");
}

TEST(Requests, LinesAreEventsUnderTheirContentTypeAndWhereTheyLookLikeIt) {
  Running running;
  Client client = running.connect();
  client.post("{\"a\":1}\n{\"a\":2}\n", "Content-Type: application/x-ndjson\r\n");
  EXPECT_EQ(running.serve(), (Payloads{R"({"a":1})", R"({"a":2})"}));
  EXPECT_EQ(client.read().body, "{\"events\":2,\"delivered\":2}\n");
  client.post("{\"a\":1}\n{\"a\":2}\n", "Content-Type: application/x-www-form-urlencoded\r\n");
  EXPECT_EQ(running.serve().size(), 2U);
  client.post("{\"a\":1}\n{\"a\":2}\n", "Content-Type: application/json\r\n");
  EXPECT_EQ(running.serve().size(), 1U);
}

TEST(Requests, AnEmptyArrayHasNothingToWaitFor) {
  Running running;
  Client client = running.connect();
  client.post("[ ]");
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{\"events\":0}\n");
}

TEST(Requests, CompressedAndChunkedBodiesArriveAsTheyWere) {
  Running running;
  Client client = running.connect();
  client.post(gzip(R"([{"a":1},{"a":2}])"), "Content-Encoding: gzip\r\n");
  EXPECT_EQ(running.serve(), (Payloads{R"({"a":1})", R"({"a":2})"}));
  EXPECT_EQ(client.read().status, 200);
  client.post(zstd(R"({"z":1})"), "Content-Encoding: zstd\r\n");
  EXPECT_EQ(running.serve(), Payloads{R"({"z":1})"});
  EXPECT_EQ(client.read().status, 200);
  client.send(
      "POST /events HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;note=x\r\n{\"a\r\n4\r\n\":1}\r\n0\r\nX-Trailer: Content-Length\r\n\r\n");
  EXPECT_EQ(running.serve(), Payloads{R"({"a":1})"});
  EXPECT_EQ(client.read().status, 200);
}

TEST(Requests, ByteByByteIsTheSameRequest) {
  Running running;
  Client client = running.connect();
  const std::string request =
      "POST /events?source=x HTTP/1.1\r\nHost: test\r\nContent-Length: 7\r\nX-A: b\r\n\r\n{\"a\":1}";
  for (const char byte : request) {
    client.send(std::string_view(&byte, 1));
  }
  EXPECT_EQ(running.serve(), Payloads{R"({"a":1})"});
  EXPECT_EQ(client.read().status, 200);
}

TEST(Requests, PipelinedAnswersStandInTheOrderOfTheRequests) {
  Running running;
  Client client = running.connect();
  std::string three;
  for (const char* body : {"[1]", "[2,2]", "[3,3,3]"}) {
    three +=
        "POST /events HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(std::strlen(body)) + "\r\n\r\n" + body;
  }
  client.send(three);
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(running.source.next().batch.id);
  }
  running.source.settle(ids[2], MR_DELIVERED);
  running.source.settle(ids[1], MR_FILTERED);
  running.source.settle(ids[0], MR_DELIVERED);
  EXPECT_EQ(client.read().body, "{\"events\":1,\"delivered\":1}\n");
  EXPECT_EQ(client.read().body, "{\"events\":2,\"filtered\":2}\n");
  EXPECT_EQ(client.read().body, "{\"events\":3,\"delivered\":3}\n");
}

TEST(Requests, ARefusalWaitsForTheAnswersBeforeIt) {
  Running running;
  Client client = running.connect();
  client.post("{}").send("BROKEN\r\n\r\n");
  const std::uint64_t id = running.source.next().batch.id;
  running.source.settle(id, MR_DELIVERED);
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().status, 400);
  EXPECT_TRUE(client.ended());
}

TEST(Requests, OnlySoManyPipelinedRequestsWaitAtATimeAndTheRestComesLater) {
  Running running{{"pipelining", "2"}};
  Client client = running.connect();
  for (int i = 0; i < 5; ++i) {
    client.post("[" + std::to_string(i) + "]");
  }
  const std::uint64_t first = running.source.next().batch.id;
  const std::uint64_t second = running.source.next().batch.id;
  EXPECT_TRUE(running.metric_becomes("http_events_total", 2)); // told by a later tick: the third was not read
  EXPECT_TRUE(running.source.poll().empty());
  running.source.settle(first, MR_DELIVERED);
  running.source.settle(second, MR_DELIVERED);
  for (int i = 2; i < 5; ++i) {
    EXPECT_EQ(running.serve(), Payloads{std::to_string(i)});
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(client.read().status, 200);
  }
}

TEST(Requests, EachEventHasAnIdAndTheHeadersThatWereAskedFor) {
  Running running{{"headers", std::vector<std::string>{"X-Device", "X-Region"}}};
  Client client = running.connect();
  client.post("[1,2]", "x-device: d7\r\nX-Other: no\r\n");
  const testing::Source::Polled polled = running.source.next();
  const auto first = headers_of(polled.events()[0]);
  const auto second = headers_of(polled.events()[1]);
  EXPECT_EQ(first.at("x-device"), "d7");
  EXPECT_EQ(first.size(), 2U);
  EXPECT_EQ(first.at("event-id").size(), 36U);
  EXPECT_EQ(first.at("event-id")[14], '7');
  EXPECT_NE(first.at("event-id"), second.at("event-id"));
  EXPECT_GT(polled.events()[0].time_us, 0);
  running.source.settle(polled.batch.id, MR_DELIVERED);
  client.read();
  client.post("[1,2]", "Idempotency-Key: k-1\r\n");
  const testing::Source::Polled keyed = running.source.next();
  EXPECT_EQ(headers_of(keyed.events()[0]).at("event-id"), "k-1/0");
  EXPECT_EQ(headers_of(keyed.events()[1]).at("event-id"), "k-1/1");
  running.source.settle(keyed.batch.id, MR_DELIVERED);
}

TEST(Requests, AKeyThatIsUnderWayIsNotTakenTwice) {
  Running running;
  Client one = running.connect();
  Client two = running.connect();
  one.post("{\"a\":1}", "Idempotency-Key: k\r\n");
  const std::uint64_t id = running.source.next().batch.id;
  EXPECT_EQ(two.post("{\"a\":1}", "Idempotency-Key: k\r\n").read().status, 409);
  EXPECT_EQ(two.post("{\"a\":2}", "Idempotency-Key: k\r\n").read().status, 422);
  running.source.settle(id, MR_DELIVERED);
  EXPECT_EQ(one.read().status, 200);
  two.post("{\"a\":2}", "Idempotency-Key: k\r\n");
  EXPECT_EQ(running.serve().size(), 1U);
  EXPECT_EQ(two.read().status, 200);
}

TEST(Requests, ASmallBudgetTakesARequestInPiecesAndTheAnswerIsOne) {
  Running running;
  Client client = running.connect();
  client.post("[1,22,333,4444,55555]");
  const auto first = running.source.next(2);
  EXPECT_EQ(first.events().size(), 2U);
  const auto second = running.source.poll(10, 1); // the first may always exceed the bytes
  ASSERT_EQ(second.events().size(), 1U);
  EXPECT_EQ(copy(second.events()[0].payload), "333");
  const auto third = running.source.poll(10, 9);
  EXPECT_EQ(third.events().size(), 2U);
  running.source.settle(third.batch.id, MR_DELIVERED);
  running.source.settle(first.batch.id, MR_DELIVERED);
  Client other = running.connect();
  running.catch_up(other);
  EXPECT_TRUE(client.nothing_yet());
  running.source.settle(second.batch.id, MR_REJECTED_EVENT);
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 422);
  EXPECT_NE(reply.body.find(R"("problems":[{"index":2,)"), std::string::npos) << reply.body;
}

TEST(Requests, OldAndTersePeersAreUnderstood) {
  Running running;
  {
    Client client = running.connect(); // HTTP/1.0 closes unless it asks otherwise
    client.send("POST /events HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}");
    running.serve();
    EXPECT_EQ(client.read().headers.at("connection"), "close");
    EXPECT_TRUE(client.ended());
  }
  Client client = running.connect();
  client.send("POST /events HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}\r\n");
  running.serve();
  EXPECT_EQ(client.read().headers.at("connection"), "keep-alive");
  client.send("POST http://test/events HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
  client.end_of_sending(); // it still reads
  running.serve();
  EXPECT_EQ(client.read().headers.at("connection"), "close");
  EXPECT_TRUE(client.ended());
}

TEST(Requests, ABodyThatWaitsForAWordGetsIt) {
  Running running;
  Client client = running.connect();
  client.send("POST /events HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  client.send("{}");
  running.serve();
  EXPECT_EQ(client.read().status, 200);
  client.send("POST /nowhere HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 404);
  EXPECT_TRUE(client.ended());
}

TEST(Requests, WhatIsNotTakenIsSaidAndTheConnectionStaysWhereItCan) {
  Running running;
  Client client = running.connect();
  client.send("POST /other HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n{}");
  const Reply nowhere = client.read();
  EXPECT_EQ(nowhere.status, 404);
  EXPECT_EQ(nowhere.body, R"({"error":"not_found","reason":"events are taken at /events only"})"
                          "\n");
  client.send("GET /events HTTP/1.1\r\nHost: t\r\n\r\n");
  const Reply method = client.read();
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.headers.at("allow"), "POST");
  client.send("HEAD /events HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.read(false).status, 405);
  EXPECT_EQ(client.post("a", "Content-Type: multipart/form-data\r\n").read().status, 415);
  EXPECT_EQ(client.post("a", "Content-Encoding: br\r\n").read().status, 415);
  EXPECT_EQ(client.post("a", "Content-Encoding: gzip, gzip\r\n").read().status, 415);
  EXPECT_EQ(client.post("a", "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n").read().status, 415);
  EXPECT_EQ(client.post("a", "Expect: wonders\r\n").read().status, 417);
  EXPECT_EQ(client.post("[{\"a\":1}").read().status, 400);
  EXPECT_EQ(client.post(" \n").read().status, 400);
  EXPECT_EQ(client.post(gzip("{}").substr(0, 10), "Content-Encoding: gzip\r\n").read().status, 400);
  client.post("{}"); // after all that it still serves
  running.serve();
  EXPECT_EQ(client.read().status, 200);
  EXPECT_TRUE(running.metric_becomes("http_refused_total{cause=encoding}", 3));
  EXPECT_TRUE(running.metric_becomes("http_requests_total{status=415}", 4));
  EXPECT_TRUE(running.metric_becomes("http_requests_total{status=200}", 1));
}

TEST(Requests, ASenderThatGoesBeforeTheAnswerLeavesNothingBehind) {
  Running running;
  std::uint64_t id = 0;
  {
    Client client = running.connect();
    client.post("{}");
    id = running.source.next().batch.id;
    client.send("POST /ev"); // and unread bytes, so that the end is a reset
  }
  EXPECT_TRUE(running.metric_becomes("http_held_bytes", 1026));
  running.source.settle(id, MR_DELIVERED);
  EXPECT_TRUE(running.metric_becomes("http_held_bytes", 0));
  EXPECT_TRUE(running.metric_becomes("http_connections", 0));
}

TEST(Requests, ManyConnectionsAtOnceGetEachItsOwnAnswer) {
  Running running;
  std::vector<Client> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(running.connect());
    std::string body = "[0";
    for (int k = 0; k < i; ++k) {
      body += ",0";
    }
    clients.back().post(body + "]");
  }
  for (int i = 0; i < 50; ++i) {
    running.serve();
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    EXPECT_NE(clients[i].read().body.find("\"events\":" + std::to_string(i + 1) + ","), std::string::npos) << i;
  }
}

} // namespace
} // namespace millrace::source_http
