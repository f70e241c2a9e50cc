#include "dsl/values/timestamp.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <random>
#include <regex>
#include <string>

namespace millrace::dsl {
namespace {

std::string written(std::int64_t micros) {
  std::array<char, kTimestampSize> out{};
  return {out.data(), write_timestamp(out.data(), micros)};
}

TEST(Timestamp, ReadsRfc3339) {
  EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_iso8601("2024-06-10T08:00:00Z"), 1'718'006'400'000'000);
  EXPECT_EQ(parse_iso8601("2024-06-10 08:00Z"), 1'718'006'400'000'000);
  EXPECT_EQ(parse_iso8601("2024-06-10T10:00:00+02:00"), 1'718'006'400'000'000);
  EXPECT_EQ(parse_iso8601("2024-06-10T02:30:00-05:30"), 1'718'006'400'000'000);
  EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00.5Z"), 500'000);
  EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00.1234569Z"), 123'456);
  EXPECT_EQ(parse_iso8601("1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_EQ(parse_iso8601("2000-02-29T00:00:00Z"), 951'782'400'000'000);
  EXPECT_EQ(parse_iso8601("0001-01-01T00:00:00Z"), kFirstMoment);
  EXPECT_EQ(parse_iso8601("9999-12-31T23:59:59.999999Z"), kLastMoment);
}

TEST(Timestamp, RefusesWhatIsNoMoment) {
  for (const std::string_view text : {"",
                                      "2024-06-10",
                                      "2024-06-10T08:00:00",
                                      "2024-06-10T08Z",
                                      "2024-6-10T08:00:00Z",
                                      "2024-06-10T08:00:60Z",
                                      "2024-06-10T24:00:00Z",
                                      "2024-06-10T08:60:00Z",
                                      "2023-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2024-04-31T00:00:00Z",
                                      "2024-13-01T00:00:00Z",
                                      "2024-00-01T00:00:00Z",
                                      "2024-01-00T00:00:00Z",
                                      "0000-01-01T00:00:00Z",
                                      "2024-06-10T08:00:00.Z",
                                      "2024-06-10T08:00.5Z",
                                      "2024-06-10T08:00:00+0200",
                                      "2024-06-10T08:00:00+24:00",
                                      "2024-06-10T08:00:00Zx",
                                      " 2024-06-10T08:00:00Z",
                                      "2024-06-10_08:00:00Z",
                                      "0001-01-01T00:00:00+00:01",
                                      "9999-12-31T23:59:59-00:01",
                                      "+024-06-10T08:00:00Z",
                                      "2024-06-10T08:00:00,5Z"}) {
    EXPECT_FALSE(parse_iso8601(text)) << text;
  }
}

TEST(Timestamp, CountsUnixTimeExactlyAndDown) {
  EXPECT_EQ(parse_unix("1718006400", 1'000'000), 1'718'006'400'000'000);
  EXPECT_EQ(parse_unix("1718006400123", 1'000), 1'718'006'400'123'000);
  EXPECT_EQ(parse_unix("1718006400123456", 1), 1'718'006'400'123'456);
  EXPECT_EQ(parse_unix("1718006400.1234569", 1'000'000), 1'718'006'400'123'456);
  EXPECT_EQ(parse_unix("1.718e9", 1'000'000), 1'718'000'000'000'000);
  EXPECT_EQ(parse_unix("0.1", 1'000'000), 100'000);
  EXPECT_EQ(parse_unix("-1", 1'000), -1'000);
  EXPECT_EQ(parse_unix("-0.0000001", 1'000'000), -1);
  EXPECT_EQ(parse_unix("0.0000001", 1'000'000), 0);
  EXPECT_EQ(parse_unix("-0.5", 1), -1);
  EXPECT_EQ(parse_unix("1e-38", 1'000'000), 0);
  EXPECT_EQ(parse_unix("-1e-300", 1'000'000), -1);
  EXPECT_EQ(parse_unix("253402300799.999999", 1'000'000), kLastMoment);
  EXPECT_FALSE(parse_unix("253402300800", 1'000'000));
  EXPECT_FALSE(parse_unix("1e18", 1'000'000));
  EXPECT_FALSE(parse_unix("9223372036854775807", 1'000'000));
  EXPECT_FALSE(parse_unix("1e400", 1));
  EXPECT_FALSE(parse_unix("x", 1));
}

TEST(Timestamp, CountsUnixTimeExactlyWhateverItsDigits) {
  const std::string nines(60, '9');
  const std::string zeros(60, '0');
  EXPECT_EQ(parse_unix("1718006400.000000" + nines, 1'000'000), 1'718'006'400'000'000);
  EXPECT_EQ(parse_unix("-1718006400.000000" + nines, 1'000'000), -1'718'006'400'000'001);
  EXPECT_EQ(parse_unix("-1718006400.000000" + zeros + "1", 1'000'000), -1'718'006'400'000'001);
  EXPECT_EQ(parse_unix("-1718006400.000000" + zeros, 1'000'000), -1'718'006'400'000'000);
  EXPECT_EQ(parse_unix("1718006400000000" + nines + "e-60", 1), 1'718'006'400'000'000);
  EXPECT_EQ(parse_unix("-0." + zeros + nines, 1'000), -1);
  EXPECT_EQ(parse_unix("0." + zeros + nines, 1'000), 0);
  EXPECT_EQ(parse_unix("253402300799.999999" + nines, 1'000'000), kLastMoment);
  EXPECT_FALSE(parse_unix("253402300800.000000" + zeros + "1", 1'000'000));
}

/// The same grammar, said once more.
std::optional<std::int64_t> by_pattern(const std::string& text) {
  static const std::regex pattern(
      R"((\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:[Zz]|([+-])(\d\d):(\d\d)))");
  std::smatch parts;
  if (!std::regex_match(text, parts, pattern)) {
    return std::nullopt;
  }
  const auto number = [&](std::size_t part) { return parts[part].matched ? std::stoi(parts[part].str()) : 0; };
  const std::chrono::year_month_day day{std::chrono::year(number(1)), std::chrono::month(unsigned(number(2))),
                                        std::chrono::day(unsigned(number(3)))};
  if (number(1) == 0 || !day.ok() || number(4) > 23 || number(5) > 59 || number(6) > 59 || number(9) > 23 ||
      number(10) > 59) {
    return std::nullopt;
  }
  const std::int64_t east = (number(9) * 60 + number(10)) * (parts[8] == "-" ? -1 : 1);
  const std::int64_t minutes =
      std::int64_t{std::chrono::sys_days(day).time_since_epoch().count()} * 1'440 + number(4) * 60 + number(5) - east;
  const std::string fraction = (parts[7].str() + "000000").substr(0, 6);
  const std::int64_t micros = (minutes * 60 + number(6)) * kMicrosPerSecond + std::stoi(fraction);
  return micros >= kFirstMoment && micros <= kLastMoment ? std::optional(micros) : std::nullopt;
}

TEST(Timestamp, ReadsExactlyWhatItsGrammarSays) {
  static constexpr std::string_view kGood[] = {"2024-06-10T08:09:07Z", "2024-02-29 23:59:59.123456789+05:30",
                                               "0001-01-01t00:00z", "9999-12-31T23:59:59.9-00:00"};
  static constexpr std::string_view kPieces = "0123456789012345678901234567890-:.TtZz +,";
  std::mt19937_64 random(17);
  std::size_t good = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text(kGood[random() % std::size(kGood)]);
    for (std::size_t changes = random() % 4; changes > 0; --changes) {
      const std::size_t at = random() % (text.size() + 1);
      text.replace(at, std::min<std::size_t>(random() % 8 == 0 ? random() % 3 : 1, text.size() - at),
                   random() % 8 == 0 ? random() % 3 : 1, kPieces[random() % kPieces.size()]);
    }
    const auto exact = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), exact.get());
    const auto micros = parse_iso8601({exact.get(), text.size()});
    ASSERT_EQ(micros, by_pattern(text)) << text;
    good += micros ? 1 : 0;
  }
  EXPECT_GT(good, 20'000U);
}

TEST(Timestamp, WritesSixDigitsOnlyForAFraction) {
  EXPECT_EQ(written(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(written(1'718'006'400'500'000), "2024-06-10T08:00:00.500000Z");
  EXPECT_EQ(written(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(written(kFirstMoment), "0001-01-01T00:00:00Z");
  EXPECT_EQ(written(kLastMoment), "9999-12-31T23:59:59.999999Z");
}

TEST(Timestamp, AgreesWithTheStandardCalendarAndReadsBackWhatItWrites) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 50'000; ++i) {
    const std::int64_t micros =
        kFirstMoment + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(kLastMoment - kFirstMoment));
    const std::string text = written(micros);
    ASSERT_EQ(parse_iso8601(text), micros) << text;
    const auto day = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(micros)));
    const std::chrono::year_month_day date(day);
    ASSERT_EQ(day_of(micros), day.time_since_epoch().count());
    ASSERT_EQ(std::stoi(text.substr(0, 4)), static_cast<int>(date.year()));
    ASSERT_EQ(std::stoul(text.substr(5, 2)), static_cast<unsigned>(date.month()));
    ASSERT_EQ(std::stoul(text.substr(8, 2)), static_cast<unsigned>(date.day()));
  }
}

} // namespace
} // namespace millrace::dsl
