#include "dsl/evaluate/fit.hpp"

#include <gtest/gtest.h>

#include <cfloat>
#include <string>

#include "dsl/values/text_form.hpp"

namespace millrace::dsl {
namespace {

class FitTest : public testing::Test {
 protected:
  std::string cell(const Value& value, SqlType type) {
    const Fitted fitted = fit(value, type, arena_);
    if (fitted.fault != Fault::none) {
      return std::string(code_of(fitted.fault));
    }
    const auto text = fitted.cell.tag() == Tag::json ? fitted.cell.as_text() : text_form(fitted.cell, arena_);
    return std::string(*text);
  }
  static Value decimal(std::string_view token) { return Value::of_decimal(*decimal_from_token(token)); }

  Arena arena_;
};

constexpr const char* kTooLarge = "R0402";

TEST_F(FitTest, IntegersStayInTheirRange) {
  EXPECT_EQ(cell(Value::of_int(32767), {SqlKind::smallint}), "32767");
  EXPECT_EQ(cell(Value::of_int(32768), {SqlKind::smallint}), kTooLarge);
  EXPECT_EQ(cell(Value::of_int(-32769), {SqlKind::smallint}), kTooLarge);
  EXPECT_EQ(cell(Value::of_int(-2147483648), {SqlKind::integer}), "-2147483648");
  EXPECT_EQ(cell(Value::of_int(2147483648), {SqlKind::integer}), kTooLarge);
  EXPECT_EQ(cell(Value::of_int(INT64_MIN), {SqlKind::bigint}), "-9223372036854775808");
  EXPECT_EQ(cell(decimal("9223372036854775808"), {SqlKind::bigint}), kTooLarge);
}

TEST_F(FitTest, NumericRoundsFractionsAndRefusesIntegerDigits) {
  const SqlType money{.kind = SqlKind::numeric, .precision = 5, .scale = 2};
  EXPECT_EQ(cell(decimal("1.005"), money), "1.01");
  EXPECT_EQ(cell(decimal("-1.005"), money), "-1.01");
  EXPECT_EQ(cell(decimal("999.994"), money), "999.99");
  EXPECT_EQ(cell(decimal("999.995"), money), kTooLarge);
  EXPECT_EQ(cell(Value::of_int(999), money), "999.00");
  EXPECT_EQ(cell(Value::of_int(1000), money), kTooLarge);
  EXPECT_EQ(cell(Value::of_int(INT64_MAX), {.kind = SqlKind::numeric, .precision = 38, .scale = 19}),
            "9223372036854775807." + std::string(19, '0'));
  EXPECT_EQ(cell(Value::of_int(INT64_MAX), {.kind = SqlKind::numeric, .precision = 38, .scale = 20}), kTooLarge);
  EXPECT_EQ(cell(decimal("1.5"), {SqlKind::numeric}), "1.5");
}

TEST_F(FitTest, RealRefusesWhatItWouldMakeInfiniteOrZero) {
  EXPECT_EQ(cell(Value::of_double(FLT_MAX), {SqlKind::real}), "3.4028234663852886e+38");
  EXPECT_EQ(cell(Value::of_double(3.4028235677973366e38), {SqlKind::real}), kTooLarge);
  EXPECT_EQ(cell(Value::of_double(-1e39), {SqlKind::real}), kTooLarge);
  EXPECT_EQ(cell(Value::of_double(1e-46), {SqlKind::real}), kTooLarge);
  EXPECT_EQ(cell(Value::of_double(1e-45), {SqlKind::real}), "1e-45");
  EXPECT_EQ(cell(Value::of_double(0), {SqlKind::real}), "0");
  EXPECT_EQ(cell(Value::of_double(1e300), {SqlKind::double_precision}), "1e+300");
  EXPECT_EQ(cell(Value::of_int(5), {SqlKind::double_precision}), "5");
}

TEST_F(FitTest, TextsCountCharactersAndHoldNoNul) {
  const SqlType three{.kind = SqlKind::character, .length = 3};
  EXPECT_EQ(cell(Value::of_text("EUR"), three), "EUR");
  EXPECT_EQ(cell(Value::of_text("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"), three),
            "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac");
  EXPECT_EQ(cell(Value::of_text("EURO"), three), kTooLarge);
  EXPECT_EQ(cell(Value::of_text(std::string(100'000, 'x')), {SqlKind::text}).size(), 100'000U);
  EXPECT_EQ(cell(Value::of_text(std::string_view("a\0b", 3)), {SqlKind::text}), "R0403");
}

TEST_F(FitTest, AVersionIsTextAsItWasReceived) {
  EXPECT_EQ(cell(Value::of_version("07.10.0-rc.1"), {SqlKind::text}), "07.10.0-rc.1");
}

TEST_F(FitTest, IntervalsAndAddressesGoAsTheyAre) {
  const Fitted interval = fit(Value::of_duration(-1), {SqlKind::interval}, arena_);
  EXPECT_EQ(interval.fault, Fault::none);
  EXPECT_EQ(interval.cell.as_duration(), -1);
  const Ip address{0x20, 0x01};
  EXPECT_EQ(fit(Value::of_ip(address), {SqlKind::inet}, arena_).cell.as_ip(), address);
  EXPECT_EQ(fit(Value::of_int(1), {SqlKind::interval}, arena_).fault, Fault::too_large);
  EXPECT_EQ(fit(Value::of_text("::1"), {SqlKind::inet}, arena_).fault, Fault::too_large);
}

class FitArray : public FitTest {
 protected:
  Value list(std::vector<Value> items) {
    items_ = std::move(items);
    list_ = {items_, "[\"as it was written\"]"};
    return Value::of_list(list_);
  }
  std::string cells(const Value& value, SqlType type) {
    type.array = true;
    const Fitted fitted = fit(value, type, arena_);
    if (fitted.fault != Fault::none) {
      return std::string(code_of(fitted.fault));
    }
    std::string out;
    for (const Value& item : fitted.cell.as_list().items) {
      out += (out.empty() ? "" : " ") + (item.present() ? std::string(text_form(item, arena_).value()) : "NULL");
    }
    return out;
  }

  std::vector<Value> items_;
  List list_;
};

TEST_F(FitArray, EachElementIsFitted) {
  EXPECT_EQ(cells(list({}), {SqlKind::text}), "");
  EXPECT_EQ(cells(list({Value::of_text("a"), Value::of_text("bc")}), {.kind = SqlKind::varchar, .length = 2}), "a bc");
  EXPECT_EQ(cells(list({decimal("1.005"), decimal("-2")}), {.kind = SqlKind::numeric, .precision = 5, .scale = 2}),
            "1.01 -2.00");
  EXPECT_EQ(cells(list({Value::of_int(1), Value()}), {SqlKind::integer}), "1 NULL");
}

TEST_F(FitArray, OneElementThatDoesNotFitIsEnough) {
  EXPECT_EQ(cells(list({Value::of_text("a"), Value::of_text("bcd")}), {.kind = SqlKind::varchar, .length = 2}),
            kTooLarge);
  EXPECT_EQ(cells(list({Value::of_text("a"), Value::of_text(std::string_view("\0", 1))}), {SqlKind::text}), "R0403");
  EXPECT_EQ(cells(list({Value::of_int(1), Value::of_int(40'000)}), {SqlKind::smallint}), kTooLarge);
  EXPECT_EQ(cells(Value::of_int(1), {SqlKind::smallint}), kTooLarge);
}

TEST_F(FitArray, AListInAJsonbColumnGoesAsItWasWrittenOrIsWritten) {
  EXPECT_EQ(cell(list({Value::of_text("a")}), {SqlKind::jsonb}), "[\"as it was written\"]");
  const Value computed = list({Value::of_text("a\""), Value::of_int(1), Value(), Value::of_json("{}")});
  list_.json = {};
  EXPECT_EQ(cell(computed, {SqlKind::jsonb}), R"(["a\"",1,null,{}])");
  const Value none = list({});
  list_.json = {};
  EXPECT_EQ(cell(none, {SqlKind::jsonb}), "[]");
  const Value nul = list({Value::of_text(std::string_view("\0", 1))});
  list_.json = {};
  EXPECT_EQ(cell(nul, {SqlKind::jsonb}), "R0403");
}

TEST_F(FitTest, JsonbTakesPiecesOfTheEventAndValues) {
  EXPECT_EQ(cell(Value::of_json(R"({"a": [1]})"), {SqlKind::jsonb}), R"({"a": [1]})");
  EXPECT_EQ(cell(Value::of_token("1.50"), {SqlKind::jsonb}), "1.50");
  EXPECT_EQ(cell(Value::of_text("a\"\n"), {SqlKind::jsonb}), "\"a\\\"\\u000a\"");
  EXPECT_EQ(cell(Value::of_bool(true), {SqlKind::jsonb}), "true");
  EXPECT_EQ(cell(Value::of_json(R"({"a":"\u0000"})"), {SqlKind::jsonb}), "R0403");
  EXPECT_EQ(cell(Value::of_text(std::string_view("\0", 1)), {SqlKind::jsonb}), "R0403");
}

TEST_F(FitTest, TheRestGoesToItsOwnType) {
  EXPECT_EQ(cell(Value::of_bool(false), {SqlKind::boolean}), "false");
  EXPECT_EQ(cell(Value::of_timestamp(-1), {SqlKind::date}), "-1");
  EXPECT_EQ(cell(Value::of_timestamp(86'400'000'000), {SqlKind::date}), "1");
  EXPECT_EQ(cell(Value::of_timestamp(0), {SqlKind::timestamptz}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(cell(Value::of_uuid({}), {SqlKind::uuid}), "00000000-0000-0000-0000-000000000000");
  EXPECT_EQ(cell(Value::of_text("x"), {SqlKind::uuid}), kTooLarge);
}

} // namespace
} // namespace millrace::dsl
