// Topics are looked at and created as the rules want them, on a real broker.
#include "plugins/sink_kafka/topics.hpp"

#include "tests/plugins/kafka/broker.hpp"

#include <millrace/targets.hpp>
#include <millrace/testing/module.hpp>
#include <millrace/testing/sink.hpp>

#include <thread>

namespace millrace {
namespace {

class KafkaTopics : public kafka_test::RealKafka {
 protected:
  struct Said {
    std::vector<std::string> steps;
    std::vector<std::pair<std::uint32_t, std::string>> findings;
    bool has(std::uint32_t severity, std::string_view part) const {
      for (const auto& [level, text] : findings) {
        if (level == severity && text.find(part) != std::string::npos) {
          return true;
        }
      }
      return false;
    }
  };

  static mr_target target(std::string_view name, const std::vector<mr_pair>& properties) {
    mr_target out{};
    out.name = str(name);
    out.form = MR_MESSAGES;
    out.properties = properties.data();
    out.property_count = properties.size();
    return out;
  }
  static void add_finding(void* context, std::uint32_t severity, std::size_t, mr_str, mr_str text) {
    static_cast<Said*>(context)->findings.emplace_back(severity, copy(text));
  }
  static void add_step(void* context, std::size_t, mr_str step) {
    static_cast<Said*>(context)->steps.push_back(copy(step));
  }
  Said apply(const mr_target& target, bool run) {
    Said said;
    testing::Sink sink(plugin(), {{"brokers", broker().address()}});
    const mr_steps steps{&said, &add_step};
    const mr_findings findings{&said, &add_finding};
    mr_error error{};
    EXPECT_EQ(
        sink.extension<mr_plugin_apply>(MR_APPLY)->apply(
            sink.self(), &target, 1, run ? 1 : 0, sink.host().now_ns() + 20'000'000'000, &steps, &findings, &error),
        MR_OK)
        << error.text;
    return said;
  }
  Said check(const mr_target& target) {
    Said said;
    testing::Sink sink(plugin(), {{"brokers", broker().address()}});
    const mr_findings findings{&said, &add_finding};
    mr_error error{};
    EXPECT_EQ(sink.extension<mr_plugin_check>(MR_CHECK)->check(
                  sink.self(), &target, 1, sink.host().now_ns() + 20'000'000'000, &findings, &error),
              MR_OK)
        << error.text;
    return said;
  }
  static const mr_plugin& plugin() {
    static const mr_plugin& found =
        testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/sink_kafka.so"), MR_SINK);
    return found;
  }
};

TEST_F(KafkaTopics, AMissingTopicIsSaidThenCreatedOnce) {
  const std::vector<mr_pair> properties = {{str(kCompact), str("true")},
                                           {str(kPartitions), str("3")},
                                           {str(kReplicas), str("1")},
                                           {str(kRetentionMs), str("3600000")}};
  const mr_target wanted = target("made.by.apply", properties);
  EXPECT_TRUE(check(wanted).has(MR_LOG_ERROR, "topic 'made.by.apply' is not there"));
  const std::vector<std::string> step = {
      "create topic made.by.apply with 3 partitions, 1 replica, cleanup.policy=compact, "
      "message.timestamp.type=LogAppendTime, retention.ms=3600000"};
  EXPECT_EQ(apply(wanted, false).steps, step);
  EXPECT_TRUE(check(wanted).has(MR_LOG_ERROR, "is not there")) << "a dry run creates nothing";
  const Said done = apply(wanted, true);
  EXPECT_EQ(done.steps, step);
  EXPECT_TRUE(done.findings.empty());
  EXPECT_TRUE(apply(wanted, true).steps.empty()) << "what fits needs no step";
  const Said looked = check(wanted);
  EXPECT_FALSE(looked.has(MR_LOG_ERROR, ""));
  EXPECT_TRUE(looked.has(MR_LOG_WARN, "one replica"));
}

TEST_F(KafkaTopics, ATopicThatDiffersIsNotChanged) {
  const std::string topic = broker().topic(2);
  const std::vector<mr_pair> properties = {{str(kPartitions), str("5")}, {str(kRetentionMs), str("1000")}};
  const Said said = apply(target(topic, properties), true);
  EXPECT_TRUE(said.steps.empty());
  EXPECT_TRUE(said.has(MR_LOG_ERROR, "has 2 partitions, the rules say 5"));
  EXPECT_TRUE(said.has(MR_LOG_ERROR, "the rules say 1000"));
  EXPECT_TRUE(check(target(topic, properties)).has(MR_LOG_WARN, "has 2 partitions, the rules say 5"));
}

TEST_F(KafkaTopics, ATopicThatCannotBeMadeIsSaidWithTheReason) {
  const std::vector<mr_pair> properties = {{str(kReplicas), str("3")}};
  EXPECT_TRUE(apply(target("too.many.replicas", properties), true).has(MR_LOG_ERROR, "cannot be created: "));
}

TEST_F(KafkaTopics, WhatIsThereIsSaidAtTheStartAndACappedTopicIsMadeWhenItIsBound) {
  const std::string there = broker().topic(1);
  testing::Sink sink(plugin(), {{"brokers", broker().address()}});
  sink.host().offer_names();
  sink.start();
  EXPECT_TRUE(sink.host().names_there().contains(there));

  const std::vector<std::pair<std::string, std::string>> capped = {
      {"at_most", "2"}, {"partitions", "3"}, {"pattern", "capped.*"}};
  sink.bind(1, there, capped); // nothing to be made
  std::string why;
  const auto bound = [&] {
    try {
      sink.bind(2, "capped.one", capped);
      return true;
    } catch (const testing::CallFailed& failed) {
      EXPECT_EQ(failed.status(), MR_TRANSIENT) << failed.what();
      why = failed.what();
      return false;
    }
  };
  EXPECT_FALSE(bound()) << "it does not wait for the cluster";
  const std::int64_t deadline = sink.host().now_ns() + 20'000'000'000;
  while (!bound() && sink.host().now_ns() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(bound()) << why;
  const std::vector<mr_pair> properties = {{str(kPartitions), str("3")}};
  EXPECT_FALSE(check(target("capped.one", properties)).has(MR_LOG_ERROR, ""));
}

} // namespace
} // namespace millrace
