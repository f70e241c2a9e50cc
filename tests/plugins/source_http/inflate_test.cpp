// Compressed bodies come out as they went in, and bombs stop early.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "plugins/source_http/inflate.hpp"
#include "tests/plugins/source_http/packed.hpp"

namespace millrace::source_http {
namespace {

struct Endless final : Inflater::Room {
  bool take(std::size_t bytes) override {
    taken += bytes;
    return taken <= most;
  }
  std::size_t taken = 0;
  std::size_t most = SIZE_MAX;
};

constexpr InflateLimits kWide{64u << 20U, 1000};

std::string some_text(std::size_t size) {
  std::mt19937 random(7);
  std::string out;
  while (out.size() < size) {
    out += "{\"n\":" + std::to_string(random()) + "}\n";
  }
  return out;
}

class InEncoding : public ::testing::TestWithParam<Encoding> {
 protected:
  std::string pack(const std::string& text) const { return GetParam() == Encoding::kGzip ? gzip(text) : zstd(text); }
  std::unique_ptr<Inflater> inflater = make_inflater(GetParam());
  Body body;
  Endless room;
};

TEST_P(InEncoding, ComesOutWholeWhateverThePieces) {
  const std::string text = some_text(300'000);
  const std::string packed = pack(text);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, packed.size()}) {
    const std::unique_ptr<Inflater> fresh = make_inflater(GetParam());
    Body out;
    for (std::size_t at = 0; at < packed.size(); at += piece) {
      EXPECT_FALSE(fresh->whole());
      ASSERT_EQ(fresh->put(std::string_view(packed).substr(at, piece), kWide, out, room), Inflater::Result::kOk);
    }
    EXPECT_TRUE(fresh->whole());
    EXPECT_EQ(out.view(), text);
  }
}

TEST_P(InEncoding, TextsOfEverySizeAroundAStepEndWhole) {
  for (std::size_t size = (16u << 10U) - 3; size < (16u << 10U) + 3; ++size) {
    const std::unique_ptr<Inflater> fresh = make_inflater(GetParam());
    const std::string text = some_text(size).substr(0, size);
    Body out;
    ASSERT_EQ(fresh->put(pack(text), kWide, out, room), Inflater::Result::kOk);
    EXPECT_TRUE(fresh->whole()) << size;
    EXPECT_EQ(out.view(), text);
  }
}

TEST_P(InEncoding, SeveralStreamsBehindEachOtherAreOneBody) {
  ASSERT_EQ(inflater->put(pack("one ") + pack("two"), kWide, body, room), Inflater::Result::kOk);
  EXPECT_EQ(body.view(), "one two");
  EXPECT_TRUE(inflater->whole());
}

TEST_P(InEncoding, WhatIsCutOffIsNotWhole) {
  const std::string packed = pack(some_text(1000));
  ASSERT_EQ(inflater->put(packed.substr(0, packed.size() - 1), kWide, body, room), Inflater::Result::kOk);
  EXPECT_FALSE(inflater->whole());
}

TEST_P(InEncoding, BytesOfAnotherKindAreBroken) {
  EXPECT_EQ(inflater->put("{\"a\":1} and more than a header's length", kWide, body, room), Inflater::Result::kBroken);
}

TEST_P(InEncoding, StopsAtTheCeilingForWhatComesOut) {
  EXPECT_EQ(inflater->put(pack(some_text(300'000)), {100'000, 1000}, body, room), Inflater::Result::kTooLarge);
  EXPECT_LT(body.size(), 200'000U);
}

TEST_P(InEncoding, ABombStopsAtTheRatioLongBeforeTheCeiling) {
  const std::string bomb = pack(std::string(50u << 20U, ' '));
  EXPECT_EQ(inflater->put(bomb, {1u << 30U, 50}, body, room), Inflater::Result::kTooDense);
  EXPECT_LT(body.size(), 4u << 20U);
}

TEST_P(InEncoding, SmallBodiesMayBeDense) {
  EXPECT_EQ(inflater->put(pack(std::string(60'000, ' ')), {1u << 20U, 50}, body, room), Inflater::Result::kOk);
  EXPECT_EQ(body.size(), 60'000U);
}

TEST_P(InEncoding, ABombBehindHonestBytesStopsAtItsOwnPiece) {
  const std::string text = some_text(8u << 20U);
  const std::string packed = pack(text) + pack(std::string(50u << 20U, ' '));
  EXPECT_EQ(inflater->put(packed, {1u << 30U, 50}, body, room), Inflater::Result::kTooDense);
  EXPECT_LT(body.size(), text.size() + (2u << 20U));
}

TEST_P(InEncoding, AsksForRoomBeforeItGrows) {
  room.most = 100'000;
  EXPECT_EQ(inflater->put(pack(some_text(300'000)), kWide, body, room), Inflater::Result::kNoMemory);
  EXPECT_LE(body.capacity(), 100'000U);
}

INSTANTIATE_TEST_SUITE_P(Inflate, InEncoding, ::testing::Values(Encoding::kGzip, Encoding::kZstd),
                         [](const auto& info) { return info.param == Encoding::kGzip ? "Gzip" : "Zstd"; });

} // namespace
} // namespace millrace::source_http
