// Which rows of a partitioned table are too old or come from the future.
#include "dsl/evaluate/age.hpp"

#include <gtest/gtest.h>

#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {
namespace {

std::int64_t at(std::string_view text) { return parse_iso8601(text).value(); }

PartitionBy keep(int count, PartitionUnit unit) {
  return {.unit = PartitionUnit::day, .column = 0, .keep = count, .keep_unit = unit};
}

std::string_view age(const PartitionBy& partition, std::string_view row, std::string_view received) {
  return code_of(check_age(partition, Value::of_timestamp(at(row)), at(received)));
}
std::string_view age_of_day(const PartitionBy& partition, std::string_view row, std::string_view received) {
  return code_of(check_age(partition, Value::of_int(day_of(at(std::string(row) + "T00:00:00Z"))), at(received)));
}

constexpr std::string_view kTooOld = "R0405";
constexpr std::string_view kAhead = "R0406";

TEST(Age, IsCountedInUnitsOfTheCalendar) {
  const struct {
    int count;
    PartitionUnit unit;
    const char* received;
    const char* oldest;
    const char* too_old;
  } cases[] = {
      {5, PartitionUnit::hour, "2024-01-01T03:30:00Z", "2023-12-31T22:30:00Z", "2023-12-31T22:29:59.999999Z"},
      {1, PartitionUnit::day, "2024-03-01T00:00:00Z", "2024-02-29T00:00:00Z", "2024-02-28T23:59:59.999999Z"},
      {2, PartitionUnit::week, "2024-03-01T12:00:00Z", "2024-02-16T12:00:00Z", "2024-02-16T11:59:59Z"},
      {1, PartitionUnit::month, "2024-03-31T12:00:00Z", "2024-02-29T12:00:00Z", "2024-02-29T11:59:59Z"},
      {24, PartitionUnit::month, "2024-06-10T06:13:20Z", "2022-06-10T06:13:20Z", "2022-06-10T06:13:19Z"},
      {1, PartitionUnit::year, "2024-02-29T12:00:00Z", "2023-02-28T12:00:00Z", "2023-02-28T11:59:59Z"},
      {2000, PartitionUnit::year, "2024-06-10T00:00:00Z", "0024-06-10T00:00:00Z", "0024-06-09T23:59:59Z"},
  };
  for (const auto& one : cases) {
    const PartitionBy partition = keep(one.count, one.unit);
    EXPECT_EQ(age(partition, one.oldest, one.received), "") << one.oldest;
    EXPECT_EQ(age(partition, one.too_old, one.received), kTooOld) << one.too_old;
  }
}

TEST(Age, MoreThanADayAheadIsTooFarWhetherOrNotThereIsAKeep) {
  for (const PartitionBy& partition : {keep(0, PartitionUnit::month), keep(3, PartitionUnit::month)}) {
    EXPECT_EQ(age(partition, "2024-06-11T06:00:00Z", "2024-06-10T06:00:00Z"), "");
    EXPECT_EQ(age(partition, "2024-06-11T06:00:00.000001Z", "2024-06-10T06:00:00Z"), kAhead);
    EXPECT_EQ(age(partition, "2106-01-01T00:00:00Z", "2024-06-10T06:00:00Z"), kAhead);
  }
}

TEST(Age, WithoutAKeepNothingIsTooOld) {
  EXPECT_EQ(age(keep(0, PartitionUnit::month), "0001-01-01T00:00:00Z", "2024-06-10T06:00:00Z"), "");
}

TEST(Age, OfADateCountsByDays) {
  const PartitionBy partition = keep(2, PartitionUnit::day);
  EXPECT_EQ(age_of_day(partition, "2024-06-08", "2024-06-10T23:59:59Z"), "");
  EXPECT_EQ(age_of_day(partition, "2024-06-07", "2024-06-10T00:00:00Z"), kTooOld);
  EXPECT_EQ(age_of_day(partition, "2024-06-11", "2024-06-10T00:00:00Z"), "");
  EXPECT_EQ(age_of_day(partition, "2024-06-12", "2024-06-10T23:59:59Z"), kAhead);
}

TEST(Age, SaysWhatIsKept) {
  EXPECT_EQ(keep_text(keep(24, PartitionUnit::month)), "24 months");
  EXPECT_EQ(keep_text(keep(1, PartitionUnit::hour)), "1 hour");
}

} // namespace
} // namespace millrace::dsl
