#include "plugins/source_kafka/retention.hpp"

#include <gtest/gtest.h>

namespace millrace::source_kafka {
namespace {

TEST(Retention, IsWhatTheTopicSays) {
  EXPECT_EQ(retention_of({{"retention.ms", "60000"}, {"cleanup.policy", "delete"}}), 60'000);
  EXPECT_EQ(retention_of({{"retention.ms", "60000"}, {"cleanup.policy", "compact,delete"}}), 60'000);
  EXPECT_EQ(retention_of({{"retention.ms", "0"}}), 0);
}

TEST(Retention, IsNothingWhereAgeDeletesNothing) {
  EXPECT_EQ(retention_of({{"retention.ms", "-1"}}), std::nullopt);
  EXPECT_EQ(retention_of({{"retention.ms", "60000"}, {"cleanup.policy", "compact"}}), std::nullopt);
  EXPECT_EQ(retention_of({}), std::nullopt);
  EXPECT_EQ(retention_of({{"retention.ms", "long"}}), std::nullopt);
}

TEST(Retention, LeavesWhatIsLeftAndNeverLessThanNothing) {
  EXPECT_EQ(seconds_left(60'000, 100'000, 130'000), 30);
  EXPECT_EQ(seconds_left(60'000, 100'000, 160'001), 0);
  EXPECT_GT(seconds_left(INT64_MAX, 0, 1'000), 1e15);
}

} // namespace
} // namespace millrace::source_kafka
