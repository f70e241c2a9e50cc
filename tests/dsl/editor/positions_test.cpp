#include "dsl/editor/positions.hpp"

#include <gtest/gtest.h>

#include <string>

namespace millrace::dsl::editor {
namespace {

TEST(Positions, CountUnitsOfUtf16) {
  const std::string text = "a😀ä\tb\n日";
  const Lines lines(text);
  EXPECT_EQ(lines.offset({0, 1}), 1U);
  EXPECT_EQ(lines.offset({0, 3}), 5U); // behind the emoji, which has two units
  EXPECT_EQ(lines.offset({0, 4}), 7U);
  EXPECT_EQ(lines.offset({0, 5}), 8U); // a tab is one
  EXPECT_EQ(lines.offset({1, 1}), text.size());
  EXPECT_EQ(lines.position(5), (Position{0, 3}));
  EXPECT_EQ(lines.position(9), (Position{0, 6}));
  EXPECT_EQ(lines.position(static_cast<std::uint32_t>(text.size())), (Position{1, 1}));
}

TEST(Positions, InsideACharacterAreBeforeIt) {
  const Lines lines("a😀b");
  EXPECT_EQ(lines.offset({0, 2}), 1U);
  EXPECT_EQ(lines.position(3), (Position{0, 1}));
}

TEST(Positions, PastTheEndAreTheEnd) {
  const Lines lines("ab\ncd");
  EXPECT_EQ(lines.offset({0, 9}), 2U);
  EXPECT_EQ(lines.offset({1, 9}), 5U);
  EXPECT_EQ(lines.offset({7, 0}), 5U);
  EXPECT_EQ(lines.position(99), (Position{1, 2}));
}

TEST(Positions, KnowEveryEndOfALine) {
  const Lines lines("a\r\nb\rc\nd");
  EXPECT_EQ(lines.offset({0, 5}), 1U);
  EXPECT_EQ(lines.offset({1, 0}), 3U);
  EXPECT_EQ(lines.offset({2, 0}), 5U);
  EXPECT_EQ(lines.offset({3, 0}), 7U);
  EXPECT_EQ(lines.position(4), (Position{1, 1}));
}

TEST(Positions, OfEveryByteGoThereAndBack) {
  const std::string text = "x😀\ttext ä日\r\n\n😀😀 end\nlast";
  const Lines lines(text);
  for (std::uint32_t at = 0; at <= text.size(); ++at) {
    const bool begins = at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    const bool inside_break = at > 0 && at < text.size() && text[at] == '\n' && text[at - 1] == '\r';
    if (begins && !inside_break) {
      EXPECT_EQ(lines.offset(lines.position(at)), at);
    }
  }
}

} // namespace
} // namespace millrace::dsl::editor
