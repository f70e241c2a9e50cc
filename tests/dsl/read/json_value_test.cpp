#include "dsl/read/json_value.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>
#include <string>

#include "dsl/read/reader.hpp"
#include "dsl/values/text_form.hpp"

namespace millrace::dsl {
namespace {

TEST(IsJson, TakesOneValueAndNothingElse) {
  for (const char* text : {"1", " null ", "\"a\\u0041\"", "true", "[]", "{}", "[1, {\"a\": [ ]} ,2]",
                           "{\"a\":1,\"a\":2}", "-0.5e-3", "\n[\t1\r]", "\"\"", "[[],[]]"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
  for (const char* text :
       {"",        " ",        "nul",        "nulls",       "1 2",    "[1,]",      "[,1]", "{,}",
        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",       "[1 2]",  "]",         "[",    "{",
        "\"",      "\"\\\"",   "\"\\x\"",    "\"\\ud800\"", "\"\n\"", "[}",        "{]",   "01",
        "1.",      "+1",       "NaN",        "'a'",         "[1]]",   "{\"a\":1]", "\v1",  "{\"a\":1 \"b\":2}",
        "{1:2}",   "\\",       "\"\\",       "\"a\\u00\"",  "[\"a]"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(IsJson, GoesAsDeepAsAnEventMay) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(is_json(nested(kMaxDepth)));
  EXPECT_FALSE(is_json(nested(kMaxDepth + 1)));
  EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
}

TEST(IsJson, AgreesWithTheDom) {
  std::mt19937_64 random(11);
  const std::string alphabet = "{}[]:,\"\\ 0123.eE-+truefalsn\n\x01u";
  const std::string_view good[] = {R"({"a":[1,2.5,{"b":null}],"c":"x\u00e9\n"})", R"([true,false,"",-1e3,[[]],{}])",
                                   R"("\ud83d\ude00")", "12"};
  simdjson::dom::parser parser;
  std::size_t valid = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text(good[random() % std::size(good)]);
    for (std::size_t changes = random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      text.replace(at, random() % 2, 1, alphabet[random() % alphabet.size()]);
    }
    const auto exact = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), exact.get());
    const auto error = parser.parse(simdjson::padded_string(text)).error();
    ASSERT_EQ(is_json({exact.get(), text.size()}), error == simdjson::SUCCESS) << text << error;
    valid += error == simdjson::SUCCESS ? 1 : 0;
  }
  EXPECT_GT(valid, 10'000U);
}

class JsonValueTest : public testing::Test {
 protected:
  std::string value(std::string_view json) { return shown(json_value(json, arena_)); }
  std::string shown(const Value& value) {
    if (value.tag() == Tag::json) {
      return "json " + std::string(value.as_text());
    }
    return (value.tag() == Tag::text ? "text " : "") + std::string(text_form(value, arena_).value_or("absent"));
  }
  Arena arena_;
};

TEST_F(JsonValueTest, IsThatOfAny) {
  EXPECT_EQ(value("1.50"), "1.50");
  EXPECT_EQ(value(" \"a\\n\\u00e9\" "), "text a\né");
  EXPECT_EQ(value("true"), "true");
  EXPECT_EQ(value("false"), "false");
  EXPECT_EQ(value("null"), "absent");
  EXPECT_EQ(value(" {\"a\" : 1} "), "json {\"a\" : 1}");
  EXPECT_EQ(value("[1,\"]\"]"), "json [1,\"]\"]");
}

TEST_F(JsonValueTest, TheLastMemberOfANameCounts) {
  const auto member = [&](std::string_view json, std::string_view key) {
    return std::string(json_member(json, key, arena_).value_or("none"));
  };
  EXPECT_EQ(member(R"({"a":1,"b":2,"a":3})", "a"), "3");
  EXPECT_EQ(member(R"({ "a" : [1, {"b":2}] , "b" : "}" })", "b"), "\"}\"");
  EXPECT_EQ(member(R"({"\u0061":1})", "a"), "1");
  EXPECT_EQ(member(R"({"a":1,"\u0061":2})", "a"), "2");
  EXPECT_EQ(member(R"({"x\"y":7})", "x\"y"), "7");
  EXPECT_EQ(member(R"({"a":{"b":1}})", "b"), "none");
  EXPECT_EQ(member(R"({"a":null})", "a"), "null");
  EXPECT_EQ(member(R"({"":0})", ""), "0");
  EXPECT_EQ(member("{}", "a"), "none");
  EXPECT_EQ(member("[1]", "a"), "none");
}

TEST_F(JsonValueTest, ItemsCountFromZero) {
  const auto item = [&](std::string_view json, std::uint64_t which) {
    return std::string(json_item(json, which).value_or("none"));
  };
  EXPECT_EQ(item("[1, [2,3] ,\"a,b\"]", 0), "1");
  EXPECT_EQ(item("[1, [2,3] ,\"a,b\"]", 1), "[2,3]");
  EXPECT_EQ(item("[1, [2,3] ,\"a,b\"]", 2), "\"a,b\"");
  EXPECT_EQ(item("[1, [2,3] ,\"a,b\"]", 3), "none");
  EXPECT_EQ(item("[ ]", 0), "none");
  EXPECT_EQ(item("{}", 0), "none");
}

TEST_F(JsonValueTest, ItemsOfAListOfAnything) {
  const auto items = items_of(Value::of_json(R"([1, "a\u0041" , null,{"x":[]},[ ]])"), arena_);
  ASSERT_TRUE(items);
  ASSERT_EQ(items->size(), 5U);
  std::string all;
  for (const Value& item : *items) {
    all += shown(item) + ";";
  }
  EXPECT_EQ(all, "1;text aA;absent;json {\"x\":[]};json [ ];");
  EXPECT_EQ(items_of(Value::of_json("[]"), arena_)->size(), 0U);
  EXPECT_FALSE(items_of(Value::of_json("{}"), arena_));
  EXPECT_FALSE(items_of(Value::of_text("[]"), arena_));
  EXPECT_FALSE(items_of(Value(), arena_));
}

} // namespace
} // namespace millrace::dsl
