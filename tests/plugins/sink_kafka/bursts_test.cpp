#include "plugins/sink_kafka/bursts.hpp"

#include <gtest/gtest.h>

namespace millrace::sink_kafka {
namespace {

using std::chrono::milliseconds;

constexpr Bursts::Clock::time_point kStart{};

TEST(Bursts, LetsTwoBeUnderWayAndNoThird) {
  Bursts bursts;
  const std::uint64_t first = bursts.sent(Bursts::kBytes, kStart);
  EXPECT_TRUE(bursts.may_send(kStart));
  const std::uint64_t second = bursts.sent(Bursts::kBytes, kStart);
  EXPECT_NE(first, second);
  EXPECT_FALSE(bursts.may_send(kStart));
  bursts.acknowledged(second); // in any order
  EXPECT_TRUE(bursts.may_send(kStart));
  bursts.sent(1, kStart);
  bursts.pause();
  EXPECT_FALSE(bursts.may_send(kStart));
  bursts.acknowledged(first);
  EXPECT_TRUE(bursts.may_send(kStart));
}

TEST(Bursts, TakesRecordsIntoOneUntilItIsFullOrNothingWaits) {
  Bursts bursts;
  const std::uint64_t first = bursts.sent(10, kStart);
  EXPECT_EQ(bursts.sent(10, kStart), first);
  bursts.pause();
  const std::uint64_t second = bursts.sent(Bursts::kBytes - 1, kStart);
  EXPECT_NE(second, first);
  EXPECT_EQ(bursts.sent(1, kStart), second);
  EXPECT_FALSE(bursts.may_send(kStart));
}

TEST(Bursts, IsNotHeldUpByOneThatGetsNoAnswer) {
  Bursts bursts;
  const std::uint64_t stuck = bursts.sent(Bursts::kBytes, kStart);
  bursts.sent(Bursts::kBytes, kStart + milliseconds(10));
  const auto later = kStart + milliseconds(20);
  EXPECT_FALSE(bursts.may_send(later));
  EXPECT_EQ(bursts.next_old(later), kStart + Bursts::kOld);
  EXPECT_TRUE(bursts.may_send(kStart + Bursts::kOld));
  const std::uint64_t third = bursts.sent(1, kStart + Bursts::kOld);
  bursts.acknowledged(third);
  bursts.acknowledged(stuck);
}

TEST(Bursts, KeepsTheOneThatStillTakesRecords) {
  Bursts bursts;
  const std::uint64_t number = bursts.sent(1, kStart);
  bursts.acknowledged(number);
  EXPECT_EQ(bursts.sent(1, kStart), number);
  bursts.acknowledged(number);
  bursts.pause();
  EXPECT_TRUE(bursts.may_send(kStart));
}

} // namespace
} // namespace millrace::sink_kafka
