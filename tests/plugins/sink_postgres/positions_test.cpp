// What this instance remembers of its claims, and how it tells the database, without one.
#include "plugins/sink_postgres/positions.hpp"

#include <gtest/gtest.h>

namespace millrace::sink_postgres {
namespace {

mr_range range(const char* stream, std::int32_t partition, std::uint64_t first, std::uint64_t next,
               std::uint64_t mark) {
  return {str(stream), partition, 0, first, next, mark};
}

TEST(AdvanceArguments, AreArraysOfAnyNameAndOfAllSixtyFourBitsOfAMark) {
  const mr_range ranges[] = {range("a", 0, 1, 2, 0), range("odd \"name\" \\ , {}", 7, 10, 20, 0xFFFFFFFFFFFFFFFFU)};
  const std::int64_t epochs[] = {3, 4};
  const AdvanceArguments arguments("pipe", ranges, epochs);
  const auto texts = arguments.get();
  ASSERT_EQ(texts.size(), 7U);
  EXPECT_STREQ(texts[0], "pipe");
  EXPECT_STREQ(texts[1], R"({"a","odd \"name\" \\ , {}"})");
  EXPECT_STREQ(texts[2], R"({"0","7"})");
  EXPECT_STREQ(texts[3], R"({"3","4"})");
  EXPECT_STREQ(texts[4], R"({"1","10"})");
  EXPECT_STREQ(texts[5], R"({"2","20"})");
  EXPECT_STREQ(texts[6], R"({"0","-1"})");
}

TEST(AdvanceArguments, APositionPastBigintIsRefusedByName) {
  const mr_range ranges[] = {range("a", 0, 0, 0x8000000000000000U, 0)};
  const std::int64_t epochs[] = {1};
  EXPECT_THROW(AdvanceArguments("pipe", ranges, epochs), Failure);
}

TEST(Positions, WithoutAClaimARangeIsNotHeld) {
  const Positions positions("millrace", "pipe", "me");
  const mr_range ranges[] = {range("a", 0, 0, 1, 0)};
  EXPECT_EQ(positions.ready(ranges), Positions::Ready::not_held);
  EXPECT_FALSE(positions.lost_any());
}

TEST(Positions, CountsFencesInARow) {
  Positions positions("millrace", "pipe", "me");
  const mr_range ranges[] = {range("a", 0, 0, 1, 0)};
  EXPECT_EQ(positions.count_fence(ranges), 1U);
  EXPECT_EQ(positions.count_fence(ranges), 2U);
}

} // namespace
} // namespace millrace::sink_postgres
