// Partitions that the group gives and takes, on a real broker.
#include "tests/plugins/kafka/broker.hpp"
#include "tests/plugins/kafka/pump.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace millrace {
namespace {

using kafka_test::Name;
using kafka_test::Pump;
using kafka_test::Seen;
using kafka_test::Stored;

class KafkaGroup : public kafka_test::RealKafka {
 protected:
  std::vector<testing::Setting> settings(const std::string& topic) {
    return {{"brokers", broker().address()},
            {"group", "g-" + topic},
            {"topics", std::vector<std::string>{topic}},
            {"session_timeout", "6s"},
            {"commit_interval", "100ms"}};
  }
  // Turns of both until `done`.
  template <class Done>
  static bool both_until(Pump& a, Pump& b, Done done, std::chrono::seconds limit = std::chrono::seconds(40)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) {
        return false;
      }
      const bool busy = a.turn() | b.turn();
      if (!busy) {
        a.host().wait_wake(std::chrono::milliseconds(5));
      }
    }
    return true;
  }
  Stored stored_;
};

TEST_F(KafkaGroup, TwoMembersShareAndNothingIsReadTwice) {
  const std::string topic = broker().topic(4);
  for (std::int32_t p = 0; p < 4; ++p) {
    broker().produce(topic, p, p * 1000, p * 1000 + 500);
  }
  Pump first(settings(topic), stored_);
  first.start();
  ASSERT_TRUE(first.until([&] { return first.seen.size() == 2000; }));
  Pump second(settings(topic), stored_);
  second.start();
  ASSERT_TRUE(both_until(first, second, [&] { return first.held.size() == 2 && second.held.size() == 2; }));
  for (std::int32_t p = 0; p < 4; ++p) {
    broker().produce(topic, p, p * 1000 + 500, p * 1000 + 600);
  }
  ASSERT_TRUE(both_until(first, second, [&] { return first.seen.size() + second.seen.size() >= 2400; }));
  std::set<int> distinct;
  for (const Pump* pump : {&first, &second}) {
    for (const Seen& seen : pump->seen) {
      distinct.insert(std::stoi(*seen.payload));
    }
  }
  EXPECT_EQ(distinct.size(), 2400U);
  EXPECT_EQ(first.seen.size() + second.seen.size(), 2400U);
  EXPECT_TRUE(first.source().violations().empty());
  EXPECT_TRUE(second.source().violations().empty());
}

TEST_F(KafkaGroup, ARevokeThatIsAnsweredLateKeepsTheMemberAndGivesThePartitions) {
  const std::string topic = broker().topic(2);
  broker().produce(topic, 0, 0, 10);
  Pump first(settings(topic), stored_);
  first.start();
  ASSERT_TRUE(first.until([&] { return first.seen.size() == 10; }));
  first.answers_releases = false; // as when a COMMIT takes long
  Pump second(settings(topic), stored_);
  second.start();
  ASSERT_TRUE(both_until(first, second, [&] { return first.releases.size() == 2; }));
  EXPECT_FALSE(first.releases[0].lost);
  // Longer than the session: what keeps the member is that it goes on being polled.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(7);
  both_until(first, second, [&] { return std::chrono::steady_clock::now() > until; });
  EXPECT_TRUE(second.held.empty()) << "nobody else gets what is not given back";
  first.answers_releases = true;
  ASSERT_TRUE(both_until(first, second, [&] { return first.held.size() == 1 && second.held.size() == 1; }));
  broker().produce(topic, 0, 10, 20);
  ASSERT_TRUE(both_until(first, second, [&] { return first.seen.size() + second.seen.size() == 20; }));
}

TEST_F(KafkaGroup, AMemberThatIsGoneIsFollowedFromWhatWasStored) {
  const std::string topic = broker().topic(2);
  broker().produce(topic, 0, 0, 100);
  broker().produce(topic, 1, 100, 200);
  auto first = std::make_unique<Pump>(settings(topic), stored_);
  first->start();
  ASSERT_TRUE(first->until([&] { return first->seen.size() == 200; }));
  first.reset();
  broker().produce(topic, 0, 200, 250);
  Pump second(settings(topic), stored_);
  second.start();
  ASSERT_TRUE(second.until([&] { return second.seen.size() == 50; }));
  EXPECT_EQ(*second.seen.front().payload, "200");
}

TEST_F(KafkaGroup, RewindsUnderLoadLeaveNoGap) {
  const std::string topic = broker().topic(3);
  for (std::int32_t p = 0; p < 3; ++p) {
    broker().produce(topic, p, 0, 30'000);
  }
  Pump pump(settings(topic), stored_);
  pump.budget = 200; // so that there is much on its way at each rewind
  pump.start();
  std::uint32_t random = 12345;
  std::map<std::int32_t, std::uint64_t> next; // a gap would be a skipped record
  std::size_t looked_at = 0;
  std::size_t rewinds = 0;
  ASSERT_TRUE(pump.until(
      [&] {
        const bool came = looked_at < pump.seen.size();
        for (; looked_at < pump.seen.size(); ++looked_at) {
          const Seen& seen = pump.seen[looked_at];
          EXPECT_LE(seen.position, next[seen.partition.second]) << "partition " << seen.partition.second;
          next[seen.partition.second] = seen.position + 1;
        }
        random = random * 1664525U + 1013904223U;
        if (came && rewinds < 15 && (random >> 16U) % 8 == 0) { // in the midst of reading
          ++rewinds;
          for (std::int32_t p = 0; p < 3; ++p) { // every claim is void, and the database lost some of what it had
            mr_position& position = stored_.positions[Name(topic, p)];
            position.next -= std::min<std::uint64_t>(position.next, (random >> 8U) % 500);
            position.mark = 0;
            next[p] = position.next;
            pump.source().moved(topic, p);
          }
        }
        return rewinds == 15 && next[0] == 30'000 && next[1] == 30'000 && next[2] == 30'000;
      },
      std::chrono::seconds(150)))
      << rewinds << " rewinds, at " << next[0] << " " << next[1] << " " << next[2];
  EXPECT_TRUE(pump.source().violations().empty());
}

} // namespace
} // namespace millrace
