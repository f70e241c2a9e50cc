#include "engine/flow/credit.hpp"

#include <gtest/gtest.h>

namespace millrace::flow {
namespace {

TEST(Credit, OffersWhatIsLeftOfTheCeiling) {
  Credit credit(10, 1000);
  credit.take(4, 300);
  EXPECT_EQ(credit.left().events, 6u);
  EXPECT_EQ(credit.left().bytes, 700u);
}

TEST(Credit, OffersNothingOnceEitherIsUsedUp) {
  Credit events(10, 1000);
  events.take(10, 1);
  EXPECT_EQ(events.left().events, 0u);
  Credit bytes(10, 1000);
  bytes.take(1, 1000);
  EXPECT_EQ(bytes.left().events, 0u);
}

TEST(Credit, LetsABatchExceedItAndWaitsUntilThatIsMadeGood) {
  Credit credit(10, 1000);
  credit.take(25, 5000);
  EXPECT_EQ(credit.left().events, 0u);
  credit.give_back(25, 5000);
  EXPECT_EQ(credit.left().events, 10u);
  EXPECT_EQ(credit.left().bytes, 1000u);
}

TEST(Credit, KeepsRoomForWhatTheRouterWillMakeOfWhatItOffers) {
  Credit credit(10, 1000);
  for (int i = 0; i < 50; ++i) {
    credit.learn(100, 100); // as much as comes in
  }
  EXPECT_EQ(credit.expected_output(300), 300u);
  EXPECT_EQ(credit.left().bytes, 500u);
  credit.take(4, 300);
  credit.reserve(300);
  EXPECT_EQ(credit.left().bytes, 200u);
  EXPECT_EQ(credit.for_output(200), 700u); // the reserve is the router's
  credit.unreserve(300);
  credit.take(0, 300);
  EXPECT_EQ(credit.left().bytes, 200u);
}

TEST(Credit, GivesARouterOnlyWhatIsLeftWhileOthersMayMakeRoom) {
  Credit credit(10, 1000);
  credit.take(2, 800); // 500 of it waits to be routed
  EXPECT_EQ(credit.for_output(500), 200u);
  credit.take(0, 300);
  EXPECT_EQ(credit.for_output(500), 0u);
}

TEST(Credit, GivesARouterWhatItNeedsWhenNobodyElseCouldMakeRoom) {
  Credit credit(10, 1000);
  credit.take(2, 1500);
  EXPECT_EQ(credit.for_output(1500), UINT64_MAX);
}

TEST(Credit, LetsNothingNewInUnderALowerCeilingBeforeItIsKept) {
  Credit credit(10, 1000);
  credit.take(2, 800);
  credit.set_ceiling(10, 500);
  EXPECT_EQ(credit.left().events, 0u);
  EXPECT_EQ(credit.for_output(0), 0u);
  credit.give_back(1, 400);
  EXPECT_EQ(credit.left().bytes, 100u);
  credit.set_ceiling(10, 1000);
  EXPECT_EQ(credit.left().bytes, 600u);
}

} // namespace
} // namespace millrace::flow
