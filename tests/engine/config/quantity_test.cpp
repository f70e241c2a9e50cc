#include "engine/config/quantity.hpp"

#include <gtest/gtest.h>

namespace millrace::config {
namespace {

TEST(Quantity, ReadsSizes) {
  EXPECT_EQ(parse_size("0"), 0);
  EXPECT_EQ(parse_size("512"), 512);
  EXPECT_EQ(parse_size("512B"), 512);
  EXPECT_EQ(parse_size("64KiB"), 65536);
  EXPECT_EQ(parse_size("2GiB"), 2147483648);
}

TEST(Quantity, ReadsDurations) {
  EXPECT_EQ(parse_duration("7us"), 7'000);
  EXPECT_EQ(parse_duration("250ms"), 250'000'000);
  EXPECT_EQ(parse_duration("5s"), 5'000'000'000);
  EXPECT_EQ(parse_duration("2m"), 120'000'000'000);
  EXPECT_EQ(parse_duration("1h"), 3'600'000'000'000);
  EXPECT_EQ(parse_duration("7d"), 604'800'000'000'000);
}

TEST(Quantity, RefusesWhatIsNone) {
  for (const char* text :
       {"", "MiB", "64 MiB", "64MB", "-1", "1.5MiB", "0x10", "9999999999999999999", "9007199254740993TiB"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
  for (const char* text : {"", "5", "s", "5 s", "-5s", "5sec", "999999999999d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

} // namespace
} // namespace millrace::config
