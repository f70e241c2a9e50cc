// RFC 4180 and what files of spreadsheets add to it.
#include "dsl/syntax/csv.hpp"

#include <gtest/gtest.h>

namespace millrace::dsl {
namespace {

/// Cells of a record between brackets, records one behind the other, and where it ended to be CSV.
std::string read(std::string_view text) {
  CsvReader reader(text);
  std::vector<CsvCell> record;
  std::string out;
  while (reader.next(record)) {
    for (const CsvCell& cell : record) {
      out += "[" + std::string(cell.text) + "]";
    }
    out += "\n";
  }
  if (reader.error()) {
    out += "error at " + std::to_string(reader.error()->begin) + "\n";
  }
  return out;
}

TEST(Csv, CellsEndAtCommasAndRecordsAtLines) {
  EXPECT_EQ(read("a,b\n1,2\n"), "[a][b]\n[1][2]\n");
  EXPECT_EQ(read("a,b\n1,2"), "[a][b]\n[1][2]\n");
  EXPECT_EQ(read("a,b\r\n1,2\r\n"), "[a][b]\n[1][2]\n");
  EXPECT_EQ(read("a,b\r1,2\r"), "[a][b]\n[1][2]\n");
}

TEST(Csv, EmptyCellsAreCells) {
  EXPECT_EQ(read("a,,\n,b,\n,\n"), "[a][][]\n[][b][]\n[][]\n");
  EXPECT_EQ(read("a,"), "[a][]\n");
  EXPECT_EQ(read("\"\",x"), "[][x]\n");
}

TEST(Csv, EmptyLinesAreNoRecords) {
  EXPECT_EQ(read("\n\r\na\n\n\nb\n\n"), "[a]\n[b]\n");
  EXPECT_EQ(read(""), "");
}

TEST(Csv, QuotesHoldCommasLinesAndDoubledQuotes) {
  EXPECT_EQ(read("\"a,b\",\"c\r\nd\"\n\"say \"\"hi\"\"\",\"\"\"\"\n"), "[a,b][c\r\nd]\n[say \"hi\"][\"]\n");
}

TEST(Csv, BlanksBelongToACell) { EXPECT_EQ(read(" a , b\n"), "[ a ][ b]\n"); }

TEST(Csv, AByteOrderMarkIsPassedBy) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "a,b\n"),
            "[a][b]\n");
}

TEST(Csv, WhatIsNoCsvHasAPlace) {
  EXPECT_EQ(read("a\n\"b\nc,d\n"), "[a]\nerror at 2\n");
  EXPECT_EQ(read("a,\"b\"c\n"), "error at 5\n");
  EXPECT_EQ(read("a,b\"c\"\n"), "error at 3\n");
}

TEST(Csv, CellsKnowWhereTheyStand) {
  CsvReader reader("ab,\"c\"\"d\"\n");
  std::vector<CsvCell> record;
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(record[0].begin, 0U);
  EXPECT_EQ(record[0].end, 2U);
  EXPECT_EQ(record[1].begin, 3U);
  EXPECT_EQ(record[1].end, 9U);
  EXPECT_EQ(record[1].text, "c\"d");
}

} // namespace
} // namespace millrace::dsl
