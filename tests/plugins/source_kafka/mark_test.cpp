// The fingerprint of a record.
#include "plugins/source_kafka/mark.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace millrace::source_kafka {
namespace {

std::uint64_t mark(std::int64_t time, const char* key, std::string_view payload) {
  return mark_of(time, key, key == nullptr ? 0 : std::string_view(key).size(), payload.data(), payload.size());
}

TEST(Mark, IsTheSameInEveryVersion) { EXPECT_EQ(mark(1'442'016'000'000, "k", R"({"a":1})"), 0x6cde1737a7d0389fU); }

TEST(Mark, DiffersWithEachThingThatARecordIs) {
  const std::uint64_t base = mark(1, "k", "payload");
  EXPECT_NE(base, mark(2, "k", "payload"));
  EXPECT_NE(base, mark(1, "l", "payload"));
  EXPECT_NE(base, mark(1, "k", "payloae"));
  EXPECT_NE(base, mark(1, "kp", "ayload")) << "where the key ends matters";
  EXPECT_NE(mark(1, nullptr, "x"), mark(1, "", "x")) << "an absent key is no empty one";
}

TEST(Mark, TravelsWithACommittedOffset) {
  EXPECT_EQ(metadata_of(0), "");
  EXPECT_EQ(metadata_of(0x1a2b), "mark=1a2b");
  EXPECT_EQ(mark_in(metadata_of(UINT64_MAX)), UINT64_MAX);
}

TEST(Mark, WhatOthersCommittedHasNone) {
  EXPECT_EQ(mark_in(""), 0U);
  EXPECT_EQ(mark_in("mark="), 0U);
  EXPECT_EQ(mark_in("mark=12xy"), 0U);
  EXPECT_EQ(mark_in("something else"), 0U);
}

} // namespace
} // namespace millrace::source_kafka
