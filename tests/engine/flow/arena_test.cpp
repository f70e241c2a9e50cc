#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "engine/flow/route_group.hpp"

namespace millrace::flow {
namespace {

TEST(Arena, HoldsLittleForLittle) {
  Arena arena;
  EXPECT_EQ(arena.held(), 0u);
  arena.take(100);
  EXPECT_EQ(arena.held(), 1024u);
  arena.clear();
  EXPECT_EQ(arena.held(), 1024u);
}

TEST(Arena, GrowsWithWhatIsTakenAndGivesItBack) {
  Arena arena;
  std::size_t taken = 0;
  for (; taken < (1u << 20); taken += 96) {
    arena.take(96);
  }
  EXPECT_GE(arena.held(), taken);
  EXPECT_LE(arena.held(), taken + taken / 8);
  arena.clear();
  EXPECT_EQ(arena.held(), 1024u);
}

TEST(Arena, GivesPiecesThatDoNotOverlapWhateverTheirSize) {
  Arena arena;
  for (int round = 0; round < 2; ++round) {
    std::vector<std::pair<char*, std::size_t>> pieces;
    for (const std::size_t size : {1u, 16u, 1000u, 1024u, 5000u, 70'000u, 3u, 300'000u, 64u, 65'536u}) {
      pieces.emplace_back(static_cast<char*>(arena.take(size)), size);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pieces.back().first) % 16, 0u);
      std::memset(pieces.back().first, static_cast<int>(pieces.size()), size);
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      EXPECT_EQ(pieces[i].first[0], static_cast<char>(i + 1));
      EXPECT_EQ(pieces[i].first[pieces[i].second - 1], static_cast<char>(i + 1));
    }
    arena.clear();
  }
}

TEST(Arena, TakesWhatIsTooLargeForItsFirstChunkAtOnce) {
  Arena arena;
  std::memset(arena.take(200'000), 1, 200'000);
  arena.clear();
  EXPECT_EQ(arena.held(), 1024u);
  std::memset(arena.take(1024), 1, 1024);
}

} // namespace
} // namespace millrace::flow
