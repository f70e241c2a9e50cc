// Types as rules and catalogue say them, and which can stand for which.
#include "plugins/sink_postgres/sql_type.hpp"

#include <gtest/gtest.h>

namespace millrace::sink_postgres {
namespace {

SqlType type(const char* text) { return parse_sql_type(text).value(); }

TEST(SqlType, IsReadInEverySpelling) {
  EXPECT_EQ(to_string(type("varchar(20)")), "varchar(20)");
  EXPECT_EQ(to_string(type(" Character  Varying ( 20 ) ")), "varchar(20)");
  EXPECT_EQ(to_string(type("char")), "char(1)");
  EXPECT_EQ(to_string(type("bpchar")), "bpchar");
  EXPECT_EQ(to_string(type("INT")), "integer");
  EXPECT_EQ(to_string(type("double   precision")), "double precision");
  EXPECT_EQ(to_string(type("numeric(12, 2)")), "numeric(12,2)");
  EXPECT_EQ(to_string(type("decimal(9)")), "numeric(9,0)");
  EXPECT_EQ(to_string(type("numeric")), "numeric");
  EXPECT_EQ(to_string(type("timestamp with time zone")), "timestamptz");
  EXPECT_EQ(to_string(type("jsonb")), "jsonb");
  EXPECT_EQ(to_string(type("Interval")), "interval");
  EXPECT_EQ(to_string(type("inet")), "inet");
  EXPECT_EQ(to_string(type("text [ ]")), "text[]");
  EXPECT_EQ(to_string(type("character varying(20)[]")), "varchar(20)[]");
  EXPECT_EQ(to_string(type("char[]")), "char(1)[]");
  EXPECT_EQ(to_string(type("double precision[]")), "double precision[]");
}

TEST(SqlType, RefusesWhatThisSinkDoesNotWrite) {
  for (const char* text : {"", "point", "int(4)", "varchar(0)", "varchar(x)", "varchar(2", "numeric(1,2,3)", "text(3)",
                           "varchar(1,2)", "timestamp", "integer[][]", "[]", "interval(3)", "cidr"}) {
    EXPECT_FALSE(parse_sql_type(text).has_value()) << text;
  }
}

TEST(SqlType, IsReadFromTheCatalogue) {
  EXPECT_EQ(sql_type_of(1043, 24), type("varchar(20)"));
  EXPECT_EQ(sql_type_of(1043, -1), type("varchar"));
  EXPECT_EQ(sql_type_of(1700, (12 << 16 | 2) + 4), type("numeric(12,2)"));
  EXPECT_EQ(sql_type_of(1700, -1), type("numeric"));
  EXPECT_EQ(sql_type_of(3802, -1), type("jsonb"));
  EXPECT_EQ(sql_type_of(1186, -1), type("interval"));
  EXPECT_EQ(sql_type_of(869, -1), type("inet"));
  EXPECT_EQ(sql_type_of(1009, -1), type("text[]"));
  EXPECT_EQ(sql_type_of(1015, 24), type("varchar(20)[]"));
  EXPECT_EQ(sql_type_of(1231, (12 << 16 | 2) + 4), type("numeric(12,2)[]"));
  EXPECT_EQ(sql_type_of(600, -1), std::nullopt);
  EXPECT_EQ(sql_type_of(1700, (3 << 16 | (-2 & 0x7FF)) + 4)->scale, -2);
}

TEST(SqlType, AWiderOneHoldsANarrowerAndNeverTheReverse) {
  const std::pair<const char*, const char*> wider[] = {{"bigint", "int"},
                                                       {"int", "smallint"},
                                                       {"numeric", "bigint"},
                                                       {"numeric(19,0)", "bigint"},
                                                       {"double precision", "real"},
                                                       {"text", "varchar(20)"},
                                                       {"varchar(21)", "varchar(20)"},
                                                       {"varchar", "varchar(20)"},
                                                       {"numeric", "numeric(5,2)"},
                                                       {"numeric(6,2)", "numeric(5,2)"},
                                                       {"numeric(12,2)", "int"},
                                                       {"bigint[]", "int[]"},
                                                       {"text[]", "varchar(3)[]"}};
  for (const auto& [wide, narrow] : wider) {
    EXPECT_TRUE(holds(type(wide), type(narrow))) << wide << " " << narrow;
    EXPECT_FALSE(holds(type(narrow), type(wide))) << narrow << " " << wide;
  }
  for (const auto& [a, b] : {std::pair("numeric(6,3)", "numeric(5,2)"),
                             {"numeric(11,2)", "int"},
                             {"char(3)", "char(2)"},
                             {"varchar(3)", "char(3)"},
                             {"json", "jsonb"},
                             {"text", "int"},
                             {"date", "timestamptz"},
                             {"text", "text[]"},
                             {"text[]", "text"}}) {
    EXPECT_FALSE(holds(type(a), type(b))) << a << " " << b;
  }
  EXPECT_TRUE(holds(type("text"), type("varchar")) && holds(type("varchar"), type("text"))) << "two names of one thing";
}

} // namespace
} // namespace millrace::sink_postgres
