// Rows survive the way through the Arrow structs: every type, nulls, dropped rows, offsets.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <millrace/rows.hpp>
#include <string>

namespace millrace {
namespace {

RowSchema every_type() {
  RowSchema schema;
  schema.add({"b", ColumnType::boolean, true, 0, 0, "boolean"});
  schema.add({"s", ColumnType::int16, true, 0, 0, "smallint"});
  schema.add({"i", ColumnType::int32, true, 0, 0, "int"});
  schema.add({"l", ColumnType::int64, false, 0, 0, "bigint"});
  schema.add({"f", ColumnType::float32, true, 0, 0, "real"});
  schema.add({"g", ColumnType::float64, true, 0, 0, "double precision"});
  schema.add({"d", ColumnType::decimal, true, 12, 2, "numeric(12,2)"});
  schema.add({"t", ColumnType::text, true, 0, 0, "varchar(20)"});
  schema.add({"z", ColumnType::bytes, true, 0, 0, "bytea"});
  schema.add({"j", ColumnType::json, true, 0, 0, "jsonb"});
  schema.add({"u", ColumnType::uuid, true, 0, 0, "uuid"});
  schema.add({"ts", ColumnType::timestamp, true, 0, 0, "timestamptz"});
  schema.add({"dt", ColumnType::date, true, 0, 0, "date"});
  schema.add({"du", ColumnType::duration, true, 0, 0, "interval"});
  schema.add({"ip", ColumnType::ip, true, 0, 0, "inet"});
  return schema;
}

TEST(Rows, SchemaSurvivesTheWayThroughArrow) {
  const RowSchema schema = every_type();
  const std::vector<Column> back = columns_of(schema.get());
  ASSERT_EQ(back.size(), schema.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    EXPECT_EQ(back[i].name, schema.column(i).name);
    EXPECT_EQ(back[i].type, schema.column(i).type) << back[i].name;
    EXPECT_EQ(back[i].nullable, schema.column(i).nullable) << back[i].name;
    EXPECT_EQ(back[i].sql_type, schema.column(i).sql_type);
    EXPECT_FALSE(back[i].list);
  }
  EXPECT_EQ(back[6].precision, 12);
  EXPECT_EQ(back[6].scale, 2);
}

TEST(Rows, AFormatThatRowsDoNotHaveIsNamed) {
  ArrowSchema child{};
  child.format = "+s";
  child.name = "tags";
  ArrowSchema* children[] = {&child};
  ArrowSchema top{};
  top.n_children = 1;
  top.children = children;
  try {
    columns_of(top);
    FAIL() << "a struct was taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("'tags'"), std::string::npos) << error.what();
  }
}

TEST(Rows, EveryTypeIsReadBackAsItWasWritten) {
  const RowSchema schema = every_type();
  RowBuilder rows(schema);
  const std::array<std::uint8_t, 16> uuid{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  for (int i = 0; i < 20; ++i) {
    rows.boolean(0, i % 3 == 0);
    rows.int16(1, std::numeric_limits<std::int16_t>::min());
    rows.int32(2, i);
    rows.int64(3, std::numeric_limits<std::int64_t>::max() - i);
    rows.float32(4, 0.5F);
    rows.float64(5, -1e300);
    rows.decimal(6, {~0ULL, -1});
    rows.text(7, std::string(static_cast<std::size_t>(i), 'x'));
    rows.text(8, std::string_view("\0\1", 2));
    rows.text(9, "{}");
    rows.uuid(10, uuid);
    rows.timestamp(11, -5);
    rows.date(12, 19000);
    rows.duration(13, -7);
    rows.ip(14, uuid);
    rows.end_row();
  }
  ArrowArray array{};
  rows.finish(array);
  ASSERT_EQ(array.length, 20);
  const RowView view(array);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_FALSE(view[0].is_null(i));
    EXPECT_EQ(view[0].boolean(i), i % 3 == 0) << i;
    EXPECT_EQ(view[1].int16(i), std::numeric_limits<std::int16_t>::min());
    EXPECT_EQ(view[2].int32(i), static_cast<std::int32_t>(i));
    EXPECT_EQ(view[3].int64(i), std::numeric_limits<std::int64_t>::max() - static_cast<std::int64_t>(i));
    EXPECT_EQ(view[4].float32(i), 0.5F);
    EXPECT_EQ(view[5].float64(i), -1e300);
    EXPECT_EQ(view[6].decimal(i).high, -1);
    EXPECT_EQ(view[7].text(i), std::string(i, 'x'));
    EXPECT_EQ(view[8].text(i), std::string_view("\0\1", 2));
    EXPECT_EQ(view[9].text(i), "{}");
    EXPECT_EQ(view[10].uuid(i)[15], 16);
    EXPECT_EQ(view[11].timestamp(i), -5);
    EXPECT_EQ(view[12].date(i), 19000);
    EXPECT_EQ(view[13].duration(i), -7);
    EXPECT_EQ(view[14].ip(i)[15], 16);
  }
  array.release(&array);
  EXPECT_EQ(array.release, nullptr);
}

TEST(Rows, AColumnThatWasNotSetIsNullAndOnlyThat) {
  const RowSchema schema = every_type();
  RowBuilder rows(schema);
  for (std::size_t i = 0; i < 100; ++i) {
    for (std::size_t column = 0; column < schema.size(); ++column) {
      if ((i + column) % 7 == 0) {
        continue;
      }
      switch (schema.column(column).type) {
        case ColumnType::boolean:
          rows.boolean(column, true);
          break;
        case ColumnType::int16:
          rows.int16(column, 1);
          break;
        case ColumnType::int32:
          rows.int32(column, 1);
          break;
        case ColumnType::int64:
          rows.int64(column, 1);
          break;
        case ColumnType::float32:
          rows.float32(column, 1);
          break;
        case ColumnType::float64:
          rows.float64(column, 1);
          break;
        case ColumnType::decimal:
          rows.decimal(column, {1, 0});
          break;
        case ColumnType::text:
        case ColumnType::bytes:
        case ColumnType::json:
          rows.text(column, "x");
          break;
        case ColumnType::uuid:
          rows.uuid(column, {});
          break;
        case ColumnType::timestamp:
          rows.timestamp(column, 1);
          break;
        case ColumnType::date:
          rows.date(column, 1);
          break;
        case ColumnType::duration:
          rows.duration(column, 1);
          break;
        case ColumnType::ip:
          rows.ip(column, {});
          break;
      }
    }
    rows.end_row();
  }
  ArrowArray array{};
  rows.finish(array);
  const RowView view(array);
  for (std::size_t column = 0; column < schema.size(); ++column) {
    for (std::size_t i = 0; i < 100; ++i) {
      EXPECT_EQ(view[column].is_null(i), (i + column) % 7 == 0) << schema.column(column).name << " row " << i;
    }
  }
  EXPECT_EQ(view[0].boolean(99), true);
  EXPECT_EQ(view[7].text(99), "x");
  array.release(&array);
}

TEST(Rows, ADroppedRowLeavesNoTrace) {
  const RowSchema schema = every_type();
  RowBuilder rows(schema);
  for (int i = 0; i < 30; ++i) {
    rows.boolean(0, true);
    rows.text(7, "dropped");
    rows.null(3);
    rows.drop_row();
    rows.boolean(0, i % 2 == 0);
    rows.int64(3, i);
    rows.text(7, "kept");
    rows.end_row();
  }
  EXPECT_EQ(rows.rows(), 30U);
  ArrowArray array{};
  rows.finish(array);
  const RowView view(array);
  for (std::size_t i = 0; i < 30; ++i) {
    EXPECT_EQ(view[0].boolean(i), i % 2 == 0) << i;
    EXPECT_FALSE(view[3].is_null(i)) << i;
    EXPECT_EQ(view[3].int64(i), static_cast<std::int64_t>(i));
    EXPECT_EQ(view[7].text(i), "kept");
    EXPECT_TRUE(view[1].is_null(i));
  }
  array.release(&array);
}

TEST(Rows, ABuilderBeginsAnewAfterFinish) {
  RowSchema schema;
  schema.add({"t", ColumnType::text, true, 0, 0, ""});
  RowBuilder rows(schema);
  for (int round = 0; round < 3; ++round) {
    rows.text(0, "a");
    rows.end_row();
    rows.end_row();
    ArrowArray array{};
    rows.finish(array);
    EXPECT_EQ(array.length, 2);
    EXPECT_EQ(RowView(array)[0].text(0), "a");
    EXPECT_TRUE(RowView(array)[0].is_null(1));
    array.release(&array);
    EXPECT_EQ(rows.rows(), 0U);
  }
}

RowSchema lists() {
  RowSchema schema;
  schema.add({"tags", ColumnType::text, true, 0, 0, "text[]", true});
  schema.add({"ids", ColumnType::uuid, true, 0, 0, "uuid[]", true});
  schema.add({"sums", ColumnType::decimal, false, 12, 2, "numeric(12,2)[]", true});
  schema.add({"flags", ColumnType::boolean, true, 0, 0, "boolean[]", true});
  return schema;
}

TEST(Rows, SchemaOfListsSurvivesTheWayThroughArrow) {
  const RowSchema schema = lists();
  EXPECT_STREQ(schema.get().children[0]->format, "+l");
  EXPECT_STREQ(schema.get().children[0]->children[0]->format, "u");
  const std::vector<Column> back = columns_of(schema.get());
  ASSERT_EQ(back.size(), schema.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    EXPECT_EQ(back[i].name, schema.column(i).name);
    EXPECT_EQ(back[i].type, schema.column(i).type) << back[i].name;
    EXPECT_EQ(back[i].nullable, schema.column(i).nullable) << back[i].name;
    EXPECT_EQ(back[i].sql_type, schema.column(i).sql_type);
    EXPECT_TRUE(back[i].list);
  }
  EXPECT_EQ(back[2].precision, 12);
  EXPECT_EQ(back[2].scale, 2);
}

TEST(Rows, ListsAreReadBackAsTheyWereWritten) {
  const RowSchema schema = lists();
  RowBuilder rows(schema);
  for (int round = 0; round < 2; ++round) { // the builder begins anew after finish
    for (std::size_t i = 0; i < 20; ++i) {
      if (i % 4 == 3) { // dropped again
        RowBuilder::Items dropped = rows.list(0);
        dropped.text("dropped");
        dropped.null();
        rows.list(3).boolean(true);
        rows.drop_row();
      }
      RowBuilder::Items tags = rows.list(0);
      RowBuilder::Items flags = rows.list(3);
      for (std::size_t k = 0; k < i; ++k) {
        if (k % 3 == 2) {
          tags.null();
        } else {
          tags.text(std::string(k, 'x'));
        }
        flags.boolean(k % 2 == 0);
      }
      if (i % 5 != 0) {
        rows.list(1).uuid({static_cast<std::uint8_t>(i)});
      }
      rows.list(2);
      rows.end_row();
    }
    const std::size_t bytes = rows.bytes();
    ArrowArray array{};
    rows.finish(array);
    EXPECT_GT(bytes, 200U);
    const RowView view(array);
    for (std::size_t i = 0; i < 20; ++i) {
      const auto [first, end] = view[0].list(i);
      ASSERT_EQ(end - first, i);
      const ColumnView tags = view[0].items();
      const auto flags = view[3].list(i);
      ASSERT_EQ(flags.end - flags.first, i);
      for (std::size_t k = 0; k < i; ++k) {
        EXPECT_EQ(tags.is_null(first + k), k % 3 == 2);
        EXPECT_TRUE(k % 3 == 2 || tags.text(first + k) == std::string(k, 'x'));
        EXPECT_EQ(view[3].items().boolean(flags.first + k), k % 2 == 0);
      }
      EXPECT_EQ(view[1].is_null(i), i % 5 == 0);
      EXPECT_TRUE(i % 5 == 0 || view[1].items().uuid(view[1].list(i).first)[0] == static_cast<char>(i));
      EXPECT_EQ(view[2].list(i).first, view[2].list(i).end);
      EXPECT_FALSE(view[2].is_null(i));
    }
    array.release(&array);
  }
}

TEST(Rows, AnOffsetOfTheParentShiftsEveryColumn) {
  RowSchema schema;
  schema.add({"l", ColumnType::int64, true, 0, 0, ""});
  schema.add({"t", ColumnType::text, true, 0, 0, ""});
  schema.add({"n", ColumnType::int32, true, 0, 0, "", true});
  RowBuilder rows(schema);
  for (int i = 0; i < 5; ++i) {
    rows.int64(0, i);
    rows.text(1, std::to_string(i));
    rows.list(2).int32(i);
    rows.end_row();
  }
  ArrowArray array{};
  rows.finish(array);
  array.offset = 2;
  array.length = 3;
  EXPECT_EQ(RowView(array)[0].int64(0), 2);
  EXPECT_EQ(RowView(array)[1].text(2), "4");
  const RowView view(array);
  EXPECT_EQ(view[2].items().int32(view[2].list(1).first), 3);
  array.release(&array);
}

} // namespace
} // namespace millrace
