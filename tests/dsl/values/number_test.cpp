#include "dsl/values/number.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace millrace::dsl {
namespace {

TEST(Number, KnowsTheLengthOfAToken) {
  EXPECT_EQ(number_token_length("0"), 1U);
  EXPECT_EQ(number_token_length("-12.5e+3,"), 8U);
  EXPECT_EQ(number_token_length("1.5}"), 3U);
  for (const std::string_view text : {"", "-", "01", "1.", "1.e5", ".5", "1e", "1e-", "+1", "a", "-a", "00"}) {
    EXPECT_EQ(number_token_length(text), 0U) << text;
  }
}

TEST(Number, TakesIntegersOf64BitsOnly) {
  EXPECT_EQ(parse_int("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_int("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_int("-0"), 0);
  for (const std::string_view text :
       {"9223372036854775808", "-9223372036854775809", "1.0", "1e3", "", "-", "+1", "007", " 1", "1 "}) {
    EXPECT_FALSE(parse_int(text)) << text;
  }
  EXPECT_EQ(parse_int("-007", true), -7);
}

TEST(Number, ReadsDoublesWithinRange) {
  EXPECT_EQ(parse_double("1.7976931348623157e308"), 1.7976931348623157e308);
  EXPECT_EQ(parse_double("5e-324"), 5e-324);
  EXPECT_EQ(parse_double("1e-400"), 0.0);
  EXPECT_TRUE(std::signbit(*parse_double("-1e-400")));
  EXPECT_EQ(parse_double("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_EQ(parse_double("0." + std::string(400, '0') + "1e401"), 1.0);
  EXPECT_FALSE(parse_double("1e400"));
  EXPECT_FALSE(parse_double("1" + std::string(400, '0')));
  EXPECT_FALSE(parse_double("0.1e400"));
  EXPECT_FALSE(parse_double("nan"));
  EXPECT_FALSE(parse_double("inf"));
}

TEST(Number, KnowsThePowerOfItsFirstDigit) {
  EXPECT_EQ(token_magnitude("1234.5"), 3);
  EXPECT_EQ(token_magnitude("0.01"), -2);
  EXPECT_EQ(token_magnitude("-5"), 0);
  EXPECT_EQ(token_magnitude("0.00"), 0);
  EXPECT_EQ(token_magnitude("0.1e400"), 399);
  EXPECT_EQ(token_magnitude("12E-3"), -2);
}

TEST(Number, TakesTheNarrowestFormOfAToken) {
  EXPECT_EQ(number_from_token("12").tag(), Tag::integer);
  EXPECT_EQ(number_from_token("12.0").as_int(), 12);
  EXPECT_EQ(number_from_token("12.5").tag(), Tag::decimal);
  EXPECT_EQ(number_from_token("18446744073709551616").tag(), Tag::decimal);
  EXPECT_EQ(number_from_token("1e300").tag(), Tag::floating);
  EXPECT_EQ(number_from_token("1e400").tag(), Tag::absent);
}

} // namespace
} // namespace millrace::dsl
