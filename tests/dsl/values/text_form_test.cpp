#include "dsl/values/text_form.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include "dsl/values/compare.hpp"
#include "dsl/values/ip.hpp"
#include "dsl/values/number.hpp"

namespace millrace::dsl {
namespace {

std::string form(const Value& value) {
  Arena arena;
  return std::string(text_form(value, arena).value_or("(none)"));
}
std::string form(double value) { return form(Value::of_double(value)); }
std::string form(Decimal value) { return form(Value::of_decimal(value)); }

TEST(TextForm, OfNumbers) {
  EXPECT_EQ(form(Value::of_int(INT64_MIN)), "-9223372036854775808");
  EXPECT_EQ(form(Decimal{990, 2}), "9.90");
  EXPECT_EQ(form(Decimal{-5, 3}), "-0.005");
  EXPECT_EQ(form(Decimal{0, 2}), "0.00");
  EXPECT_EQ(form(Decimal{0, 0}), "0");
  EXPECT_EQ(form(Decimal{-(power_of_ten(38) - 1), 38}), "-0." + std::string(38, '9'));
  EXPECT_EQ(form(Value::of_token("1.50e3")), "1.50e3");
}

TEST(TextForm, OfDoublesAsJavaScriptPrintsThem) {
  EXPECT_EQ(form(0.0), "0");
  EXPECT_EQ(form(-0.0), "0");
  EXPECT_EQ(form(1.0), "1");
  EXPECT_EQ(form(-1.5), "-1.5");
  EXPECT_EQ(form(0.1), "0.1");
  EXPECT_EQ(form(100.0), "100");
  EXPECT_EQ(form(1e20), "100000000000000000000");
  EXPECT_EQ(form(1e21), "1e+21");
  EXPECT_EQ(form(1.5e300), "1.5e+300");
  EXPECT_EQ(form(1e-6), "0.000001");
  EXPECT_EQ(form(1e-7), "1e-7");
  EXPECT_EQ(form(1.25e-7), "1.25e-7");
  EXPECT_EQ(form(123456.789), "123456.789");
  EXPECT_EQ(form(5e-324), "5e-324");
  EXPECT_EQ(form(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(form(9007199254740993.0), "9007199254740992");
}

TEST(TextForm, OfDoublesReadsBackAsTheSame) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 50'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (std::isfinite(value)) {
      const std::string text = form(value);
      ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    }
  }
}

TEST(TextForm, OfEverythingElse) {
  EXPECT_EQ(form(Value::of_bool(true)), "true");
  EXPECT_EQ(form(Value::of_bool(false)), "false");
  EXPECT_EQ(form(Value::of_text("a\"b")), "a\"b");
  EXPECT_EQ(form(Value::of_timestamp(1'718'006'400'000'000)), "2024-06-10T08:00:00Z");
  EXPECT_EQ(form(Value::of_uuid(*parse_uuid("7B0C2F7E-92f1-4D0A-9d53-0d8b1c1f0a11"))),
            "7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a11");
  EXPECT_EQ(form(Value::of_duration(-5'400'000'001)), "-1h30m1us");
  EXPECT_EQ(form(Value::of_ip(*parse_ip("2001:DB8::0:1"))), "2001:db8::1");
  EXPECT_EQ(form(Value::of_ip(*parse_ip("::ffff:1.2.3.4"))), "1.2.3.4");
  EXPECT_EQ(form(Value::of_version("07.0+b")), "07.0+b");
  EXPECT_EQ(form(Value()), "(none)");
  EXPECT_EQ(form(Value::of_json("[1]")), "(none)");
}

TEST(ValueFromText, ReadsEveryScalarFromItsTextForm) {
  EXPECT_EQ(value_from_text("1h", {Kind::duration}).as_duration(), 3'600'000'000);
  EXPECT_EQ(form(value_from_text("::ffff:1.2.3.4", {Kind::ip})), "1.2.3.4");
  EXPECT_EQ(value_from_text("1.0-rc", {Kind::version}).tag(), Tag::version);
  EXPECT_EQ(value_from_text("1.0-rc", {Kind::version}).as_text(), "1.0-rc");
  EXPECT_FALSE(value_from_text("1h ", {Kind::duration}).present());
  EXPECT_FALSE(value_from_text("1.2.3.4/32", {Kind::ip}).present());
  EXPECT_FALSE(value_from_text("v1", {Kind::version}).present());
  EXPECT_FALSE(value_from_text("[]", {Kind::list}).present());
}

TEST(Uuid, TakesOneShapeOnly) {
  EXPECT_EQ((*parse_uuid("00010203-0405-0607-0809-0a0b0c0d0e0F"))[15], 15);
  for (const std::string_view text :
       {"", "00010203-0405-0607-0809-0a0b0c0d0e0", "00010203-0405-0607-0809-0a0b0c0d0e0f0",
        "{0010203-0405-0607-0809-0a0b0c0d0e0f", "000102030405-0607-0809-0a0b0c0d0e0f-",
        "00010203-0405-0607-0809-0a0b0c0d0e0g", "0001020-30405-0607-0809-0a0b0c0d0e0f",
        "\xff"
        "0010203-0405-0607-0809-0a0b0c0d0e0f"}) {
    EXPECT_FALSE(parse_uuid(text)) << text;
  }
}

TEST(CodePoints, CountsCharactersNotBytes) {
  EXPECT_EQ(code_points(""), 0U);
  EXPECT_EQ(code_points("abc"), 3U);
  EXPECT_EQ(code_points("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 3U);
}

TEST(Number, ShortFormsAgreeWithTheLongOnes) {
  std::mt19937_64 random(9);
  const std::string alphabet = "0123456789012345678901234567890123456789-.e+x";
  const std::string before(16, '7');
  for (int i = 0; i < 200'000; ++i) {
    std::string token(1 + random() % 20, ' ');
    for (char& c : token) {
      c = alphabet[random() % (random() % 3 == 0 ? alphabet.size() : 10)];
    }
    const std::string text = before + token;
    const auto quick = short_integer(std::string_view(text).substr(16), 16);
    const auto full = parse_int(token);
    if (quick || (full && token.size() <= 16)) {
      ASSERT_EQ(quick, full) << token;
    }
    const auto number = parse_double(token);
    const bool in_range = std::isfinite(std::strtod(token.c_str(), nullptr));
    ASSERT_EQ(number.has_value(), number_token_length(token) == token.size() && in_range) << token;
    if (number) {
      ASSERT_EQ(*number, std::strtod(token.c_str(), nullptr)) << token;
    }
  }
}

} // namespace
} // namespace millrace::dsl
