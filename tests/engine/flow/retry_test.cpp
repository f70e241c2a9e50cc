#include "engine/flow/retry.hpp"

#include <gtest/gtest.h>

#include <set>

namespace millrace::flow {
namespace {

TEST(Retry, WaitsDoubleUntilTheCapAndDrawsFromTheUpperHalf) {
  const BackoffSettings settings{100, 1000};
  Random random(1);
  const std::int64_t whole[] = {100, 200, 400, 800, 1000, 1000};
  for (std::uint32_t failures = 1; failures <= std::size(whole); ++failures) {
    for (int i = 0; i < 200; ++i) {
      const std::int64_t wait = backoff(settings, failures, random);
      EXPECT_GE(wait, whole[failures - 1] / 2) << failures;
      EXPECT_LE(wait, whole[failures - 1]) << failures;
    }
  }
}

TEST(Retry, DoesNotOverflowAfterManyFailures) {
  Random random(1);
  const std::int64_t wait = backoff({kMillisecond, 30 * kSecond}, UINT32_MAX, random);
  EXPECT_GE(wait, 15 * kSecond);
  EXPECT_LE(wait, 30 * kSecond);
}

TEST(Retry, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const auto waits = [](std::uint64_t seed) {
    Random random(seed);
    std::vector<std::int64_t> out;
    for (int i = 0; i < 20; ++i) {
      out.push_back(backoff({kSecond, kSecond}, 1, random));
    }
    return out;
  };
  EXPECT_EQ(waits(7), waits(7));
  EXPECT_NE(waits(7), waits(8));
}

} // namespace
} // namespace millrace::flow
