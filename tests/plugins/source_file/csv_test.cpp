#include "plugins/source_file/csv.hpp"

#include <gtest/gtest.h>

#include <millrace/json.hpp>

namespace millrace::source_file {
namespace {

std::string json(const std::vector<std::string>& names, std::string_view record) {
  std::string out;
  csv_to_json(names, csv_fields(record, ','), out);
  return out;
}

TEST(Csv, ARecordEndsAtTheLineEndOutsideOfQuotes) {
  EXPECT_EQ(csv_record_end("a,b\nc", false), 4U);
  EXPECT_EQ(csv_record_end("\"a\nb\",c\nd", false), 8U);
  EXPECT_EQ(csv_record_end("a,b", false), std::nullopt);
  EXPECT_EQ(csv_record_end("a,b", true), 3U);
  EXPECT_EQ(csv_record_end("", true), std::nullopt);
}

TEST(Csv, QuotesAreTakenOffAndDoubledOnesStay) {
  EXPECT_EQ(json({"a", "b"}, R"("x ""y"", z",2)"), R"({"a":"x \"y\", z","b":"2"})");
}

TEST(Csv, AnEmptyFieldIsLeftOutUnlessItIsQuoted) {
  EXPECT_EQ(json({"a", "b", "c"}, R"(,"",1)"), R"({"b":"","c":"1"})");
}

TEST(Csv, ControlCharactersBecomeEscapes) {
  std::string out;
  append_json_text("a\tb\n\"\\", out);
  EXPECT_EQ(out, R"("a\u0009b\u000a\"\\")");
}

} // namespace
} // namespace millrace::source_file
