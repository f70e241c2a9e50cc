// Each matcher against asking one after the other.
#include "dsl/index/matchers.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace millrace::dsl {
namespace {

template <typename Matcher, typename Asked>
std::set<Bucket> hits(const Matcher& matcher, const Asked& asked) {
  std::set<Bucket> all;
  matcher.search(asked, [&](Bucket bucket) { all.insert(bucket); });
  return all;
}

std::string random_text(std::mt19937& random, std::size_t most, std::string_view letters = "abc") {
  std::string text;
  for (std::size_t i = random() % (most + 1); i > 0; --i) {
    text += letters[random() % letters.size()];
  }
  return text;
}

TEST(EqualityMatcher, FindsANumberByAnyNumberThatIsEqual) {
  const std::vector<std::pair<Value, Bucket>> values = {{Value::of_int(7), 1}, {Value::of_text("7"), 2}};
  const EqualityMatcher matcher(values);
  EXPECT_EQ(hits(matcher, Value::of_double(7)), std::set<Bucket>{1});
  EXPECT_EQ(hits(matcher, Value::of_decimal({700, 2})), std::set<Bucket>{1});
  EXPECT_EQ(hits(matcher, Value::of_token("7.0")), std::set<Bucket>{1});
  EXPECT_EQ(hits(matcher, Value::of_text("7")), std::set<Bucket>{2});
  EXPECT_TRUE(hits(matcher, Value::of_int(8)).empty());
}

bool is_in(const Interval& interval, std::int64_t number) {
  const bool above = !interval.low.present() || interval.low.as_int() < number ||
                     (interval.low.as_int() == number && !interval.low_open);
  const bool below = !interval.high.present() || number < interval.high.as_int() ||
                     (interval.high.as_int() == number && !interval.high_open);
  return above && below;
}

TEST(RangeMatcher, FindsEveryIntervalThatHoldsTheValue) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<Interval> intervals;
    std::vector<Value> bounds;
    for (int i = 0; i < 40; ++i) {
      const auto low = static_cast<std::int64_t>(random() % 50);
      Interval interval{Value::of_int(low), Value::of_int(low + static_cast<std::int64_t>(random() % 20)),
                        random() % 2 == 0, random() % 2 == 0};
      interval.low = random() % 5 == 0 ? Value() : interval.low;
      interval.high = random() % 5 == 0 ? Value() : interval.high;
      intervals.push_back(interval);
      for (const Value& bound : {interval.low, interval.high}) {
        if (bound.present()) {
          bounds.push_back(bound);
        }
      }
    }
    RangeMatcher matcher(bounds);
    std::vector<std::vector<std::uint32_t>> covers;
    for (const Interval& interval : intervals) {
      const bool empty = interval.low.present() && interval.high.present() && equals(interval.low, interval.high) &&
                         (interval.low_open || interval.high_open);
      covers.push_back(empty ? std::vector<std::uint32_t>() : matcher.cover(interval));
    }
    for (std::size_t i = 0; i < intervals.size(); ++i) { // one at a time, since a node holds one bucket
      RangeMatcher one(bounds);
      for (const std::uint32_t node : covers[i]) {
        one.set(node, static_cast<Bucket>(i));
      }
      for (std::int64_t number = -1; number < 75; ++number) {
        ASSERT_EQ(hits(one, Value::of_int(number)).size(), is_in(intervals[i], number) ? 1U : 0U)
            << "interval " << i << " number " << number;
        ASSERT_EQ(hits(one, Value::of_double(static_cast<double>(number))), hits(one, Value::of_int(number)));
      }
    }
    EXPECT_TRUE(hits(matcher, Value::of_text("5")).empty());
  }
}

TEST(PrefixMatcher, FindsEveryTextThatItBeginsOrEndsWith) {
  std::mt19937 random(2);
  for (const bool from_the_end : {false, true}) {
    for (int round = 0; round < 50; ++round) {
      std::set<std::string> texts;
      for (int i = 0; i < 30; ++i) {
        const std::string text = random_text(random, 5);
        if (!text.empty()) {
          texts.insert(text);
        }
      }
      std::vector<std::pair<std::string, Bucket>> filed;
      for (const std::string& text : texts) {
        filed.emplace_back(text, static_cast<Bucket>(filed.size()));
      }
      const PrefixMatcher matcher(filed, from_the_end);
      for (int i = 0; i < 200; ++i) {
        const std::string asked = random_text(random, 8);
        std::set<Bucket> wanted;
        for (const auto& [text, bucket] : filed) {
          if (from_the_end ? asked.ends_with(text) : asked.starts_with(text)) {
            wanted.insert(bucket);
          }
        }
        ASSERT_EQ(hits(matcher, asked), wanted) << asked;
      }
    }
  }
}

TEST(ContainsMatcher, FindsEveryTextThatItContains) {
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    std::set<std::string> texts;
    for (int i = 0; i < 40; ++i) {
      const std::string text = random_text(random, 7, "abcd");
      if (!text.empty()) {
        texts.insert(text);
      }
    }
    std::vector<std::pair<std::string, Bucket>> filed;
    for (const std::string& text : texts) {
      filed.emplace_back(text, static_cast<Bucket>(filed.size()));
    }
    const ContainsMatcher matcher(filed);
    for (int i = 0; i < 200; ++i) {
      const std::string asked = random_text(random, 20, "abcd");
      std::set<Bucket> wanted;
      for (const auto& [text, bucket] : filed) {
        if (asked.find(text) != std::string::npos) {
          wanted.insert(bucket);
        }
      }
      ASSERT_EQ(hits(matcher, asked), wanted) << asked;
    }
  }
}

TEST(BlockMatcher, FindsEveryBlockAroundAnAddress) {
  const auto v4 = [](std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return Ip{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d};
  };
  BlockMatcher matcher;
  matcher.add({v4(10, 0, 0, 0), 104}, 1);
  matcher.add({v4(10, 1, 0, 0), 112}, 2);
  matcher.add({v4(10, 1, 2, 3), 128}, 3);
  matcher.add({Ip{}, 0}, 4); // every address of version 6
  EXPECT_EQ(hits(matcher, Value::of_ip(v4(10, 1, 2, 3))), (std::set<Bucket>{1, 2, 3}));
  EXPECT_EQ(hits(matcher, Value::of_ip(v4(10, 2, 2, 3))), std::set<Bucket>{1});
  EXPECT_TRUE(hits(matcher, Value::of_ip(v4(11, 1, 2, 3))).empty());
  EXPECT_EQ(hits(matcher, Value::of_ip(Ip{0x20, 0x01})), std::set<Bucket>{4});
}

} // namespace
} // namespace millrace::dsl
