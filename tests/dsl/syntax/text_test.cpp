// Escapes and holes.
#include "dsl/syntax/text.hpp"

#include <gtest/gtest.h>

namespace millrace::dsl {
namespace {

std::string decoded(std::string_view raw) {
  const auto result = decode_text(raw);
  return std::holds_alternative<std::string>(result) ? std::get<std::string>(result) : "error";
}

/// `a<b.c>d`
std::string holes(std::string_view raw) {
  ast::Text text;
  text.raw = raw;
  text.span = {0, 0, static_cast<std::uint32_t>(raw.size() + 2)};
  const auto split = split_holes(text);
  if (std::holds_alternative<TextError>(split)) {
    return "error at " + std::to_string(std::get<TextError>(split).offset);
  }
  std::string shown;
  for (const TextPart& part : std::get<std::vector<TextPart>>(split)) {
    if (const auto* constant = std::get_if<std::string>(&part)) {
      shown += *constant;
      continue;
    }
    shown += "<";
    for (const ast::Step& step : std::get<Hole>(part).steps) {
      shown += (shown.back() == '<' ? "" : ".") + std::string(step.text);
    }
    shown += ">";
  }
  return shown;
}

TEST(Text, KnowsJsonsEscapesAndUnicode) {
  EXPECT_EQ(decoded(R"(a\"b\\c\/d\n\t)"), "a\"b\\c/d\n\t");
  EXPECT_EQ(decoded(R"(\u00e9\u{1F600}\u{41})"), "é😀A");
  EXPECT_EQ(decoded(R"(\uD83D\uDE00)"), "😀");
  EXPECT_EQ(decoded(R"(\{x\})"), "{x}");
  EXPECT_EQ(decoded("{x}"), "{x}");
}

TEST(Text, RefusesWhatIsNoEscape) {
  for (const std::string_view raw :
       {R"(\q)", R"(\u12)", R"(\u{})", R"(\u{110000})", R"(\u{D800})", R"(\uD83D)", R"(\uDE00)"}) {
    EXPECT_EQ(decoded(raw), "error") << raw;
  }
}

TEST(Text, SplitsHolesFromConstantParts) {
  EXPECT_EQ(holes("a.{b.c}.d{e}"), "a.<b.c>.d<e>");
  EXPECT_EQ(holes("{{a}}"), "{a}");
  EXPECT_EQ(holes(R"(\{a\})"), "{a}");
  EXPECT_EQ(holes("{`odd name`.x}"), "<odd name.x>");
  EXPECT_EQ(holes(""), "");
}

TEST(Text, SaysWhereAHoleIsWrong) {
  EXPECT_EQ(holes("ab{c"), "error at 2");
  EXPECT_EQ(holes("ab}c"), "error at 2");
  EXPECT_EQ(holes("a{}"), "error at 1");
  EXPECT_EQ(holes("a{b.}"), "error at 1");
  EXPECT_EQ(holes("a{b c}"), "error at 1");
  EXPECT_EQ(holes("a{1}"), "error at 1");
}

TEST(Text, FindsWhatLooksLikeAHole) {
  EXPECT_TRUE(looks_like_hole("x{a.b}"));
  EXPECT_FALSE(looks_like_hole("{\"a\": 1}"));
  EXPECT_FALSE(looks_like_hole(R"(\u{1F600})"));
  EXPECT_FALSE(looks_like_hole(R"(\{a\})"));
}

TEST(Text, QuotesWhatItDecodes) {
  const std::vector<std::string> texts = {"plain", "a\"b\\c", "line\nbreak\ttab", std::string("nul\0x", 5)};
  for (const std::string& text : texts) {
    const std::string quoted = quote_text(text);
    EXPECT_EQ(decoded(std::string_view(quoted).substr(1, quoted.size() - 2)), text);
  }
}

} // namespace
} // namespace millrace::dsl
