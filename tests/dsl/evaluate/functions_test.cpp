// Each function alone, above all at its edges.
#include "dsl/evaluate/functions.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "dsl/read/json_value.hpp"
#include "dsl/values/duration.hpp"
#include "dsl/values/text_form.hpp"
#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {
namespace {

class FunctionsTest : public testing::Test {
 protected:
  std::string call(Function function, std::initializer_list<Value> arguments) {
    return shown(call_function(function, std::span(arguments.begin(), arguments.size()), arena_));
  }
  std::string shown(const Value& value) {
    if (value.tag() == Tag::list) {
      std::string out = "[";
      for (const Value& item : value.as_list().items) {
        out += shown(item) + "|";
      }
      return out + "]";
    }
    if (value.tag() == Tag::json) {
      return "json " + std::string(value.as_text());
    }
    return std::string(text_form(value, arena_).value_or("absent"));
  }
  static Value text(std::string_view value) { return Value::of_text(value); }
  static Value number(std::int64_t value) { return Value::of_int(value); }
  static Value token(std::string_view value) { return Value::of_token(value); }
  static Value json(std::string_view value) { return Value::of_json(value); }
  static Value decimal(std::string_view value) { return Value::of_decimal(*decimal_from_token(value)); }
  static Value moment(std::string_view value) { return Value::of_timestamp(*parse_iso8601(value)); }
  static Value duration(std::string_view value) { return Value::of_duration(*parse_duration(value)); }
  Value list(std::initializer_list<Value> items) {
    Value* const out = arena_.allocate_of<Value>(items.size());
    std::copy(items.begin(), items.end(), out);
    return list_of({out, items.size()}, {}, arena_);
  }

