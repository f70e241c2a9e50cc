// The model case: the same seed gives the same events, at any position, and its tails are as heavy as it says.
#include <gtest/gtest.h>

#include <map>
#include <millrace/testing/module.hpp>
#include <millrace/testing/source.hpp>
#include <set>

#include "plugins/source_generate/model.hpp"

namespace millrace {
namespace {

const mr_plugin& plugin() {
  static const mr_plugin& found =
      testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/source_generate.so"), MR_SOURCE);
  return found;
}

std::vector<std::string> read(const std::vector<testing::Setting>& settings, std::uint64_t from, std::uint64_t budget) {
  testing::Source source(plugin(), settings);
  source.start();
  const auto claim = source.host().wait_claim();
  source.start_at(claim->stream, claim->partition, from);
  std::vector<std::string> out;
  for (auto polled = source.next(budget); polled.status != MR_END; polled = source.next(budget)) {
    for (const mr_event& event : polled.events()) {
      out.push_back(copy(event.payload));
    }
    source.settle(polled.batch.id, MR_DELIVERED);
  }
  EXPECT_TRUE(source.violations().empty());
  return out;
}

TEST(SourceGenerate, TheSameSeedGivesTheSameEventsHoweverTheyAreBatched) {
  const auto one = read({{"events", "3000"}}, 0, 1000);
  const auto two = read({{"events", "3000"}}, 0, 7);
  EXPECT_EQ(one.size(), 3000U);
  EXPECT_EQ(one, two);
  EXPECT_NE(one, read({{"events", "3000"}, {"seed", "2"}}, 0, 1000));
}

TEST(SourceGenerate, APositionIsTheNumberOfTheEvent) {
  const auto all = read({{"events", "200"}}, 0, 50);
  const auto rest = read({{"events", "200"}}, 150, 50);
  EXPECT_EQ(rest, std::vector<std::string>(all.begin() + 150, all.end()));
}

TEST(SourceGenerate, KeepsToItsRateByTheEnginesClock) {
  testing::Source source(plugin(), {{"rate", "100"}});
  source.host().set_now_ns(0);
  source.start();
  const auto claim = source.host().wait_claim();
  source.start_at(claim->stream, claim->partition, 0);
  EXPECT_TRUE(source.poll().empty());
  EXPECT_EQ(source.host().take_wake(), 0);
  EXPECT_TRUE(source.poll().empty());
  EXPECT_EQ(source.host().take_wake(), 10'000'000);
  source.host().set_now_ns(1'000'000'000);
  EXPECT_EQ(source.poll().events().size(), 100U);
  EXPECT_TRUE(source.poll().empty());
}

TEST(SourceGenerate, KindsAndDevicesAreHeavyTailedAndIdsAreUniqueButForDuplicates) {
  const source_generate::Model model;
  std::map<std::string, int> kinds, devices;
  std::set<std::string> ids;
  constexpr int kEvents = 20'000;
  int duplicates = 0;
  for (std::uint64_t n = 0; n < kEvents; ++n) {
    std::string event;
    source_generate::append_event(model, n, event);
    const std::size_t type = event.find("\"type\":\"") + 8;
    ++kinds[event.substr(type, event.find('"', type) - type)];
    std::string device;
    source_generate::append_device_id(model, n, device);
    EXPECT_NE(event.find("\"" + device + "\""), std::string::npos);
    ++devices[device];
    ids.insert(event.substr(7, 36));
    duplicates += source_generate::original_of(model, n) != n ? 1 : 0;
  }
  EXPECT_EQ(ids.size() + static_cast<std::size_t>(duplicates), static_cast<std::size_t>(kEvents));
  EXPECT_NEAR(duplicates, 200, 60);
  EXPECT_NEAR(kinds["heartbeat"], 14'000, 400);
  EXPECT_GT(kinds["refund"], 2);
  EXPECT_LT(kinds["refund"], 60);
  EXPECT_LT(devices.size(), 19'500U);
}

TEST(SourceGenerate, ADuplicateIsByteForByteTheEarlierEvent) {
  source_generate::Model model;
  model.duplicates = 0.5;
  for (std::uint64_t n = 0; n < 100; ++n) {
    const std::uint64_t original = source_generate::original_of(model, n);
    std::string one, two;
    source_generate::append_event(model, n, one);
    source_generate::append_event(model, original, two);
    EXPECT_EQ(one, two);
  }
}

} // namespace
} // namespace millrace
