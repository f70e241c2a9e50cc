// Which partition a moment belongs to, and which of those that are needed are missing.
#include "plugins/sink_postgres/partitions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::sink_postgres {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
constexpr std::int64_t kJune = 1'718'000'000 * kSecond; // Monday, 2024-06-10T06:13:20Z

std::string described(PartitionUnit unit, std::int64_t at, bool of_dates = false) {
  const auto range = partition_of(unit, at);
  if (!range) {
    return "none";
  }
  EXPECT_TRUE(range->holds(at));
  return partition_name("t", unit, *range) + " " + bounds_sql({"at", unit, of_dates}, *range);
}

TEST(Partitions, AreWholeUnitsOfTheCalendarInUtc) {
  EXPECT_EQ(described(PartitionUnit::hour, kJune),
            "t_2024_06_10_06 from ('2024-06-10 06:00:00+00') to ('2024-06-10 07:00:00+00')");
  EXPECT_EQ(described(PartitionUnit::day, kJune),
            "t_2024_06_10 from ('2024-06-10 00:00:00+00') to ('2024-06-11 00:00:00+00')");
  EXPECT_EQ(described(PartitionUnit::week, kJune - kDay),
            "t_2024_06_03 from ('2024-06-03 00:00:00+00') to ('2024-06-10 00:00:00+00')");
  EXPECT_EQ(described(PartitionUnit::month, kJune),
            "t_2024_06 from ('2024-06-01 00:00:00+00') to ('2024-07-01 00:00:00+00')");
  EXPECT_EQ(described(PartitionUnit::year, kJune),
            "t_2024 from ('2024-01-01 00:00:00+00') to ('2025-01-01 00:00:00+00')");
  EXPECT_EQ(described(PartitionUnit::week, kJune, true), "t_2024_06_10 from ('2024-06-10') to ('2024-06-17')");
}

TEST(Partitions, BeginWithTheirFirstMoment) {
  EXPECT_EQ(described(PartitionUnit::month, -1),
            "t_1969_12 from ('1969-12-01 00:00:00+00') to ('1970-01-01 00:00:00+00')");
  EXPECT_EQ(described(PartitionUnit::month, 0),
            "t_1970_01 from ('1970-01-01 00:00:00+00') to ('1970-02-01 00:00:00+00')");
  const std::int64_t leap_day = 1'709'164'800 * kSecond; // 2024-02-29
  EXPECT_EQ(described(PartitionUnit::day, leap_day),
            "t_2024_02_29 from ('2024-02-29 00:00:00+00') to ('2024-03-01 00:00:00+00')");
  EXPECT_EQ(described(PartitionUnit::hour, leap_day - 1),
            "t_2024_02_28_23 from ('2024-02-28 23:00:00+00') to ('2024-02-29 00:00:00+00')");
}

TEST(Partitions, AreMadeOfYearsWithFourDigitsAlone) {
  EXPECT_EQ(described(PartitionUnit::year, -62'135'596'800 * kSecond),
            "t_0001 from ('0001-01-01 00:00:00+00') to ('0002-01-01 00:00:00+00')");
  EXPECT_EQ(described(PartitionUnit::year, -62'135'596'800 * kSecond - 1), "none");
  EXPECT_EQ(described(PartitionUnit::month, INT64_MAX), "none");
  EXPECT_EQ(described(PartitionUnit::month, INT64_MIN), "none");
}

TEST(Partitions, AheadAreEnoughForADayAndJoin) {
  for (const PartitionUnit unit :
       {PartitionUnit::hour, PartitionUnit::day, PartitionUnit::week, PartitionUnit::month, PartitionUnit::year}) {
    const std::vector<TimeRange> ranges = partitions_from(unit, kJune);
    EXPECT_TRUE(ranges.front().holds(kJune));
    EXPECT_GT(ranges.back().end, kJune + kDay) << to_string(unit);
    for (std::size_t i = 1; i < ranges.size(); ++i) {
      EXPECT_EQ(ranges[i].begin, ranges[i - 1].end);
    }
    EXPECT_EQ(parse_partition_unit(to_string(unit)), unit);
    EXPECT_EQ(partition_name("", unit, ranges.front()).size(), suffix_size(unit));
  }
  EXPECT_EQ(parse_partition_unit("months"), std::nullopt);
}

TEST(KnownPartitions, AreFoundByWhatTheyHold) {
  const KnownPartitions known({{100, 200}, {0, 50}, {200, 300}});
  EXPECT_EQ(known.find(-1), nullptr);
  EXPECT_EQ(*known.find(0), (TimeRange{0, 50}));
  EXPECT_EQ(known.find(50), nullptr);
  EXPECT_EQ(*known.find(199), (TimeRange{100, 200}));
  EXPECT_EQ(*known.find(200), (TimeRange{200, 300}));
  EXPECT_EQ(known.find(300), nullptr);
  EXPECT_EQ(KnownPartitions().find(0), nullptr);
}

TEST(KnownPartitions, ADefaultOneHoldsWhatNoOtherDoes) {
  const KnownPartitions known({{0, 50}, {INT64_MIN, INT64_MAX}});
  EXPECT_EQ(*known.find(10), (TimeRange{0, 50}));
  EXPECT_NE(known.find(60), nullptr);
  EXPECT_NE(known.find(-60), nullptr);
}

TEST(NeededPartitions, AreNamedOnceAndInOrderWithTheNextOneAhead) {
  const KnownPartitions known({*partition_of(PartitionUnit::day, kJune)});
  NeededPartitions needed(PartitionUnit::day, known);
  EXPECT_TRUE(needed.missing().empty());
  EXPECT_EQ(needed.ahead(), std::nullopt) << "there are no rows";
  needed.add(kJune);
  needed.add(kJune - 2 * kDay);
  needed.add(kJune - 3 * kDay);
  needed.add(kJune - 2 * kDay + 1);
  needed.add(INT64_MIN);
  EXPECT_THAT(needed.missing(), ::testing::ElementsAre(*partition_of(PartitionUnit::day, kJune - 3 * kDay),
                                                       *partition_of(PartitionUnit::day, kJune - 2 * kDay)));
  EXPECT_EQ(needed.ahead(), partition_of(PartitionUnit::day, kJune + kDay));
}

TEST(NeededPartitions, AreNoneWhereTheNextIsThereToo) {
  const KnownPartitions known({{0, 2 * kDay}, {2 * kDay, 9 * kDay}}); // not of the rules' unit
  NeededPartitions needed(PartitionUnit::day, known);
  needed.add(kDay);
  needed.add(0);
  needed.add(3 * kDay);
  EXPECT_TRUE(needed.missing().empty());
  EXPECT_EQ(needed.ahead(), std::nullopt);
}

} // namespace
} // namespace millrace::sink_postgres
