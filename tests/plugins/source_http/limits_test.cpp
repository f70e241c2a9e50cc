// Ceilings: sizes, counts, memory, shares, connections.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/plugins/source_http/packed.hpp"
#include "tests/plugins/source_http/running.hpp"

namespace millrace::source_http {
namespace {

TEST(Limits, ABodyOverItsSizeIsRefusedBeforeItIsRead) {
  Running running{{"max_body", "10000"}, {"max_event", "10000"}};
  Client client = running.connect();
  client.send("POST /events HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 413);
  EXPECT_TRUE(client.ended());
  Client chunked = running.connect();
  chunked.send("POST /events HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nFFFF\r\n" +
               std::string(20'000, ' '));
  EXPECT_EQ(chunked.read().status, 413);
  Client just = running.connect();
  just.post(std::string(9'998, ' ') + "{}");
  EXPECT_EQ(running.serve(), std::vector<std::string>{"{}"});
}

TEST(Limits, AnEventOverItsSizeRefusesTheWholeRequestAndNamesItsPlace) {
  Running running{{"max_event", "10"}};
  Client client = running.connect();
  const Reply reply = client.post("[1,\"0123456789\"]").read();
  EXPECT_EQ(reply.status, 413);
  EXPECT_NE(reply.body.find("event 1 has 12 bytes"), std::string::npos) << reply.body;
  EXPECT_TRUE(running.source.poll().empty());
}

TEST(Limits, TooManyEventsRefuseTheWholeRequest) {
  Running running{{"max_events", "3"}};
  Client client = running.connect();
  client.post("[1,2,3]");
  EXPECT_EQ(running.serve().size(), 3U);
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.post("[1,2,3,4]").read().status, 413);
  EXPECT_EQ(client.post("1\n2\n3\n4", "Content-Type: application/x-ndjson\r\n").read().status, 413);
}

TEST(Limits, WhereTheMemoryIsHeldTheBodyIsNotReadAndTheSenderIsToldWhen) {
  Running running{{"memory", "1MiB"}, {"max_body", "1MiB"}, {"max_event", "1MiB"}};
  Client first = running.connect();
  first.post(std::string(700'000, '1'));
  const std::uint64_t id = running.source.next().batch.id; // lent to the engine: it stays held
  Client second = running.connect();
  second.send("POST /events HTTP/1.1\r\nHost: t\r\nContent-Length: 700000\r\n\r\n");
  const Reply reply = second.read();
  EXPECT_EQ(reply.status, 503);
  const int wait = std::stoi(reply.headers.at("retry-after"));
  EXPECT_GE(wait, 1);
  EXPECT_LE(wait, 5);
  EXPECT_TRUE(second.ended());
  Client packed = running.connect(); // what it unpacks to counts
  std::string text;
  for (int i = 0; text.size() < 600'000; ++i) {
    text += std::to_string(i * 7919);
  }
  packed.post(gzip(text), "Content-Encoding: gzip\r\n");
  EXPECT_EQ(packed.read().status, 503);
  running.source.settle(id, MR_DELIVERED);
  EXPECT_EQ(first.read().status, 200);
  Client third = running.connect();
  third.post(std::string(700'000, '1'));
  EXPECT_EQ(running.serve().size(), 1U);
  EXPECT_EQ(third.read().status, 200);
}

TEST(Limits, ManySmallEventsHoldMoreThanTheirBytes) {
  Running running{{"memory", "1MiB"}, {"max_body", "1MiB"}};
  Client client = running.connect();
  std::string many = "[1";
  for (int i = 1; i < 9'000; ++i) {
    many += ",1";
  }
  const Reply reply = client.post(many + "]").read();
  EXPECT_EQ(reply.status, 503) << reply.body;
  EXPECT_TRUE(running.metric_becomes("http_held_bytes", 0));
}

TEST(Limits, ASenderOverItsShareWaitsWhileOthersDoNot) {
  Running running{{"tokens", "one\ntwo\n"}, {"share", "10KiB"}};
  Client one = running.connect();
  one.post(std::string(8'000, '1'), "Authorization: Bearer one\r\n");
  const std::uint64_t id = running.source.next().batch.id;
  Client again = running.connect();
  const Reply reply = again.post(std::string(8'000, '1'), "Authorization: Bearer one\r\n").read();
  EXPECT_EQ(reply.status, 429);
  EXPECT_TRUE(reply.headers.contains("retry-after"));
  Client two = running.connect();
  two.post(std::string(8'000, '1'), "Authorization: Bearer two\r\n");
  EXPECT_EQ(running.serve().size(), 1U);
  EXPECT_EQ(two.read().status, 200);
  running.source.settle(id, MR_DELIVERED);
  EXPECT_EQ(one.read().status, 200);
  again.post(std::string(8'000, '1'),
             "Authorization: Bearer one\r\n"); // the refused body was read: the connection stayed
  EXPECT_EQ(running.serve().size(), 1U);
}

TEST(Limits, ConnectionsHaveACeiling) {
  Running running{{"connections", "2"}};
  Client one = running.connect();
  Client two = running.connect();
  one.post("{}");
  running.serve();
  one.read();
  two.post("{}");
  running.serve();
  two.read();
  Client three = running.connect();
  EXPECT_EQ(three.read().status, 503);
  EXPECT_TRUE(three.ended());
  one.close();
  EXPECT_TRUE(running.metric_becomes("http_connections", 1));
  Client four = running.connect();
  four.post("{}");
  running.serve();
  EXPECT_EQ(four.read().status, 200);
}

TEST(Limits, OneAddressHasACeilingOfItsOwn) {
  Running running{{"connections_per_address", "1"}};
  Client one = running.connect();
  one.post("{}");
  running.serve();
  one.read();
  Client two = running.connect();
  EXPECT_EQ(two.read().status, 429);
  EXPECT_TRUE(running.metric_becomes("http_refused_total{cause=connections_of_address}", 1));
}

TEST(Limits, AnAnswerThatNobodyReadsHoldsUpOnlyItsConnection) {
  constexpr int kRequests = 12;
  Running running;
  Client lazy(running.port(), 4096);
  std::string many = "[1";
  for (int i = 1; i < 10'000; ++i) {
    many += ",1";
  }
  many += "]";
  for (int i = 0; i < kRequests; ++i) { // each answer is some 600 KiB; nothing is read yet
    lazy.post(many);
  }
  Client other = running.connect();
  other.post("{}");
  const std::string text(300, 'x');
  const mr_reason reason{str("E0001"), str(text), kAbsent, kAbsent, kAbsent};
  int served = 0;
  const auto serve_one = [&] { // true: it was the other's
    const auto polled = running.source.next();
    const std::size_t events = polled.events().size();
    served += events == 1 ? 0 : 1;
    running.source.settle(polled.batch.id, std::vector<mr_verdict>(events, {MR_DEAD_LETTERED, 0, &reason}));
    return events == 1;
  };
  while (!serve_one()) {
  }
  EXPECT_EQ(other.read().status, 200);
  std::thread reader([&] { // and all of it comes when it is read
    for (int i = 0; i < kRequests; ++i) {
      const Reply reply = lazy.read();
      EXPECT_EQ(reply.status, 200);
      EXPECT_TRUE(reply.body.starts_with(R"({"events":10000,"dead_lettered":10000,)"));
    }
  });
  while (served < kRequests) {
    serve_one();
  }
  reader.join();
}

} // namespace
} // namespace millrace::source_http
