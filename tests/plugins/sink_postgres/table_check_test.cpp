// Whether a table is what a target needs, and what is said when it is not.
#include "plugins/sink_postgres/table_check.hpp"

#include "plugins/sink_postgres/table_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <millrace/failure.hpp>

namespace millrace::sink_postgres {
namespace {

using ::testing::HasSubstr;

struct Wanting {
  RowSchema schema;
  std::vector<mr_pair> properties;

  mr_target target(const char* name) {
    mr_target made{};
    made.name = str(name);
    made.form = MR_ROWS;
    made.schema = &schema.get();
    made.properties = properties.data();
    made.property_count = properties.size();
    return made;
  }
};

TableColumn there(const char* name, const char* type, bool not_null = false) {
  TableColumn column;
  column.name = name;
  column.type = parse_sql_type(type);
  column.type_text = type;
  column.not_null = not_null;
  return column;
}

TEST(TableCheck, ATableThatFitsHasNoDifferences) {
  Wanting wanting;
  wanting.schema.add({"id", ColumnType::int64, false, 0, 0, "bigint"});
  wanting.schema.add({"note", ColumnType::text, true, 0, 0, "varchar(5)"});
  wanting.properties = {{str("on_conflict"), str("keep_last")}, {str("primary_key"), str("id")}};
  TableDescription actual;
  actual.columns = {there("note", "text"), there("id", "bigint", true)};
  actual.unique_keys = {{"id"}};
  EXPECT_TRUE(differences(wanted_table(wanting.target("app.t")), actual).empty());
}

TEST(TableCheck, EachDifferenceIsNamedWithItsWayOut) {
  Wanting wanting;
  wanting.schema.add({"id", ColumnType::int64, false, 0, 0, "bigint"});
  wanting.schema.add({"totl", ColumnType::decimal, true, 9, 2, "numeric(9,2)"});
  wanting.schema.add({"maybe", ColumnType::text, true, 0, 0, "text"});
  wanting.schema.add({"made", ColumnType::int32, true, 0, 0, "int"});
  wanting.properties = {{str("on_conflict"), str("reject")}, {str("primary_key"), str("id")}};
  TableDescription actual;
  actual.may_insert = false;
  actual.columns = {there("id", "int", true), there("total", "numeric(9,2)"), there("maybe", "text", true),
                    there("made", "int"), there("more", "text", true)};
  actual.columns[3].generated = true;
  actual.unique_keys = {{"id", "more"}};
  std::string all;
  for (const Difference& difference : differences(wanted_table(wanting.target("app.t")), actual)) {
    all += difference.item + ": " + difference.line() + "\n";
  }
  EXPECT_EQ(
      all,
      "id: has 'id' as int, the rules write bigint: change the rules, or alter table \"app\".\"t\" alter column "
      "\"id\" type bigint\n"
      "totl: has no column 'totl' (did you mean 'total'?): alter table \"app\".\"t\" add column \"totl\" "
      "numeric(9,2)\n"
      "maybe: has 'maybe' NOT NULL, and the rules may leave it null: give it another 'else', or alter table "
      "\"app\".\"t\" alter column \"maybe\" drop not null\n"
      "made: computes its column 'made' itself (generated), so that nothing can be written there: leave it out of "
      "the rules\n"
      "more: has a column 'more' that is NOT NULL without a default, and the rules do not write it: add it to the "
      "rules, or alter table \"app\".\"t\" alter column \"more\" drop not null\n"
      "primary_key: has no primary key or unique constraint on exactly (\"id\"), by which the rules tell rows apart: "
      "alter "
      "table \"app\".\"t\" add primary key (\"id\")\n"
      ": may not be written by this role: grant select, insert, update on \"app\".\"t\" to it\n");
}

TEST(TableCheck, AColumnThatMayHoldNullThoughTheRulesNeverWriteItIsNoticedAndNoMore) {
  Wanting wanting;
  wanting.schema.add({"id", ColumnType::int64, false, 0, 0, "bigint"});
  wanting.schema.add({"note", ColumnType::text, true, 0, 0, "text"});
  TableDescription actual;
  actual.columns = {there("id", "bigint"), there("note", "text"), there("more", "text")};
  const WantedTable wanted = wanted_table(wanting.target("app.t"));
  EXPECT_TRUE(differences(wanted, actual).empty());
  EXPECT_TRUE(leftovers(wanted, actual).empty()) << "`apply` has no word about it";
  const auto found = needlessly_nullable(wanted, actual);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].item, "id");
  EXPECT_EQ(found[0].line(),
            "lets 'id' be NULL, which the rules never make it: alter table \"app\".\"t\" alter column \"id\" set not "
            "null");
}

