// The bytes of a COPY, checked by hand where a server would not tell: the frame, and rows that are taken back.
#include "plugins/sink_postgres/encode.hpp"

#include <gtest/gtest.h>

namespace millrace::sink_postgres {
namespace {

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    out += kDigits[static_cast<unsigned char>(byte) >> 4U];
    out += kDigits[static_cast<unsigned char>(byte) & 15U];
  }
  return out;
}

struct Rows {
  explicit Rows(RowBuilder& builder) { builder.finish(array); }
  ~Rows() { array.release(&array); }
  ArrowArray array{};
};

ColumnPlan plan(const char* name, ColumnType from, const char* to, bool nullable = true, std::uint8_t scale = 0) {
  return {name, from, parse_sql_type(to).value(), nullable, scale};
}

TEST(CopyBuffer, FramesWhatItHolds) {
  CopyBuffer buffer;
  buffer.header();
  buffer.trailer();
  EXPECT_EQ(buffer.view().substr(0, 6), "PGCOPY");
  EXPECT_EQ(hex(buffer.view().substr(6)),
            "0aff0d0a00"
            "00000000"
            "00000000"
            "ffff");
}

TEST(CopyBuffer, KeepsItsBytesWhileItGrows) {
  CopyBuffer buffer;
  std::string expected;
  for (int i = 0; i < 5; ++i) {
    const std::string piece(200'000, static_cast<char>('a' + i));
    buffer.append(piece);
    expected += piece;
  }
  EXPECT_EQ(buffer.view(), expected);
  buffer.clear();
  EXPECT_EQ(buffer.size(), 0U);
}

TEST(RowEncoder, WritesAnOrdAndNullsAndValues) {
  RowSchema schema;
  schema.add({"a", ColumnType::int32, true, 0, 0, ""});
  schema.add({"b", ColumnType::text, true, 0, 0, ""});
  RowBuilder builder(schema);
  builder.int32(0, -2);
  builder.end_row();
  const Rows rows(builder);
  RowEncoder encoder({plan("a", ColumnType::int32, "bigint"), plan("b", ColumnType::text, "text")});
  CopyBuffer buffer;
  EXPECT_EQ(encoder.append(buffer, RowView(rows.array), 0, 7), nullptr);
  EXPECT_EQ(hex(buffer.view()),
            "0003"
            "00000004"
            "00000007"
            "00000008"
            "fffffffffffffffe"
            "ffffffff");
}

TEST(RowEncoder, NumericsAreGroupedFromThePoint) {
  RowSchema schema;
  schema.add({"n", ColumnType::decimal, true, 20, 2, ""});
  RowBuilder builder(schema);
  builder.decimal(0, {1'234'567'800, 0}); // 12345678.00
  builder.end_row();
  builder.decimal(0, {static_cast<std::uint64_t>(-5), -1}); // -0.05
  builder.end_row();
  builder.decimal(0, {0, 0});
  builder.end_row();
  const Rows rows(builder);
  RowEncoder encoder({plan("n", ColumnType::decimal, "numeric(20,2)", true, 2)});
  const auto encoded = [&](std::size_t row) {
    CopyBuffer buffer;
    EXPECT_EQ(encoder.append(buffer, RowView(rows.array), row, std::nullopt), nullptr);
    return hex(buffer.view());
  };
  EXPECT_EQ(encoded(0),
            "0001"
            "0000000c"
            "0002"
            "0001"
            "0000"
            "0002"
            "04d2"
            "162e");
  EXPECT_EQ(encoded(1),
            "0001"
            "0000000a"
            "0001"
            "ffff"
            "4000"
            "0002"
            "01f4");
  EXPECT_EQ(encoded(2),
            "0001"
            "00000008"
            "0000"
            "0000"
            "0000"
            "0002");
}

TEST(RowEncoder, ATextThatIsNoNumberIsNoNumeric) {
  RowSchema schema;
  schema.add({"n", ColumnType::text, true, 0, 0, "numeric"});
  for (const auto& [text, code] : {std::pair<std::string, std::string>("", "22P02"),
                                   {"-", "22P02"},
                                   {"+1", "22P02"},
                                   {"1.", "22P02"},
                                   {".5", "22P02"},
                                   {"1e", "22P02"},
                                   {"1e5x", "22P02"},
                                   {"NaN", "22P02"},
                                   {"1 ", "22P02"},
                                   {"1e99999999999", "22P02"},
                                   {"1e131072", "22003"},
                                   {"1e-16384", "22003"}}) {
    RowBuilder builder(schema);
    builder.text(0, text);
    builder.end_row();
    const Rows rows(builder);
    RowEncoder encoder({plan("n", ColumnType::text, "numeric")});
    CopyBuffer buffer;
    const BadValue* const bad = encoder.append(buffer, RowView(rows.array), 0, std::nullopt);
    ASSERT_NE(bad, nullptr) << text;
    EXPECT_EQ(bad->sqlstate, code) << text;
    EXPECT_EQ(buffer.size(), 0U);
  }
}

TEST(RowEncoder, ABadValueLeavesNothingOfItsRow) {
  RowSchema schema;
  schema.add({"a", ColumnType::int64, true, 0, 0, ""});
  schema.add({"b", ColumnType::text, true, 0, 0, ""});
  RowBuilder builder(schema);
  builder.int64(0, 1);
  builder.text(1, "fine");
  builder.end_row();
  builder.int64(0, 2);
  builder.text(1, "\xFF");
  builder.end_row();
  const Rows rows(builder);
  RowEncoder encoder({plan("a", ColumnType::int64, "int"), plan("b", ColumnType::text, "text")});
  CopyBuffer buffer;
  EXPECT_EQ(encoder.append(buffer, RowView(rows.array), 0, std::nullopt), nullptr);
  const std::string before(buffer.view());
  const BadValue* const bad = encoder.append(buffer, RowView(rows.array), 1, std::nullopt);
  ASSERT_NE(bad, nullptr);
  EXPECT_EQ(bad->column, 1U);
  EXPECT_EQ(bad->sqlstate, "22021");
  EXPECT_EQ(bad->text, "'b' is not valid UTF-8");
  EXPECT_EQ(buffer.view(), before);
}

// What storable_columns says of a column of these texts, null where there is none.
bool is_storable_column(const std::vector<std::optional<std::string>>& texts, ColumnType from = ColumnType::text) {
  RowSchema schema;
  schema.add({"a", from, true, 0, 0, ""});
  RowBuilder builder(schema);
  for (const std::optional<std::string>& text : texts) {
    if (text) {
      builder.text(0, *text);
    }
    builder.end_row();
  }
  const Rows rows(builder);
  const RowEncoder encoder({plan("a", from, from == ColumnType::bytes ? "bytea" : "text")});
  return encoder.storable_columns(RowView(rows.array), texts.size()).at(0);
}

TEST(RowEncoder, AColumnIsStorableWhenEachOfItsTextsIs) {
  const std::string wide(100, 'x');
  EXPECT_TRUE(is_storable_column({}));
  EXPECT_TRUE(is_storable_column({"", std::nullopt, ""}));
  EXPECT_TRUE(is_storable_column({"a", std::nullopt, "ü", wide, "😀" + wide + "😀"}));
  EXPECT_TRUE(is_storable_column({R"({"a":"ü"})"}, ColumnType::json));
  EXPECT_FALSE(is_storable_column({"a"}, ColumnType::bytes)) << "it is no text";
  EXPECT_FALSE(is_storable_column({"a", std::string(1, '\0')}));
  EXPECT_FALSE(is_storable_column({wide + "ü", std::string(1, '\0') + wide}));
  EXPECT_FALSE(is_storable_column({wide, "\xFF", wide}));
  EXPECT_FALSE(is_storable_column({"\xC3", "\xBC"})) << "together they are a character";
  EXPECT_FALSE(is_storable_column({wide + "\xC3", "\xBC" + wide}));
  EXPECT_FALSE(is_storable_column({"a", "b\xC3"}));
}

TEST(RowEncoder, WhatIsKnownToBeStorableIsWrittenTheSame) {
  RowSchema schema;
  schema.add({"a", ColumnType::text, true, 0, 0, ""});
  schema.add({"b", ColumnType::text, true, 0, 0, ""});
  RowBuilder builder(schema);
  builder.text(0, "ü");
  builder.text(1, "b");
  builder.end_row();
  builder.text(0, "x");
  builder.text(1, "\xFF");
  builder.end_row();
  const Rows rows(builder);
  const RowView view(rows.array);
  RowEncoder encoder({plan("a", ColumnType::text, "varchar(3)"), plan("b", ColumnType::text, "text")});
  const std::vector<bool> storable = encoder.storable_columns(view, 2);
  EXPECT_EQ(storable, (std::vector<bool>{true, false}));
  CopyBuffer with;
  CopyBuffer without;
  EXPECT_EQ(encoder.append(with, view, 0, std::nullopt, storable), nullptr);
  EXPECT_EQ(encoder.append(without, view, 0, std::nullopt), nullptr);
  EXPECT_EQ(hex(with.view()), hex(without.view()));
  const BadValue* const bad = encoder.append(with, view, 1, std::nullopt, storable);
  ASSERT_NE(bad, nullptr);
  EXPECT_EQ(bad->sqlstate, "22021");
  EXPECT_EQ(bad->column, 1U);
}

TEST(RowEncoder, ChecksEveryBoundOfEveryType) {
  RowSchema schema;
  schema.add({"i", ColumnType::int64, true, 0, 0, ""});
  schema.add({"n", ColumnType::decimal, true, 38, 2, ""});
  schema.add({"f", ColumnType::float64, true, 0, 0, ""});
  schema.add({"d", ColumnType::date, true, 0, 0, ""});
  schema.add({"t", ColumnType::timestamp, true, 0, 0, ""});
  const auto code = [&](const auto& set, ColumnPlan tested) -> std::string {
    RowBuilder builder(schema);
    set(builder);
    builder.end_row();
    const Rows rows(builder);
    std::vector<ColumnPlan> plans = {
        plan("i", ColumnType::int64, "bigint"), plan("n", ColumnType::decimal, "numeric", true, 2),
        plan("f", ColumnType::float64, "double precision"), plan("d", ColumnType::date, "date"),
        plan("t", ColumnType::timestamp, "timestamptz")};
    for (ColumnPlan& one : plans) {
      if (one.name == tested.name) {
        one = tested;
      }
    }
    RowEncoder encoder(plans);
    CopyBuffer buffer;
    const BadValue* const bad = encoder.append(buffer, RowView(rows.array), 0, std::nullopt);
    return bad == nullptr ? "" : std::string(bad->sqlstate);
  };
  const auto integer = [](std::int64_t value) { return [=](RowBuilder& rows) { rows.int64(0, value); }; };
  const auto decimal = [](std::int64_t value) {
    return [=](RowBuilder& rows) { rows.decimal(1, {static_cast<std::uint64_t>(value), value < 0 ? -1 : 0}); };
  };
  EXPECT_EQ(code(integer(INT32_MAX), plan("i", ColumnType::int64, "int")), "");
  EXPECT_EQ(code(integer(INT32_MAX + 1LL), plan("i", ColumnType::int64, "int")), "22003");
  EXPECT_EQ(code(integer(INT32_MIN - 1LL), plan("i", ColumnType::int64, "int")), "22003");
  EXPECT_EQ(code(integer(INT16_MIN), plan("i", ColumnType::int64, "smallint")), "");
  EXPECT_EQ(code(integer(INT16_MIN - 1), plan("i", ColumnType::int64, "smallint")), "22003");
  EXPECT_EQ(code(integer(999), plan("i", ColumnType::int64, "numeric(5,2)")), "");
  EXPECT_EQ(code(integer(-1000), plan("i", ColumnType::int64, "numeric(5,2)")), "22003");
  EXPECT_EQ(code(decimal(99'999), plan("n", ColumnType::decimal, "numeric(5,2)", true, 2)), "");
  EXPECT_EQ(code(decimal(-100'000), plan("n", ColumnType::decimal, "numeric(5,2)", true, 2)), "22003");
  EXPECT_EQ(code(decimal(99'999), plan("n", ColumnType::decimal, "numeric(7,4)", true, 2)), "");
  EXPECT_EQ(code(decimal(100'000), plan("n", ColumnType::decimal, "numeric(7,4)", true, 2)), "22003");
  EXPECT_EQ(code([](RowBuilder& rows) { rows.float64(2, 3.5e38); }, plan("f", ColumnType::float64, "real")), "22003");
  EXPECT_EQ(code([](RowBuilder& rows) { rows.float64(2, 3.4e38); }, plan("f", ColumnType::float64, "real")), "");
  EXPECT_EQ(code([](RowBuilder& rows) { rows.date(3, 2'145'042'906); }, plan("d", ColumnType::date, "date")), "22008");
  EXPECT_EQ(code([](RowBuilder& rows) { rows.date(3, -2'440'589); }, plan("d", ColumnType::date, "date")), "22008");
  EXPECT_EQ(code([](RowBuilder& rows) { rows.timestamp(4, -210'866'803'200'000'001); },
                 plan("t", ColumnType::timestamp, "timestamptz")),
            "22008");
  EXPECT_EQ(code([](RowBuilder&) {}, plan("i", ColumnType::int64, "int", false)), "23502");
}

} // namespace
} // namespace millrace::sink_postgres
