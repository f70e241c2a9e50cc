// Settings of the consumer that are refused, and starts that cannot succeed.
#include "tests/plugins/kafka/pump.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

std::string refusal(const std::string& setting) {
  try {
    testing::Source source(
        kafka_test::source_plugin(),
        {{"brokers", "127.0.0.1:1"}, {"group", "g"}, {"settings", std::vector<std::string>{setting}}});
    return "";
  } catch (const testing::CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_INVALID);
    return failed.text();
  }
}

TEST(SourceKafkaSettings, RefusesWhatThePromiseRestsOn) {
  for (const char* setting :
       {"enable.auto.commit=true", "enable.auto.offset.store=true", "auto.offset.reset=earliest", "check.crcs=false",
        "partition.assignment.strategy=cooperative-sticky", "isolation.level=read_uncommitted", "group.id=other",
        "group.protocol=consumer", "allow.auto.create.topics=true"}) {
    EXPECT_NE(refusal(setting), "") << setting;
  }
  EXPECT_EQ(refusal("auto.offset.reset=latest"),
            "settings: auto.offset.reset = 'latest' is refused, it stays 'error': a position that the log does not "
            "have any more must stop the partition, not move it");
}

TEST(SourceKafkaSettings, PassesThroughWhatIsFree) {
  EXPECT_EQ(refusal("client.rack=a"), "");
  EXPECT_EQ(refusal("fetch.min.bytes=1000"), "");
}

TEST(SourceKafkaSettings, NeedsTopicsFromSomewhere) {
  testing::Source source(kafka_test::source_plugin(), {{"brokers", "127.0.0.1:1"}, {"group", "g"}});
  try {
    source.start();
    FAIL();
  } catch (const testing::CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_INVALID);
    EXPECT_EQ(failed.text(), "no topics to read: name them in `topics`, or have the rules read some");
  }
}

TEST(SourceKafkaSettings, SaysAtStartWhichBrokersCannotBeReached) {
  testing::Source source(kafka_test::source_plugin(),
                         {{"brokers", "127.0.0.1:1"}, {"group", "g"}, {"topics", std::vector<std::string>{"t"}}});
  try {
    source.start();
    FAIL();
  } catch (const testing::CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_TRANSIENT);
    EXPECT_NE(failed.text().find("no broker of '127.0.0.1:1' can be reached"), std::string::npos) << failed.text();
  }
}

} // namespace
} // namespace millrace