TEST(TableCheck, AViewIsNotATable) {
  Wanting wanting;
  wanting.schema.add({"id", ColumnType::int64, false, 0, 0, "bigint"});
  TableDescription actual;
  actual.kind = 'v';
  const auto found = differences(wanted_table(wanting.target("t")), actual);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].text, HasSubstr("is a view"));
}

TEST(TableCheck, WhatNoTableCouldSatisfyIsTheTargetsFault) {
  const auto text_of = [](Wanting& wanting) -> std::string {
    try {
      wanted_table(wanting.target("t"));
    } catch (const Failure& failure) {
      return failure.what();
    }
    return "accepted";
  };
  Wanting no_columns;
  EXPECT_THAT(text_of(no_columns), HasSubstr("has no columns"));
  Wanting odd_type;
  odd_type.schema.add({"p", ColumnType::text, true, 0, 0, "point"});
  EXPECT_THAT(text_of(odd_type), HasSubstr("column 'p' is declared as 'point'"));
  Wanting wrong_pair;
  wrong_pair.schema.add({"p", ColumnType::text, true, 0, 0, "int"});
  EXPECT_THAT(text_of(wrong_pair), HasSubstr("cannot write"));
  Wanting key;
  key.schema.add({"id", ColumnType::int64, false, 0, 0, ""});
  key.properties = {{str("on_conflict"), str("keep_first")}};
  EXPECT_THAT(text_of(key), HasSubstr("on_conflict needs a primary_key"));
  key.properties = {{str("on_conflict"), str("keep_first")}, {str("primary_key"), str("ID")}};
  EXPECT_THAT(text_of(key), HasSubstr("primary_key names 'ID'"));
  key.properties = {{str("on_conflict"), str("keep_newest")}, {str("primary_key"), str("id")}};
  EXPECT_THAT(text_of(key), HasSubstr("newest_by names ''"));
  key.properties = {{str("on_conflict"), str("replace")}, {str("primary_key"), str("id")}};
  EXPECT_THAT(text_of(key), HasSubstr("'replace'; it can be keep_first"));
  Wanting wide;
  wide.schema.add({"n", ColumnType::decimal, true, 76, 2, ""});
  EXPECT_THAT(text_of(wide), HasSubstr("at most 38"));
}

TEST(TableCheck, NamesAndKeysMayHoldAnything) {
  Wanting wanting;
  wanting.schema.add({"a,b", ColumnType::int64, false, 0, 0, ""});
  wanting.schema.add({"c\"d", ColumnType::text, false, 0, 0, ""});
  wanting.properties = {{str("on_conflict"), str("keep_first")}, {str("primary_key"), str("a,,b,c\"d")}};
  const WantedTable wanted = wanted_table(wanting.target("odd \"schema\".odd.table"));
  EXPECT_EQ(wanted.key, (std::vector<std::string>{"a,b", "c\"d"}));
  EXPECT_EQ(create_table_sql(wanted).at(0),
            "create table \"odd \"\"schema\"\"\".\"odd.table\" (\n  \"a,b\" bigint not null,\n  \"c\"\"d\" text not "
            "null,\n  primary key (\"a,b\", \"c\"\"d\")\n)");
}

// A table as the rules may lay it out.
struct LaidOut : Wanting {
  LaidOut() {
    schema.add({"id", ColumnType::int64, false, 0, 0, "bigint"});
    schema.add({"at", ColumnType::timestamp, false, 0, 0, "timestamptz"});
    schema.add({"sum", ColumnType::int64, true, 0, 0, "bigint"});
    properties = {{str("dropped_columns"), str("old,older")}, {str("index.1"), str("sum,at")},
                  {str("on_conflict"), str("keep_last")},     {str("partition_by"), str("at")},
                  {str("partition_unit"), str("day")},        {str("primary_key"), str("id,at")},
                  {str("renamed_from.sum"), str("total")}};
    actual.kind = 'p';
    actual.partition_column = "at";
    actual.columns = {there("id", "bigint", true), there("at", "timestamptz", true), there("sum", "bigint")};
    actual.unique_keys = {{"at", "id"}};
    actual.indexes = {{"id", "at"}, {"sum", "at", "id"}};
  }
  std::string said() {
    std::string all;
    const WantedTable wanted = wanted_table(target("app.t"));
    for (const Difference& difference : differences(wanted, actual)) {
      all += "! " + difference.line() + "\n";
    }
    for (const Difference& difference : leftovers(wanted, actual)) {
      all += difference.line() + "\n";
    }
    return all;
  }
  TableDescription actual;
};

