#include "dsl/values/arena.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace millrace::dsl {
namespace {

TEST(Arena, AlignsWhatIsNoText) {
  Arena arena;
  arena.allocate(1);
  auto* const numbers = arena.allocate_of<std::uint64_t>(3);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(numbers) % alignof(std::uint64_t), 0U);
  numbers[2] = 7;
  const std::string_view text = arena.store("text");
  numbers[0] = ~std::uint64_t{0};
  EXPECT_EQ(text, "text");
  EXPECT_EQ(numbers[2], 7U);
}

TEST(Arena, AScopeGivesItsRoomBack) {
  Arena arena;
  const std::string_view kept = arena.store("kept");
  const char* inside = nullptr;
  {
    const Arena::Scope scope(arena);
    inside = arena.store("inside").data();
  }
  EXPECT_EQ(arena.store("behind").data(), inside);
  EXPECT_EQ(kept, "kept");
}

TEST(Arena, ScopesThatOutgrowABlockStayWithinTheNext) {
  Arena arena;
  const std::string_view kept = arena.store("kept");
  constexpr std::size_t kLarge = std::size_t{100} << 10U; // more than a first block
  const char* first = nullptr;
  for (int i = 0; i < 1'000; ++i) {
    const Arena::Scope scope(arena);
    const char* const here = arena.allocate(kLarge);
    first = i == 0 ? here : first;
    ASSERT_EQ(here, first) << i;
  }
  EXPECT_EQ(kept, "kept");
}

} // namespace
} // namespace millrace::dsl
