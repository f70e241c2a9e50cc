#include "engine/host/streams.hpp"

#include <gtest/gtest.h>

namespace millrace::host {
namespace {

TEST(Streams, AreListedOnceAndInOrder) {
  Streams streams;
  EXPECT_TRUE(streams.activate({"b", "a", "b"}));
  mr_str found[3] = {};
  EXPECT_EQ(streams.list(found, 3), 2U);
  EXPECT_STREQ(found[0].data, "a");
  EXPECT_STREQ(found[1].data, "b");
}

TEST(Streams, TheSameListIsNoChange) {
  Streams streams;
  EXPECT_TRUE(streams.activate({"a", "b"}));
  EXPECT_FALSE(streams.activate({"b", "a"}));
  EXPECT_TRUE(streams.activate({}));
}

TEST(Streams, AnswersHowManyThereAreWhenThereIsNoRoom) {
  Streams streams;
  streams.activate({"a", "b"});
  mr_str one{};
  EXPECT_EQ(streams.list(&one, 1), 2U);
  EXPECT_EQ(streams.list(nullptr, 0), 2U);
}

TEST(Streams, TextsOutliveTheNextChange) {
  Streams streams;
  streams.activate({"first-stream-with-a-long-name"});
  mr_str found{};
  streams.list(&found, 1);
  streams.activate({"second"});
  EXPECT_STREQ(found.data, "first-stream-with-a-long-name");
}

} // namespace
} // namespace millrace::host
