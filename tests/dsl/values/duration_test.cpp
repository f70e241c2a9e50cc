#include "dsl/values/duration.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace millrace::dsl {
namespace {

std::string written(std::int64_t micros) {
  std::array<char, kDurationSize> out{};
  return {out.data(), static_cast<std::size_t>(write_duration(out.data(), micros) - out.data())};
}

std::string again(std::string_view text) {
  const auto micros = parse_duration(text);
  return micros ? written(*micros) : "none";
}

TEST(Duration, ReadsPartsFromTheLargestDown) {
  EXPECT_EQ(parse_duration("5m"), 300'000'000);
  EXPECT_EQ(parse_duration("1h30m"), 5'400'000'000);
  EXPECT_EQ(parse_duration("-1h30m"), -5'400'000'000);
  EXPECT_EQ(parse_duration("250us"), 250);
  EXPECT_EQ(parse_duration("1w1d1h1m1s1ms1us"), 694'861'001'001);
  EXPECT_EQ(parse_duration("90m"), 5'400'000'000);
  EXPECT_EQ(parse_duration("0s"), 0);
  EXPECT_EQ(parse_duration("-0s"), 0);
  EXPECT_EQ(parse_duration("05m"), 300'000'000);
  for (const char* text : {"",       "-",    "5",    "m",  "5 m",  "5m ",   " 5m", "+5m",    "30m1h", "1h1h",
                           "1h-30m", "--1h", "1.5h", "1H", "5min", "1ms1s", "1y",  "1_000s", "1ns",   "5m5"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, EndsWhereItsMicrosecondsDo) {
  EXPECT_EQ(parse_duration("9223372036854775807us"), INT64_MAX);
  EXPECT_EQ(parse_duration("-9223372036854775808us"), INT64_MIN);
  EXPECT_EQ(parse_duration("9223372036854775808us"), std::nullopt);
  EXPECT_EQ(parse_duration("-9223372036854775809us"), std::nullopt);
  EXPECT_EQ(parse_duration("15250285w"), std::nullopt);
  EXPECT_EQ(parse_duration("99999999999999999999999us"), std::nullopt);
}

TEST(Duration, IsWrittenInParts) {
  EXPECT_EQ(written(0), "0s");
  EXPECT_EQ(again("90m"), "1h30m");
  EXPECT_EQ(again("-3661s"), "-1h1m1s");
  EXPECT_EQ(again("10d"), "1w3d");
  EXPECT_EQ(again("1500us"), "1ms500us");
  EXPECT_EQ(again("60s"), "1m");
  std::mt19937_64 random(3);
  for (const std::int64_t micros : {INT64_MAX, INT64_MIN, INT64_MIN + 1, std::int64_t{-1}}) {
    EXPECT_EQ(parse_duration(written(micros)), micros) << micros;
  }
  for (int i = 0; i < 1'000; ++i) {
    const auto micros = static_cast<std::int64_t>(random()) >> (random() % 60);
    EXPECT_EQ(parse_duration(written(micros)), micros) << micros;
  }
}

TEST(Duration, ALiteralIsOnePart) {
  EXPECT_EQ(parse_duration_literal("250ms"), 250'000);
  EXPECT_EQ(parse_duration_literal("2w"), 1'209'600'000'000);
  for (const char* text : {"1h30m", "-5m", "250us", "5", "m", ""}) {
    EXPECT_EQ(parse_duration_literal(text), std::nullopt) << text;
  }
}

} // namespace
} // namespace millrace::dsl