  Arena arena_;
};

TEST_F(FunctionsTest, AreAbsentWhenAnArgumentIs) {
  for (int f = static_cast<int>(Function::lower); f <= static_cast<int>(Function::json); ++f) {
    EXPECT_EQ(call(static_cast<Function>(f), {Value(), text("x"), number(1)}), "absent") << f;
  }
  EXPECT_EQ(call(Function::substring, {text("abc"), Value()}), "absent");
  EXPECT_EQ(call(Function::concat, {text("abc"), Value()}), "absent");
  EXPECT_EQ(call(Function::max, {number(1), Value()}), "absent");
}

TEST_F(FunctionsTest, OnTextAreAbsentForAnotherKindOfAny) {
  for (const Function f :
       {Function::lower, Function::upper, Function::trim, Function::length, Function::host, Function::json}) {
    EXPECT_EQ(call(f, {token("5")}), "absent");
    EXPECT_EQ(call(f, {json("[]")}), "absent");
  }
  EXPECT_EQ(call(Function::split, {text("a"), token("5")}), "absent");
  EXPECT_EQ(call(Function::parse_time, {token("5"), text("%Y")}), "absent");
  EXPECT_EQ(call(Function::substring, {token("5"), number(0)}), "absent");
  EXPECT_EQ(call(Function::date, {text("2024-06-10")}), "absent");
  EXPECT_EQ(call(Function::hour, {number(0)}), "absent");
  EXPECT_EQ(call(Function::truncate, {text("2024"), duration("1h")}), "absent");
  EXPECT_EQ(call(Function::abs, {text("-1")}), "absent");
  EXPECT_EQ(call(Function::round, {text("1.5")}), "absent");
  EXPECT_EQ(call(Function::count, {json("{}")}), "absent");
  EXPECT_EQ(call(Function::first, {text("abc")}), "absent");
}

TEST_F(FunctionsTest, TrimTakesAsciiSpaceOnly) {
  EXPECT_EQ(call(Function::trim, {text(" \t\r\n\v\fa b \n")}), "a b");
  EXPECT_EQ(call(Function::trim, {text("\u00A0a\u2003")}), "\u00A0a\u2003");
  EXPECT_EQ(call(Function::trim, {text("  ")}), "");
  EXPECT_EQ(call(Function::trim, {text("")}), "");
}

TEST_F(FunctionsTest, LengthCountsCodePoints) {
  EXPECT_EQ(call(Function::length, {text("aé€😀")}), "4");
  EXPECT_EQ(call(Function::length, {text("e\u0301")}), "2");
  EXPECT_EQ(call(Function::length, {text("")}), "0");
}

TEST_F(FunctionsTest, SubstringIsClipped) {
  EXPECT_EQ(call(Function::substring, {text("aé€😀z"), number(1), number(3)}), "é€😀");
  EXPECT_EQ(call(Function::substring, {text("aé€😀z"), number(3)}), "😀z");
  EXPECT_EQ(call(Function::substring, {text("abc"), number(0)}), "abc");
  EXPECT_EQ(call(Function::substring, {text("abc"), number(3)}), "");
  EXPECT_EQ(call(Function::substring, {text("abc"), number(9), number(9)}), "");
  EXPECT_EQ(call(Function::substring, {text("abc"), number(1), number(INT64_MAX)}), "bc");
  EXPECT_EQ(call(Function::substring, {text("abc"), number(1), number(0)}), "");
  EXPECT_EQ(call(Function::substring, {text("abc"), number(-2), number(1)}), "a");
  EXPECT_EQ(call(Function::substring, {text("abc"), number(1), number(-1)}), "");
  EXPECT_EQ(call(Function::substring, {text("abc"), token("1.0")}), "bc");
  EXPECT_EQ(call(Function::substring, {text("abc"), token("1.5")}), "absent");
}

TEST_F(FunctionsTest, SplitKeepsWhatIsEmptyBetween) {
  EXPECT_EQ(call(Function::split, {text("a,b,,c"), text(",")}), "[a|b||c|]");
  EXPECT_EQ(call(Function::split, {text(",a,"), text(",")}), "[|a||]");
  EXPECT_EQ(call(Function::split, {text(""), text(",")}), "[|]");
  EXPECT_EQ(call(Function::split, {text("a::b:c"), text("::")}), "[a|b:c|]");
  EXPECT_EQ(call(Function::split, {text("aaa"), text("aa")}), "[|a|]");
  EXPECT_EQ(call(Function::split, {text("abc"), text("")}), "[abc|]");
}

TEST_F(FunctionsTest, ConcatJoinsTextForms) {
  EXPECT_EQ(call(Function::concat, {text("a"), number(1), decimal("9.90"), Value::of_bool(true), token("1e2")}),
            "a19.9true1e2");
  EXPECT_EQ(call(Function::concat, {moment("2024-06-10T08:00:00Z"), duration("90m")}), "2024-06-10T08:00:00Z1h30m");
  EXPECT_EQ(call(Function::concat, {text("a"), json("[]")}), "absent");
}

TEST_F(FunctionsTest, FirstLastAndCountTakeListsOfBothKinds) {
  const Value items = list({number(1), number(2), number(3)});
  EXPECT_EQ(call(Function::first, {items}), "1");
  EXPECT_EQ(call(Function::last, {items}), "3");
  EXPECT_EQ(call(Function::count, {items}), "3");
  EXPECT_EQ(call(Function::first, {json("[[1],2]")}), "json [1]");
  EXPECT_EQ(call(Function::last, {json("[1,\"x\"]")}), "x");
  EXPECT_EQ(call(Function::last, {json("[1,null]")}), "absent");
  EXPECT_EQ(call(Function::count, {json("[1,null]")}), "2");
  EXPECT_EQ(call(Function::first, {list({})}), "absent");
  EXPECT_EQ(call(Function::last, {json("[]")}), "absent");
  EXPECT_EQ(call(Function::count, {json("[]")}), "0");
}

TEST_F(FunctionsTest, HashIsXxHash64OfTheTextForm) {
  EXPECT_EQ(call(Function::hash, {text("")}), "ef46db3751d8e999");
  EXPECT_EQ(call(Function::hash, {text("a")}), "d24ec4f1a98c6e5b");
  EXPECT_EQ(call(Function::hash, {text("abc")}), "44bc2cf5ad770999");
  EXPECT_EQ(call(Function::hash, {number(12)}), call(Function::hash, {text("12")}));
  EXPECT_EQ(call(Function::hash, {json("[1]")}), "absent");
}

TEST_F(FunctionsTest, HostIsThatOfAUrl) {
  const auto host = [&](std::string_view url) { return call(Function::host, {text(url)}); };
  EXPECT_EQ(host("https://WWW.example.com/path?q=http://x/"), "www.example.com");
  EXPECT_EQ(host("http://user:p@ss@host.example:8080"), "host.example");
  EXPECT_EQ(host("ftp://h"), "h");
  EXPECT_EQ(host("http://h?x@y"), "h");
  EXPECT_EQ(host("http://h#@y"), "h");
  EXPECT_EQ(host("http://h:/"), "h");
  EXPECT_EQ(host("http://1.2.3.4:80/"), "1.2.3.4");
  EXPECT_EQ(host("http://[2001:DB8::1]:80/"), "[2001:db8::1]");
  EXPECT_EQ(host("http://BÜCHER.example.com/"), "bücher.example.com");
  EXPECT_EQ(host("http://good.example.com\\@evil.example.com/"), "good.example.com");
  for (const char* url :
       {"", "example.com", "example.com/x://y", "//example.com/", "mailto:a@b", "file:///etc", "http://", "http:///x",
        "http://user@/", "http://:80/", "http://h:8o/", "http://[::1", "http://[x]/", "http://a b/", "1http://h/",
        "://h/", "http://[::1]x/", "http://h<i>/", "http://]["}) {
    EXPECT_EQ(host(url), "absent") << url;
  }
}

TEST_F(FunctionsTest, RoundGoesHalfAwayFromZeroAndKeepsTheType) {
  EXPECT_EQ(call(Function::round, {decimal("2.5")}), "3");
  EXPECT_EQ(call(Function::round, {decimal("-2.5")}), "-3");
  EXPECT_EQ(call(Function::round, {decimal("2.4999")}), "2");
  EXPECT_EQ(call(Function::round, {decimal("99.995"), number(2)}), "100");
  EXPECT_EQ(call(Function::round, {decimal("1.25"), number(1)}), "1.3");
  EXPECT_EQ(call(Function::round, {decimal("1.25"), number(5)}), "1.25");
  EXPECT_EQ(call(Function::round, {number(7)}), "7");
  EXPECT_EQ(call(Function::round, {token("2.5")}), "3");
  EXPECT_EQ(call(Function::round, {decimal("9.5"), number(-1)}), "10");
  EXPECT_EQ(call(Function::round, {decimal("99999999999999999999999999999999999999")}),
            "99999999999999999999999999999999999999");
  EXPECT_EQ(call(Function::round, {decimal("-9999999999999999999999999999999999999.9")}),
            "-10000000000000000000000000000000000000");
  const Value float_round[] = {Value::of_double(2.675), number(2)};
  const Value rounded = call_function(Function::round, float_round, arena_);
  EXPECT_EQ(rounded.tag(), Tag::floating);
  EXPECT_EQ(rounded.as_double(), 2.68); // as it is written, not as its binary form has it
  EXPECT_EQ(call(Function::round, {Value::of_double(-0.5)}), "-1");
  EXPECT_EQ(call(Function::round, {Value::of_double(0.49999999999999994)}), "0");
  EXPECT_EQ(call(Function::round, {Value::of_double(1e300)}), "1e+300");
  EXPECT_EQ(call(Function::round, {Value::of_double(1e300), number(2)}), "1e+300");
  EXPECT_EQ(call(Function::round, {Value::of_double(1e-300), number(2)}), "0");
}

TEST_F(FunctionsTest, AbsKeepsTheType) {
  EXPECT_EQ(call(Function::abs, {number(-5)}), "5");
  EXPECT_EQ(call(Function::abs, {number(INT64_MIN)}), "9223372036854775808");
  EXPECT_EQ(call(Function::abs, {decimal("-1.5")}), "1.5");
  EXPECT_EQ(call(Function::abs, {Value::of_double(-0.25)}), "0.25");
  EXPECT_EQ(call(Function::abs, {token("-3")}), "3");
}

TEST_F(FunctionsTest, MinAndMaxTakeArgumentsOrOneList) {
  EXPECT_EQ(call(Function::min, {number(2), number(1), number(3)}), "1");
  EXPECT_EQ(call(Function::max, {number(2), decimal("2.5"), number(1)}), "2.5");
  EXPECT_EQ(call(Function::max, {text("B"), text("a")}), "a");
  EXPECT_EQ(call(Function::min, {Value::of_version("7.10"), Value::of_version("7.9")}), "7.9");
  EXPECT_EQ(call(Function::max, {moment("2024-06-10T08:00:00Z"), moment("2024-06-10T09:00:00Z")}),
            "2024-06-10T09:00:00Z");
  EXPECT_EQ(call(Function::min, {list({number(5), number(-5)})}), "-5");
  EXPECT_EQ(call(Function::max, {json("[1,10,9]")}), "10");
  EXPECT_EQ(call(Function::max, {list({})}), "absent");
  EXPECT_EQ(call(Function::min, {json("[]")}), "absent");
  EXPECT_EQ(call(Function::min, {json("[1,\"a\"]")}), "absent");
  EXPECT_EQ(call(Function::min, {json("[1,null]")}), "absent");
  EXPECT_EQ(call(Function::min, {json("[{}]")}), "absent");
  EXPECT_EQ(call(Function::min, {number(4)}), "4");
}

TEST_F(FunctionsTest, DateHourAndTruncateAreInUtc) {
  EXPECT_EQ(call(Function::date, {moment("2024-06-10T23:59:59.999999Z")}), "2024-06-10");
  EXPECT_EQ(call(Function::date, {moment("1969-12-31T23:00:00Z")}), "1969-12-31");
  EXPECT_EQ(call(Function::date, {moment("0001-01-01T00:00:00Z")}), "0001-01-01");
  EXPECT_EQ(call(Function::hour, {moment("2024-06-10T23:59:59Z")}), "23");
  EXPECT_EQ(call(Function::hour, {moment("1969-12-31T00:30:00Z")}), "0");
  EXPECT_EQ(call(Function::truncate, {moment("2024-06-10T08:47:12.5Z"), duration("15m")}), "2024-06-10T08:45:00Z");
  EXPECT_EQ(call(Function::truncate, {moment("1969-12-31T23:59:59Z"), duration("1h")}), "1969-12-31T23:00:00Z");
  EXPECT_EQ(call(Function::truncate, {moment("2024-06-10T08:00:00Z"), duration("1h")}), "2024-06-10T08:00:00Z");
  EXPECT_EQ(call(Function::truncate, {moment("2024-06-12T08:00:00Z"), duration("1w")}), "2024-06-06T00:00:00Z");
  EXPECT_EQ(call(Function::truncate, {moment("0001-01-02T00:00:00Z"), duration("1w")}), "0001-01-01T00:00:00Z");
  EXPECT_EQ(call(Function::truncate, {moment("2024-06-12T08:00:00Z"), duration("0s")}), "absent");
  EXPECT_EQ(call(Function::truncate, {moment("2024-06-12T08:00:00Z"), duration("-1h")}), "absent");
  EXPECT_EQ(call(Function::truncate, {moment("1969-12-31T23:59:59Z"), Value::of_duration(INT64_MAX)}),
            "0001-01-01T00:00:00Z");
  EXPECT_EQ(call(Function::truncate, {moment("1970-01-01T00:00:01Z"), Value::of_duration(INT64_MAX)}),
            "1970-01-01T00:00:00Z");
}

TEST_F(FunctionsTest, ParseTimeReadsItsFormat) {
  EXPECT_EQ(call(Function::parse_time, {text("10/Jun/2024"), text("%d/%b/%Y")}), "2024-06-10T00:00:00Z");
  EXPECT_EQ(call(Function::parse_time, {text("10/Jun/24"), text("%d/%b/%Y")}), "absent");
}

TEST_F(FunctionsTest, JsonGivesAValueOfAny) {
  EXPECT_EQ(call(Function::json, {text(" {\"a\":[1]} ")}), "json {\"a\":[1]}");
  EXPECT_EQ(call(Function::json, {text("\"\\u0041\"")}), "A");
  EXPECT_EQ(call(Function::json, {text("1.50")}), "1.50");
  EXPECT_EQ(call(Function::json, {text("null")}), "absent");
  EXPECT_EQ(call(Function::json, {text("{a:1}")}), "absent");
  EXPECT_EQ(call(Function::json, {text("")}), "absent");
}

TEST_F(FunctionsTest, SamplesAreThoseOfSaltNulAndText) {
  EXPECT_EQ(sample_bucket("r.tap", "d-1", arena_), 6664U); // by another implementation of xxHash64
  EXPECT_EQ(sample_bucket("", "x", arena_), 9817U);
  EXPECT_NE(sample_bucket("r.a", "d-1", arena_), sample_bucket("r.b", "d-1", arena_));
  EXPECT_NE(sample_bucket("ab", "c", arena_), sample_bucket("a", "bc", arena_));
  std::size_t below = 0;
  for (int i = 0; i < 20'000; ++i) {
    below += sample_bucket("r.a", "device-" + std::to_string(i), arena_) < 100 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(below), 200, 60);
}

} // namespace
} // namespace millrace::dsl
