#include "dsl/values/compare.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "dsl/values/ip.hpp"

namespace millrace::dsl {
namespace {

TEST(Compare, NumbersOfAllKindsByWhatTheyMean) {
  EXPECT_TRUE(equals(Value::of_int(10), Value::of_decimal({100, 1})));
  EXPECT_TRUE(equals(Value::of_int(10), Value::of_double(10)));
  EXPECT_FALSE(equals(Value::of_decimal({1, 1}), Value::of_double(0.1)));
  EXPECT_TRUE(*compare(Value::of_int(INT64_MAX), Value::of_double(9223372036854775808.0)) < 0);
  EXPECT_TRUE(*compare(Value::of_double(9223372036854775808.0), Value::of_int(INT64_MAX)) > 0);
  EXPECT_TRUE(equals(Value::of_token("1e1"), Value::of_int(10)));
  EXPECT_TRUE(equals(Value::of_token("10.50"), Value::of_token("10.5")));
}

TEST(Compare, ATokenBeyondTheRangeOfDoubleHasNoOrder) {
  EXPECT_FALSE(compare(Value::of_token("1e400"), Value::of_int(1)));
  EXPECT_FALSE(compare(Value::of_int(1), Value::of_token("-1e400")));
  EXPECT_FALSE(equals(Value::of_token("1e400"), Value::of_token("1e400")));
  EXPECT_TRUE(before(Value::of_int(1), Value::of_token("1e400")));
  EXPECT_FALSE(before(Value::of_token("-1e400"), Value::of_int(1)));
}

TEST(Compare, TextsByBytes) {
  EXPECT_TRUE(*compare(Value::of_text("Z"), Value::of_text("a")) < 0);
  EXPECT_TRUE(*compare(Value::of_text("z"), Value::of_text("\xc3\xa4")) < 0);
  EXPECT_TRUE(*compare(Value::of_text("ab"), Value::of_text("abc")) < 0);
}

TEST(Compare, HasNoAnswerAcrossKindsOrForWhatIsAbsent) {
  EXPECT_FALSE(compare(Value::of_text("1"), Value::of_int(1)));
  EXPECT_FALSE(compare(Value(), Value()));
  EXPECT_FALSE(equals(Value(), Value()));
  EXPECT_FALSE(equals(Value::of_json("{}"), Value::of_json("{}")));
  EXPECT_FALSE(compare(Value::of_bool(true), Value::of_int(1)));
}

TEST(Compare, TheOtherKindsByWhatTheyMean) {
  EXPECT_TRUE(equals(Value::of_version("1.0"), Value::of_version("1")));
  EXPECT_TRUE(*compare(Value::of_version("7.9.3"), Value::of_version("7.10.0")) < 0);
  EXPECT_FALSE(equals(Value::of_version("1"), Value::of_text("1")));
  EXPECT_TRUE(*compare(Value::of_duration(-1), Value::of_duration(0)) < 0);
  EXPECT_FALSE(compare(Value::of_duration(5), Value::of_int(5)));
  EXPECT_TRUE(equals(Value::of_ip(*parse_ip("::ffff:1.2.3.4")), Value::of_ip(*parse_ip("1.2.3.4"))));
  EXPECT_TRUE(*compare(Value::of_ip(*parse_ip("10.0.0.9")), Value::of_ip(*parse_ip("10.0.0.10"))) < 0);
  EXPECT_TRUE(before(Value::of_version("1.9"), Value::of_version("1.10")));
  EXPECT_FALSE(before(Value::of_version("1"), Value::of_version("1.0")));
}

TEST(Compare, OrdersValuesOfAllKindsForASet) {
  std::vector<Value> values{Value::of_text("b"), Value::of_int(3), Value::of_bool(true), Value::of_decimal({25, 1}),
                            Value::of_text("a")};
  std::sort(values.begin(), values.end(), before);
  EXPECT_TRUE(values[0].as_bool());
  EXPECT_EQ(values[1].tag(), Tag::decimal);
  EXPECT_EQ(values[2].as_int(), 3);
  EXPECT_EQ(values[3].as_text(), "a");
  EXPECT_EQ(values[4].as_text(), "b");
}

} // namespace
} // namespace millrace::dsl
