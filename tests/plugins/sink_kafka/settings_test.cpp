// Settings that are passed through, and those that are refused.
#include <gtest/gtest.h>

#include <millrace/testing/module.hpp>
#include <millrace/testing/sink.hpp>

namespace millrace {
namespace {

const mr_plugin& plugin() {
  static const mr_plugin& found =
      testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/sink_kafka.so"), MR_SINK);
  return found;
}

std::string refusal(const std::vector<std::string>& settings) {
  try {
    testing::Sink sink(plugin(), {{"brokers", "127.0.0.1:1"}, {"settings", settings}});
    return "";
  } catch (const testing::CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_INVALID);
    return failed.text();
  }
}

TEST(SinkKafkaSettings, PassesThroughWhatIsFree) {
  EXPECT_EQ(refusal({"compression.codec=lz4", "batch.size=200000"}), "");
}

TEST(SinkKafkaSettings, AcceptsAShippedValueThatIsRepeated) { EXPECT_EQ(refusal({"acks=all"}), ""); }

TEST(SinkKafkaSettings, RefusesWhatThePromiseRestsOnAndSaysWhy) {
  EXPECT_EQ(refusal({"acks=1"}),
            "settings: acks = '1' is refused, it stays 'all': an answer to a sender means that every replica in sync "
            "has the record");
  EXPECT_EQ(refusal({"linger.ms=50"}), "settings: 'linger.ms' cannot be set: it is made from `linger`");
  EXPECT_NE(refusal({"enable.idempotence=false"}), "");
  EXPECT_NE(refusal({"allow.auto.create.topics=true"}), "");
  EXPECT_NE(refusal({"transactional.id=x"}), "");
}

TEST(SinkKafkaSettings, NamesTheNearestSettingForAMisspeltOne) {
  EXPECT_EQ(refusal({"compresion.codec=lz4"}),
            "settings: librdkafka has no setting 'compresion.codec'; did you mean 'compression.codec'?");
}

TEST(SinkKafkaSettings, NamesTheValueThatIsWrong) {
  EXPECT_NE(refusal({"compression.codec=fast"}).find("compression.codec = 'fast'"), std::string::npos);
}

TEST(SinkKafkaSettings, SaysAtStartWhichBrokersCannotBeReached) {
  testing::Sink sink(plugin(), {{"brokers", "127.0.0.1:1"}});
  try {
    sink.start();
    FAIL() << "there is no broker";
  } catch (const testing::CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_TRANSIENT);
    EXPECT_NE(failed.text().find("no broker of '127.0.0.1:1' can be reached"), std::string::npos) << failed.text();
    EXPECT_NE(failed.text().find("refused"), std::string::npos) << failed.text();
  }
}

} // namespace
} // namespace millrace
