// Good requests with random damage: whatever comes, there is an answer or an end, nothing is kept, and the next honest
// sender is served. Seeded: MILLRACE_SEED repeats a run, MILLRACE_ROUNDS makes it longer.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/plugins/source_http/packed.hpp"
#include "tests/plugins/source_http/running.hpp"

namespace millrace::source_http {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string with_length(const std::string& body, const std::string& headers) {
  return "POST /events HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
         "\r\n" + body;
}

std::vector<std::string> good_requests() {
  const std::string array = R"([{"a":1,"b":"x\"y"},{"c":[1,2,{"d":null}]}])";
  return {with_length(R"({"a":1})", ""),
          with_length(array, "Content-Type: application/json\r\n"),
          with_length("{\"a\":1}\n{\"a\":2}\n", "Content-Type: application/x-ndjson\r\nIdempotency-Key: k\r\n"),
          with_length(gzip(array), "Content-Encoding: gzip\r\n"),
          with_length(zstd(array), "Content-Encoding: zstd\r\n"),
          "POST /events HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: "
          "chunked\r\n\r\n3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\nT: r\r\n\r\n",
          "POST /events HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"};
}

std::string damaged(std::string text, std::mt19937_64& random) {
  const std::uint64_t hurts = 1 + random() % 4;
  for (std::uint64_t i = 0; i < hurts && !text.empty(); ++i) {
    const std::size_t at = random() % text.size();
    switch (random() % 5) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, 1 + random() % 3);
        break;
      case 2:
        text.insert(at, 1 + random() % 3, static_cast<char>(random()));
        break;
      case 3:
        text.insert(at, text.substr(random() % text.size(), random() % 20));
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

TEST(Damage, EveryRequestGetsAnAnswerOrAnEndAndNothingIsKept) {
  const std::uint64_t seed = number_from("MILLRACE_SEED", 1);
  const std::uint64_t rounds = number_from("MILLRACE_ROUNDS", 3'000);
  std::mt19937_64 random(seed);
  const std::vector<std::string> good = good_requests();
  Running running;
  std::thread engine([&] {
    for (;;) {
      const auto polled = running.source.next();
      if (polled.empty()) {
        return; // drained
      }
      running.source.settle(polled.batch.id, MR_FILTERED + static_cast<std::uint32_t>(polled.batch.id % 6));
    }
  });
  for (std::uint64_t round = 0; round < rounds; ++round) {
    std::string bytes;
    for (std::uint64_t i = 1 + random() % 3; i > 0; --i) { // pipelined
      bytes += random() % 3 == 0 ? good[random() % good.size()] : damaged(good[random() % good.size()], random);
    }
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    Client client = running.connect();
    const std::size_t cut = random() % (bytes.size() + 1);
    client.send_until_refused(std::string_view(bytes).substr(0, cut));
    client.send_until_refused(std::string_view(bytes).substr(cut));
    client.end_of_sending();
    while (const std::optional<Reply> reply = client.read_or_end()) {
      ASSERT_GE(reply->status, 100);
      ASSERT_LE(reply->status, 503);
    }
  }
  Client honest = running.connect();
  honest.post("{}");
  EXPECT_GE(honest.read().status, 200);
  running.source.drain();
  engine.join();
  EXPECT_TRUE(running.metric_becomes("http_held_bytes", 0));
}

} // namespace
} // namespace millrace::source_http
