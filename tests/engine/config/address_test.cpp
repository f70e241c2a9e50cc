#include "engine/config/address.hpp"

#include <gtest/gtest.h>

namespace millrace::config {
namespace {

TEST(Address, IsAHostAndAPort) {
  for (const char* text : {"127.0.0.1:8686", "localhost:0", "[::1]:65535"}) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->text(), text);
  }
  EXPECT_EQ(parse_address("[::1]:80")->host, "::1");
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* text : {"", "8686", ":8686", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80",
                           "a:80x", "[]:80"}) {
    EXPECT_EQ(parse_address(text), std::nullopt) << text;
  }
}

TEST(Address, KnowsWhetherOthersCanReachIt) {
  for (const char* text : {"127.0.0.1:1", "127.1.2.3:1", "localhost:1", "[::1]:1"}) {
    EXPECT_TRUE(parse_address(text)->is_loopback()) << text;
  }
  for (const char* text : {"0.0.0.0:1", "10.0.0.1:1", "127.example.com:1", "[::]:1", "desk:1"}) {
    EXPECT_FALSE(parse_address(text)->is_loopback()) << text;
  }
}

} // namespace
} // namespace millrace::config
