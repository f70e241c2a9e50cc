#include "engine/host/json.hpp"

#include <gtest/gtest.h>

namespace millrace::host {
namespace {

TEST(Json, PutsCommasBetweenAndNowhereElse) {
  JsonWriter json;
  json.begin_object().key("a").begin_array().value(1).value(-2).begin_object().end_object().end_array();
  json.key("b").value(true).key("c").begin_object().key("d").value("e").end_object().end_object();
  EXPECT_EQ(json.text(), R"({"a":[1,-2,{}],"b":true,"c":{"d":"e"}})");
}

TEST(Json, EscapesWhatATextMayNotHold) { EXPECT_EQ(json_text("a\"b\\c\n\t\x01\x7f"), R"("a\"b\\c\n\t\u0001\u007f")"); }

TEST(Json, KeepsUtf8AndReplacesWhatIsNone) {
  EXPECT_EQ(json_text("\u00e4\u20ac\U0001F600"), "\"\u00e4\u20ac\U0001F600\"");
  EXPECT_EQ(json_text("a\xff z"), "\"a\uFFFD z\"");
  EXPECT_EQ(json_text("\xc3"), "\"\uFFFD\"");
  EXPECT_EQ(json_text("\xed\xa0\x80"), "\"\uFFFD\uFFFD\uFFFD\"") << "a surrogate is no character";
  EXPECT_EQ(json_text("\xc0\x80"), "\"\uFFFD\uFFFD\"") << "nor is a longer way to write a shorter one";
}

} // namespace
} // namespace millrace::host
