// Rules that are written to overwhelm the compiler: each ends with a message, soon and without a deep stack.
#include <gtest/gtest.h>

#include "dsl/compile.hpp"
#include "dsl/format/format.hpp"

namespace millrace::dsl {
namespace {

constexpr std::size_t kSize = std::size_t{1} << 17; // bytes
constexpr std::size_t kLarge = std::size_t{1} << 20;

std::string repeated(std::string_view part, std::size_t size = kSize) {
  std::string text;
  text.reserve(size + part.size());
  while (text.size() < size) {
    text += part;
  }
  return text;
}

Compilation compiled(const std::string& text) {
  return compile("main.rules",
                 [&](std::string_view name) { return name == "main.rules" ? std::optional(text) : std::nullopt; });
}

Compilation condition(const std::string& text) {
  return compiled(
      "edition 1\nevent e open { a: int  l: list<any>  o?: object }\ntopic \"t\" { event e }\ntopic \"d\" { }\n"
      "router r for e {\n  match first\n  dead_letter \"d\"\n  route x when " +
      text + " to topic \"t\"\n  otherwise drop\n}\n");
}

TEST(HostileRules, EndWithAMessage) {
  for (const std::string_view part : {"(",
                                      "[",
                                      "{",
                                      "- ",
                                      "not ",
                                      "a + ",
                                      "a * ",
                                      "a ?? ",
                                      "a.",
                                      "a[",
                                      "f(",
                                      "a in (",
                                      "a in ((",
                                      "exists ",
                                      "exists (",
                                      "a as list<",
                                      "list<",
                                      "some x in l satisfies (",
                                      "a[a]",
                                      "a == ",
                                      "a.a.a.a[0]",
                                      "\"",
                                      "/",
                                      "1..",
                                      "a matches /(",
                                      "a matches /x/ and ",
                                      "lower(",
                                      "- (",
                                      "(a + ",
                                      "o[\"",
                                      "`",
                                      "\\",
                                      "a is ",
                                      "and ",
                                      "ignoring case "}) {
    const Compilation result = condition(repeated(part));
    EXPECT_TRUE(result.diagnostics.has_errors()) << part;
    EXPECT_LT(result.text().size(), 40 * kSize) << part; // a line is shown once for each message
  }
}

TEST(HostileRules, AMebibyteOfOneSignIsNoMore) {
  for (const std::string_view part : {"(", "- ", "a + "}) {
    EXPECT_TRUE(condition(repeated(part, kLarge)).diagnostics.has_errors()) << part;
  }
}

TEST(HostileRules, WhatIsCutOffIsNoBetter) {
  for (const std::string_view part :
       {"(a + ", "a + ", "a * ", "- ", "a ?? ", "concat(a, ", "some x in l satisfies ("}) {
    EXPECT_TRUE(condition(repeated(part) + "a > 1").diagnostics.has_errors()) << part;
  }
}

/// Wide is fine, deep is not.
TEST(HostileRules, LongListsAndConjunctionsAreNoneOfThem) {
  EXPECT_FALSE(condition(repeated("a == 1 and ", 20'000) + "a == 1").diagnostics.has_errors());
  std::string different = "a > 0";
  for (int i = 1; i < 20'000; ++i) {
    different += " and a != " + std::to_string(i);
  }
  EXPECT_FALSE(condition(different).diagnostics.has_errors());
  EXPECT_FALSE(condition("a in (" + repeated("12345, ", 100'000) + "1)").diagnostics.has_errors());
  EXPECT_FALSE(condition("concat(" + repeated("a, ", 2'000) + "a) == \"1\"").diagnostics.has_errors());
  EXPECT_FALSE(condition(std::string(30, '(') + "a > 1" + std::string(30, ')')).diagnostics.has_errors());
}

TEST(HostileRules, DefinitionsThatDoubleSixtyTimes) {
  std::string text = "edition 1\nevent e { a: int  s: string }\ntopic \"t\" { event e }\ntopic \"d\" { }\n";
  text += "def d0(x: string) = concat(x, x)\ndef s0 = s\ndef c0 = a > 1\n";
  for (int i = 1; i <= 60; ++i) {
    const std::string n = std::to_string(i);
    const std::string before = std::to_string(i - 1);
    text += "def d" + n + "(x: string) = d" + before + "(d" + before + "(x))\n";
    text += "def s" + n + " = concat(s" + before + ", s" + before + ")\n";
    text += "def c" + n + " = (c" + before + " or a == 2) and c" + before + "\n";
  }
  text += "router r for e {\n  match first\n  dead_letter \"d\"\n";
  text +=
      "  route x when d60(s) == \"a\" to topic \"t\"\n  route y when s60 == \"a\" to topic \"t\"\n"
      "  route z when c60 to topic \"t\"\n  otherwise drop\n}\n";
  const Compilation result = compiled(text);
  EXPECT_EQ(result.diagnostics.error_count(), 3U) << result.text();
}

TEST(HostileRules, RegularExpressionsThatExplode) {
  EXPECT_TRUE(condition("meta.topic matches /((a{1,900}){1,900})/").diagnostics.has_errors());
  EXPECT_TRUE(condition("meta.topic matches /" + repeated("(a|b)", 200'000) + "/").diagnostics.has_errors());
  EXPECT_FALSE(condition("meta.topic matches /(a+)+$/").diagnostics.has_errors());
}

} // namespace
} // namespace millrace::dsl
