#include "dsl/values/time_format.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {
namespace {

std::string parsed(std::string_view text, std::string_view format) {
  const auto micros = parse_time(text, format);
  if (!micros) {
    return "none";
  }
  std::array<char, kTimestampSize> out{};
  return {out.data(), static_cast<std::size_t>(write_timestamp(out.data(), *micros) - out.data())};
}

TEST(TimeFormat, ReadsWhatTheFormatSays) {
  EXPECT_EQ(parsed("2024-06-10 08:09:07", "%Y-%m-%d %H:%M:%S"), "2024-06-10T08:09:07Z");
  EXPECT_EQ(parsed("10/Jun/2024:08:00:00 +0200", "%d/%b/%Y:%H:%M:%S %z"), "2024-06-10T06:00:00Z");
  EXPECT_EQ(parsed("20240610T000000.000001-05:30", "%Y%m%dT%H%M%S.%f%z"), "2024-06-10T05:30:00.000001Z");
  EXPECT_EQ(parsed("2024-060Z", "%Y-%j%z"), "2024-02-29T00:00:00Z");
  EXPECT_EQ(parsed("100% DEC", "100%% %b"), "1970-12-01T00:00:00Z");
  EXPECT_EQ(parsed("", ""), "1970-01-01T00:00:00Z");
  EXPECT_EQ(parsed("12:30", "%H:%M"), "1970-01-01T12:30:00Z");
  EXPECT_EQ(parsed("31.12.9999", "%d.%m.%Y"), "9999-12-31T00:00:00Z");
  EXPECT_EQ(parsed("29.02.2024", "%d.%m.%Y"), "2024-02-29T00:00:00Z"); // the day before its year
  EXPECT_EQ(parsed("2024-061 1.3.", "%Y-%j 1.3."), "2024-03-01T00:00:00Z");
  EXPECT_EQ(parsed("2024-061 01.03", "%Y-%j %d.%m"), "2024-03-01T00:00:00Z");
}

TEST(TimeFormat, IsAbsentForWhatDoesNotFit) {
  constexpr std::string_view kDay = "%Y-%m-%d";
  for (const char* text :
       {"2024-6-10", "2024-06-1", "24-06-10", "2024-06-10 ", " 2024-06-10", "2024/06/10", "2024-13-01", "2024-00-10",
        "2024-06-31", "2023-02-29", "0000-01-01", "2024-06-00", "", "2024-06-1x"}) {
    EXPECT_EQ(parsed(text, kDay), "none") << text;
  }
  EXPECT_EQ(parsed("29 Feb", "%d %b"), "none"); // 1970 had none
  EXPECT_EQ(parsed("10 Juni", "%d %b"), "none");
  EXPECT_EQ(parsed("10 Ju", "%d %b"), "none");
  EXPECT_EQ(parsed("24:00", "%H:%M"), "none");
  EXPECT_EQ(parsed("00:00:60", "%H:%M:%S"), "none");
  EXPECT_EQ(parsed(".123", ".%f"), "none");
  EXPECT_EQ(parsed(".1234567", ".%f"), "none");
  EXPECT_EQ(parsed("2023-366", "%Y-%j"), "none");
  EXPECT_EQ(parsed("2023-000", "%Y-%j"), "none");
  EXPECT_EQ(parsed("2024-061 02.03", "%Y-%j %d.%m"), "none");
  EXPECT_EQ(parsed("+2400", "%z"), "none");
  EXPECT_EQ(parsed("0200", "%z"), "none");
  EXPECT_EQ(parsed("+02", "%z"), "none");
  EXPECT_EQ(parsed("0001-01-01 +0100", "%Y-%m-%d %z"), "none");
  EXPECT_EQ(parsed("9999-12-31 23:00 -0100", "%Y-%m-%d %H:%M %z"), "none");
}

TEST(TimeFormat, NamesTheFirstDirectiveThatThereIsNot) {
  EXPECT_EQ(bad_directive("%Y-%m-%dT%H:%M:%S.%f%z %b %j %%"), std::nullopt);
  EXPECT_EQ(bad_directive("plain"), std::nullopt);
  EXPECT_EQ(bad_directive("%Y %y"), 3U);
  EXPECT_EQ(bad_directive("%%%"), 2U);
  EXPECT_EQ(bad_directive("%"), 0U);
  EXPECT_EQ(parsed("1", "%y"), "none");
}

} // namespace
} // namespace millrace::dsl
