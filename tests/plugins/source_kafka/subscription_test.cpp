// Patterns of topics.
#include "plugins/source_kafka/subscription.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace millrace::source_kafka {
namespace {

bool matches(const std::string& pattern, const std::string& topic) {
  return std::regex_match(topic, std::regex(subscription_of(pattern), std::regex::extended));
}

TEST(Subscription, ANameStaysAsItIs) { EXPECT_EQ(subscription_of("device.heartbeats"), "device.heartbeats"); }

TEST(Subscription, AStarStandsForOneOrMoreCharactersButNoDot) {
  EXPECT_EQ(subscription_of("analytics.revenue.*"), "^analytics\\.revenue\\.[^.]+$");
  EXPECT_TRUE(matches("a.*", "a.eu"));
  EXPECT_FALSE(matches("a.*", "a."));
  EXPECT_FALSE(matches("a.*", "a.eu.west"));
  EXPECT_FALSE(matches("a.*", "abc"));
  EXPECT_FALSE(matches("a.*", "x.a.eu"));
}

TEST(Subscription, NamesEachTopicOnce) {
  EXPECT_EQ(subscription_of(std::vector<std::string>{"b", "a", "b"}), (std::vector<std::string>{"a", "b"}));
}

} // namespace
} // namespace millrace::source_kafka
