// Who may send.
#include <gtest/gtest.h>

#include <string>

#include "tests/plugins/source_http/running.hpp"

namespace millrace::source_http {
namespace {

TEST(Tokens, OnlySendersWithOneOfThemAreTakenIn) {
  Running running{{"tokens", "# two at a time\nold\nnew\n"}};
  Client client = running.connect();
  for (const char* token : {"old", "new"}) {
    client.post("{}", std::string("Authorization: Bearer ") + token + "\r\n");
    EXPECT_EQ(running.serve().size(), 1U);
    EXPECT_EQ(client.read().status, 200);
  }
  for (const char* header : {"", "Authorization: Bearer ol\r\n", "Authorization: Bearer oldd\r\n",
                             "Authorization: Bearer \r\n", "Authorization: Basic old\r\n", "Authorization: old\r\n"}) {
    const Reply reply = client.post("{}", header).read();
    EXPECT_EQ(reply.status, 401) << header;
    EXPECT_EQ(reply.headers.at("www-authenticate"), "Bearer");
    EXPECT_TRUE(running.source.poll().empty());
  }
  client.post("{}", "authorization: bearer new\r\n");
  EXPECT_EQ(running.serve().size(), 1U);
}

TEST(Tokens, StrangersLearnNothingAboutPathsAndSizes) {
  Running running{{"tokens", "t\n"}};
  Client client = running.connect();
  client.send("GET /secret HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.read().status, 401);
}

TEST(Tokens, NeverReachTheLogOrAnAnswer) {
  Running running{{"tokens", "very-secret\n"}};
  Client client = running.connect();
  const Reply reply = client.post("{}", "Authorization: Bearer other-secret\r\n").read();
  EXPECT_EQ(reply.body.find("secret"), std::string::npos);
  EXPECT_FALSE(running.source.host().logged("secret"));
}

} // namespace
} // namespace millrace::source_http
