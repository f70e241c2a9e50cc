#include "dsl/read/json_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace millrace::dsl {
namespace {

std::optional<std::string> plain(std::string_view raw) {
  Arena arena;
  const auto text = unescape(raw, arena);
  EXPECT_EQ(text.has_value(), escapes_are_valid(raw)) << raw;
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

TEST(JsonText, UnescapesEveryEscapeOfJson) {
  EXPECT_EQ(plain(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(plain(R"(typ\u0065)"), "type");
  EXPECT_EQ(plain(R"(\u00e9\u20AC\ud83d\ude00)"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(plain(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(plain(R"(\uffff)"), "\xef\xbf\xbf");
}

TEST(JsonText, RefusesWrongEscapesAndLoneSurrogates) {
  for (const std::string_view raw :
       {R"(\)", R"(\x)", R"(\u12)", R"(\u12g4)", R"(\ud800)", R"(\ud800x)", R"(\ud800\n)", R"(\udc00)",
        R"(\ud800\ud800)", R"(\ud83d\u0041)", R"(\U0041)", R"(\ud83d\ude0)"}) {
    EXPECT_FALSE(plain(raw)) << raw;
  }
}

TEST(JsonText, QuotesSoThatUnescapingGivesTheTextBack) {
  Arena arena;
  const std::string text = std::string("a\"b\\c\n\t\x01 \xc3\xa9") + '\0';
  const std::string_view quoted = quote(text, arena);
  EXPECT_EQ(quoted, "\"a\\\"b\\\\c\\u000a\\u0009\\u0001 \xc3\xa9\\u0000\"");
  EXPECT_EQ(plain(quoted.substr(1, quoted.size() - 2)), text);
}

TEST(JsonText, FindsAnEscapedNulButNotAnEscapedBackslash) {
  EXPECT_TRUE(has_escaped_nul(R"({"a":"x\u0000"})"));
  EXPECT_TRUE(has_escaped_nul(R"({"a":"x\\\u0000"})"));
  EXPECT_FALSE(has_escaped_nul(R"({"a":"x\\u0000"})"));
  EXPECT_FALSE(has_escaped_nul(R"({"a":"x\u0001"})"));
}

TEST(JsonText, KnowsWhatNumericCanHold) {
  EXPECT_TRUE(numeric_can_hold("1e131071"));
  EXPECT_FALSE(numeric_can_hold("1e131072"));
  EXPECT_TRUE(numeric_can_hold("1e-16383"));
  EXPECT_FALSE(numeric_can_hold("1e-16384"));
  EXPECT_FALSE(numeric_can_hold("0.1e-16383"));
  EXPECT_TRUE(numerics_can_hold(R"({"1e400000": "1e400000", "a": [1, -2.5e3]})"));
  EXPECT_FALSE(numerics_can_hold(R"({"a\"": [1, {"b": 1e400000}]})"));
}

} // namespace
} // namespace millrace::dsl
