// Too many bad rows within the window stop the dead-lettering; a window later it goes on.
#include "plugins/sink_postgres/breaker.hpp"

#include <gtest/gtest.h>

namespace millrace::sink_postgres {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(Breaker, AllowsUpToTheNumberWithinTheWindow) {
  Breaker breaker({60 * kSecond, 100, 1});
  EXPECT_TRUE(breaker.allows(0, 500, 100));
  EXPECT_FALSE(breaker.allows(0, 500, 101));
  breaker.record(0, 500, 60);
  EXPECT_TRUE(breaker.allows(30 * kSecond, 500, 40));
  EXPECT_FALSE(breaker.allows(30 * kSecond, 500, 41));
  EXPECT_FALSE(breaker.allows(60 * kSecond - 1, 500, 41));
  EXPECT_TRUE(breaker.allows(60 * kSecond, 500, 41));
}

TEST(Breaker, AllowsUpToTheShareOnceThereAreEnoughRows) {
  Breaker breaker({60 * kSecond, 0, 0.05});
  EXPECT_TRUE(breaker.allows(0, 999, 999)) << "too few rows to speak of a share";
  EXPECT_TRUE(breaker.allows(0, 1000, 50));
  EXPECT_FALSE(breaker.allows(0, 1000, 51));
  breaker.record(0, 100'000, 0);
  EXPECT_TRUE(breaker.allows(kSecond, 1000, 1000));
}

TEST(Breaker, NothingBadIsAlwaysAllowed) {
  Breaker breaker({60 * kSecond, 1, 0});
  breaker.record(0, 5000, 5000);
  EXPECT_TRUE(breaker.allows(0, 5000, 0));
}

TEST(Breaker, ForgetsWhatLiesBehindTheWindow) {
  Breaker breaker({60 * kSecond, 10, 1});
  for (std::int64_t second = 0; second < 600; second += 10) {
    EXPECT_TRUE(breaker.allows(second * kSecond, 10, 1)) << second;
    breaker.record(second * kSecond, 10, 1);
  }
  EXPECT_TRUE(breaker.allows(600 * kSecond, 10, 5));
  EXPECT_FALSE(breaker.allows(600 * kSecond, 10, 6));
}

} // namespace
} // namespace millrace::sink_postgres
