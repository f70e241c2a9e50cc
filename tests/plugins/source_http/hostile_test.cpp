// Input that means harm: hostile.txt, and what does not fit into a line of text. None of it reaches the engine.
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/plugins/source_http/packed.hpp"
#include "tests/plugins/source_http/running.hpp"

namespace millrace::source_http {
namespace {

struct Case {
  int line = 0;
  std::string bytes;
  int status = 0;
  std::string error;
  bool stays = false;
};

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'r':
        out += '\r';
        break;
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case '0':
        out += '\0';
        break;
      case 'x':
        out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      default:
        throw std::runtime_error("hostile.txt: an escape that the test does not know");
    }
  }
  return out;
}

std::vector<Case> cases() {
  std::ifstream file(MILLRACE_SOURCE_DIR "/tests/plugins/source_http/hostile.txt");
  std::vector<Case> out;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.starts_with("> ")) {
      out.push_back({number, unescaped(std::string_view(line).substr(2)), 0, "", false});
    } else if (line.starts_with("< ")) {
      std::istringstream words(line.substr(2));
      std::string stays;
      words >> out.back().status >> out.back().error >> stays;
      out.back().stays = stays == "<<";
    }
  }
  return out;
}

TEST(Hostile, EachRequestOfTheFixtureIsRefusedAndNothingOfItReachesTheEngine) {
  Running running;
  const std::vector<Case> all = cases();
  ASSERT_GT(all.size(), 40U);
  for (const Case& one : all) {
    SCOPED_TRACE("hostile.txt:" + std::to_string(one.line));
    Client client = running.connect();
    client.send(one.bytes);
    const Reply reply = client.read();
    EXPECT_EQ(reply.status, one.status) << reply.body;
    EXPECT_TRUE(reply.body.starts_with("{\"error\":\"" + one.error + "\"")) << reply.body;
    EXPECT_EQ(reply.headers.contains("connection"), !one.stays);
    if (one.stays) {
      client.post("{}");
      EXPECT_EQ(running.serve(), std::vector<std::string>{"{}"});
      EXPECT_EQ(client.read().status, 200);
    } else {
      client.end_of_sending();
      EXPECT_TRUE(client.ended());
    }
    EXPECT_TRUE(running.source.poll().empty());
  }
}

TEST(Hostile, EachRequestOfTheFixtureIsRefusedByteByByteAsWell) {
  Running running;
  for (const Case& one : cases()) {
    SCOPED_TRACE("hostile.txt:" + std::to_string(one.line));
    Client client = running.connect();
    for (const char byte : one.bytes) {
      if (client.send_until_refused(std::string_view(&byte, 1))) {
        break;
      }
    }
    client.end_of_sending(); // where the end of the head was never seen, there is no answer either
    if (const std::optional<Reply> reply = client.read_or_end()) {
      EXPECT_EQ(reply->status, one.status);
    }
    EXPECT_TRUE(running.source.poll().empty());
  }
}

TEST(Hostile, AHeadWithoutEndIsCutOff) {
  Running running{{"max_header", "1KiB"}};
  for (const char* endless : {"X-A: b\r\n", "x", "X"}) { // fields, one long field, one long name
    SCOPED_TRACE(endless);
    Client client = running.connect();
    client.send("POST /events HTTP/1.1\r\nHost: t\r\n");
    if (std::string_view(endless) == "x") {
      client.send("X-A: ");
    }
    std::string many;
    while (many.size() < 2000) {
      many += endless;
    }
    client.send_until_refused(many);
    EXPECT_EQ(client.read().status, 431);
  }
  Client client = running.connect();
  client.send("POST /" + std::string(2000, 'e') + " HTTP/1.1\r\n");
  EXPECT_EQ(client.read().status, 431);
}

TEST(Hostile, AHeadThatComesInPiecesIsCountedAsOne) {
  Running running{{"max_header", "1KiB"}};
  Client client = running.connect();
  Client other = running.connect();
  client.send("POST /events HTTP/1.1\r\nHost: t\r\nX-A: " + std::string(900, 'a') + "\r\nX-B: ");
  running.catch_up(other); // the first field is parsed and forgotten
  EXPECT_TRUE(client.nothing_yet());
  client.send(std::string(200, 'b') + "\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(client.read().status, 431);
}

TEST(Hostile, FieldsThatTrickleInAreCountedTogether) {
  Running running{{"max_header", "1KiB"}};
  Client client = running.connect();
  Client other = running.connect();
  client.send("POST /events HTTP/1.1\r\nHost: t\r\n");
  for (int i = 0; i < 30 && client.nothing_yet(); ++i) {
    client.send("A: " + std::string(50, 'b') + "\r\n");
    running.catch_up(other);
  }
  EXPECT_EQ(client.read().status, 431);
}

TEST(Hostile, AChunkHeadWithoutEndIsCutOff) {
  Running running;
  Client client = running.connect();
  client.send("POST /events HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n2;");
  client.send_until_refused(std::string(200'000, 'x'));
  EXPECT_EQ(client.read().status, 400);
}

TEST(Hostile, BombsStopEarlyAndGiveTheirMemoryBack) {
  Running running{{"max_body", "8MiB"}, {"memory", "9MiB"}};
  const std::string spaces(64u << 20U, ' ');
  for (const auto& [encoding, bomb] : {std::pair<std::string, std::string>{"gzip", gzip(spaces)},
                                       std::pair<std::string, std::string>{"zstd", zstd(spaces)}}) {
    for (int i = 0; i < 5; ++i) {
      Client client = running.connect();
      client.send_until_refused("POST /events HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(bomb.size()) +
                                "\r\nContent-Encoding: " + encoding + "\r\n\r\n" + bomb);
      const Reply reply = client.read();
      EXPECT_EQ(reply.status, 413) << reply.body;
      EXPECT_TRUE(reply.body.starts_with(R"({"error":"too_dense")")) << reply.body;
    }
  }
  EXPECT_TRUE(running.metric_becomes("http_refused_total{cause=too_dense}", 10));
  EXPECT_TRUE(running.metric_becomes("http_held_bytes", 0));
}

TEST(Hostile, DeepArraysAreRefusedWithoutDepthOfTheirOwn) {
  Running running;
  Client client = running.connect();
  EXPECT_EQ(client.post(std::string(900'000, '[')).read().status, 400);
}

} // namespace
} // namespace millrace::source_http