TEST(TableCheck, ATableThatIsLaidOutAsTheRulesSayHasNoDifferences) { EXPECT_EQ(LaidOut().said(), ""); }

TEST(TableCheck, PartitionsByAnotherColumnOrByNoneAreADifference) {
  LaidOut plain;
  plain.actual.kind = 'r';
  EXPECT_EQ(
      plain.said(),
      "! is not partitioned, and the rules say `partition by day of at`: take that out of the rules, or make a new "
      "table and move the rows\n");
  LaidOut other;
  other.actual.partition_column = "id";
  EXPECT_THAT(other.said(), HasSubstr("! is partitioned by 'id', and the rules say `partition by day of at`"));
  other.actual.partition_column = "";
  EXPECT_THAT(other.said(), HasSubstr("! is partitioned by something else, and"));
  std::erase_if(other.properties, [](const mr_pair& pair) { return view(pair.key).starts_with("partition"); });
  EXPECT_EQ(other.said(), "") << "who made its partitions looks after them";
}

TEST(TableCheck, AColumnThatHasItsOldNameIsToBeRenamed) {
  LaidOut table;
  table.actual.columns[2].name = "total";
  EXPECT_EQ(table.said(),
            "! still calls its column 'sum' 'total': alter table \"app\".\"t\" rename column \"total\" to \"sum\"\n");
}

TEST(TableCheck, AColumnThatIsNotNullAndToBeRenamedOrDroppedIsNamedOnce) {
  LaidOut table;
  table.actual.columns[2] = there("total", "bigint", true);
  table.actual.columns.push_back(there("old", "int", true));
  EXPECT_EQ(table.said(),
            "! still calls its column 'sum' 'total': alter table \"app\".\"t\" rename column \"total\" to \"sum\"\n"
            "! has a column 'old' that is NOT NULL without a default, and the rules drop it: alter table \"app\".\"t\" "
            "drop column \"old\"\n");
}

TEST(TableCheck, IndexesAndDroppedColumnsKeepNoRowsOut) {
  LaidOut table;
  table.actual.indexes = {{"id", "at"}, {"at", "sum"}};
  table.actual.columns.push_back(there("older", "int"));
  table.actual.columns.push_back(there("more", "int"));
  EXPECT_EQ(table.said(),
            "has no index on (\"sum\", \"at\"): create index on \"app\".\"t\" (\"sum\", \"at\")\n"
            "still has its column 'older', which the rules drop: alter table \"app\".\"t\" drop column \"older\"\n");
  table.properties.insert(table.properties.begin() + 1, {str("evolve"), str("frozen")});
  EXPECT_THAT(table.said(), HasSubstr("has a column 'more' that the rules do not have, and it is frozen"));
}

TEST(TableCheck, ALayoutThatNoTableCanHaveIsTheTargetsFault) {
  const auto text_of = [](const char* key, const char* value) -> std::string {
    LaidOut table;
    for (mr_pair& pair : table.properties) {
      if (view(pair.key) == key) {
        pair.value = str(value);
      }
    }
    try {
      wanted_table(table.target("app.t"));
    } catch (const Failure& failure) {
      return failure.what();
    }
    return "accepted";
  };
  EXPECT_THAT(text_of("partition_unit", "days"), HasSubstr("partition_unit is 'days'; it can be hour, day"));
  EXPECT_THAT(text_of("partition_by", "sum"),
              HasSubstr("partition_by names 'sum', which is not a timestamptz or date"));
  EXPECT_THAT(text_of("primary_key", "id"), HasSubstr("its primary_key lacks 'at'"));
  EXPECT_THAT(text_of("index.1", "sum,total"), HasSubstr("an index names 'total'"));
  LaidOut longest;
  EXPECT_NO_THROW(wanted_table(longest.target(std::string(52, 'x').c_str())));
  EXPECT_THROW(wanted_table(longest.target(std::string(53, 'x').c_str())), Failure);
}

TEST(TableCheck, WithoutADeclaredTypeTheNaturalOneIsMeant) {
  Wanting wanting;
  wanting.schema.add({"j", ColumnType::json, true, 0, 0, ""});
  wanting.schema.add({"n", ColumnType::decimal, true, 10, 3, ""});
  const WantedTable wanted = wanted_table(wanting.target("t"));
  EXPECT_EQ(to_string(wanted.columns[0].type), "jsonb");
  EXPECT_EQ(to_string(wanted.columns[1].type), "numeric(10,3)");
  EXPECT_EQ(wanted.name.text(), "public.t");
}

} // namespace
} // namespace millrace::sink_postgres
