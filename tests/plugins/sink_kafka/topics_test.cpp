// Topics as the rules want them against topics as they are.
#include "plugins/sink_kafka/topics.hpp"

#include <gtest/gtest.h>
#include <millrace/failure.hpp>
#include <millrace/targets.hpp>

namespace millrace::sink_kafka {
namespace {

TEST(Topics, ReadsWhatTheRulesSay) {
  const mr_pair properties[] = {{str(kCompact), str("true")},
                                {str(kPartitions), str("96")},
                                {str(kReplicas), str("3")},
                                {str(kRetentionMs), str("172800000")}};
  mr_target target{};
  target.name = str("clicks");
  target.properties = properties;
  target.property_count = 4;
  EXPECT_EQ(describe(wanted_of(target)),
            "create topic clicks with 96 partitions, 3 replicas, cleanup.policy=compact, "
            "message.timestamp.type=LogAppendTime, "
            "retention.ms=172800000");
}

TEST(Topics, LeavesToTheClusterWhatTheRulesDoNotSay) {
  mr_target target{};
  target.name = str("clicks");
  EXPECT_EQ(describe(wanted_of(target)), "create topic clicks with message.timestamp.type=LogAppendTime");
}

TEST(Topics, RefusesACountThatIsNone) {
  const mr_pair properties[] = {{str(kPartitions), str("many")}};
  mr_target target{};
  target.name = str("clicks");
  target.properties = properties;
  target.property_count = 1;
  EXPECT_THROW(wanted_of(target), Failure);
}

TEST(Topics, NamesEachDifference) {
  const Wanted wanted{"clicks", 4, 3, {{"retention.ms", "1000"}, {"cleanup.policy", "compact"}}};
  const Found found{6, 3, 0, {{"retention.ms", "2000"}, {"cleanup.policy", "compact"}}};
  const std::vector<Finding> all = differences(wanted, found, true);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].item, "partitions");
  EXPECT_EQ(all[0].severity, static_cast<std::uint32_t>(MR_LOG_ERROR));
  EXPECT_NE(all[0].text.find("has 6 partitions, the rules say 4"), std::string::npos);
  EXPECT_EQ(all[1].text, "topic 'clicks' has retention.ms=2000, the rules say 1000");
}

TEST(Topics, WarnsOfWhatMakesAnAcknowledgementWorthLess) {
  EXPECT_EQ(risks({1, 1, 0, {}}, 1'000'000).size(), 1U);
  EXPECT_EQ(risks({1, 3, 0, {{"min.insync.replicas", "1"}}}, 1'000'000).size(), 1U);
  EXPECT_EQ(risks({1, 3, 0, {{"min.insync.replicas", "2"}}}, 1'000'000).size(), 0U);
  EXPECT_EQ(risks({1, 3, 2, {{"max.message.bytes", "1000"}}}, 1'000'000).size(), 2U);
}

} // namespace
} // namespace millrace::sink_kafka
