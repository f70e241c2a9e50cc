#include "dsl/read/read_as.hpp"

#include <gtest/gtest.h>

#include <string>

#include "dsl/read/json_value.hpp"
#include "dsl/values/text_form.hpp"

namespace millrace::dsl {
namespace {

std::string text(const Value& value) {
  Arena arena;
  return std::string(text_form(value, arena).value_or("(none)"));
}

TEST(ReadAs, TakesTheValueOrExactlyItsTextForm) {
  Arena arena;
  const Program program;
  const auto as = [&](const Value& value, ValueType type) { return read_as(value, type, program, arena); };
  EXPECT_EQ(as(Value::of_text("-012"), {Kind::integer}).as_int(), -12);
  EXPECT_FALSE(as(Value::of_text("1.0"), {Kind::integer}).present());
  EXPECT_FALSE(as(Value::of_text(" 1"), {Kind::integer}).present());
  EXPECT_FALSE(as(Value::of_text("+1"), {Kind::integer}).present());
  EXPECT_EQ(as(Value::of_token("1e2"), {Kind::integer}).as_int(), 100);
  EXPECT_EQ(as(Value::of_double(3), {Kind::integer}).as_int(), 3);
  EXPECT_FALSE(as(Value::of_double(3.5), {Kind::integer}).present());
  EXPECT_FALSE(as(Value::of_double(0x1p63), {Kind::integer}).present());
  EXPECT_EQ(as(Value::of_double(-0x1p63), {Kind::integer}).as_int(), INT64_MIN);
  EXPECT_EQ(as(Value::of_text("1e2"), {Kind::floating}).as_double(), 100);
  EXPECT_EQ(text(as(Value::of_double(0.1), {Kind::decimal, Wire::natural, 5, 2})), "0.10");
  EXPECT_FALSE(as(Value::of_text("0.125"), {Kind::decimal, Wire::natural, 5, 2}).present());
  EXPECT_EQ(text(as(Value::of_int(7), {Kind::decimal, Wire::natural, 5, 2})), "7.00");
  EXPECT_FALSE(as(Value::of_int(1000), {Kind::decimal, Wire::natural, 5, 2}).present());
  EXPECT_EQ(as(Value::of_text("1970-01-01T00:00:00.000001Z"), {Kind::timestamp}).as_timestamp(), 1);
  EXPECT_TRUE(as(Value::of_text("true"), {Kind::boolean}).as_bool());
  EXPECT_FALSE(as(Value::of_text("yes"), {Kind::boolean}).present());
  EXPECT_EQ(as(Value::of_int(5), {Kind::text}).as_text(), "5");
  EXPECT_FALSE(as(Value::of_bool(true), {Kind::integer}).present());
  EXPECT_FALSE(as(Value(), {Kind::text}).present());
}

TEST(ReadAs, KeepsAValueOfTheTypeAndReadsNoOtherKind) {
  Arena arena;
  const Program program;
  const auto as = [&](const Value& value, Kind kind) { return text(read_as(value, {kind}, program, arena)); };
  const Value duration = Value::of_duration(1'000'000);
  const Value version = Value::of_version("1.0");
  EXPECT_EQ(as(duration, Kind::duration), "1s");
  EXPECT_EQ(as(duration, Kind::text), "1s");
  EXPECT_EQ(as(duration, Kind::integer), "(none)");
  EXPECT_EQ(as(version, Kind::version), "1.0");
  EXPECT_EQ(as(version, Kind::ip), "(none)");
  EXPECT_EQ(as(Value::of_text("1.2.3.4"), Kind::ip), "1.2.3.4");
  EXPECT_EQ(as(Value::of_text("5m"), Kind::duration), "5m");
  EXPECT_EQ(as(Value::of_text("7.10"), Kind::version), "7.10");
  EXPECT_EQ(as(Value::of_token("7.10"), Kind::version), "(none)");
  EXPECT_EQ(as(Value::of_token("5"), Kind::timestamp), "(none)");
  EXPECT_EQ(as(Value::of_token("7.10"), Kind::text), "7.10");
  EXPECT_EQ(as(Value::of_bool(true), Kind::text), "true");
  EXPECT_EQ(as(Value::of_json("{}"), Kind::text), "(none)");
  EXPECT_EQ(as(Value::of_json("[]"), Kind::text), "(none)");
  EXPECT_EQ(read_as(Value::of_json("{}"), {Kind::object}, program, arena).as_text(), "{}");
  EXPECT_FALSE(read_as(Value::of_json("[]"), {Kind::object}, program, arena).present());
  EXPECT_EQ(read_as(Value::of_json("[]"), {Kind::any}, program, arena).as_text(), "[]");
}

TEST(ReadAs, TakesOnlyTheNamesOfAClosedEnumeration) {
  Arena arena;
  Program program;
  program.enumerations.push_back({{"a", "b"}, false});
  program.enumerations.push_back({{"a", "b"}, true});
  ValueType closed{Kind::text};
  closed.names = 0;
  ValueType open = closed;
  open.names = 1;
  EXPECT_EQ(text(read_as(Value::of_text("b"), closed, program, arena)), "b");
  EXPECT_EQ(text(read_as(Value::of_text("c"), closed, program, arena)), "(none)");
  EXPECT_EQ(text(read_as(Value::of_text("c"), open, program, arena)), "c");
}

TEST(ReadAs, ReadsEachItemOfAList) {
  Arena arena;
  Program program;
  const auto list = [&](ValueType element) {
    ValueType type{Kind::list};
    type.element = program.add_type(element);
    return type;
  };
  const ValueType integers = list({Kind::integer});
  const ValueType lists = list(integers);
  const ValueType anything = list({Kind::any});
  const auto as = [&](const Value& value, const ValueType& type) {
    const Value read = read_as(value, type, program, arena);
    if (read.tag() != Tag::list) {
      return std::string("(none)");
    }
    std::string out;
    for (const Value& item : read.as_list().items) {
      out += item.tag() == Tag::list ? std::to_string(item.as_list().items.size()) + "," : text(item) + ",";
    }
    return out;
  };
  EXPECT_EQ(as(Value::of_json(R"([1, "2" ,3.0])"), integers), "1,2,3,");
  EXPECT_EQ(as(Value::of_json("[]"), integers), "");
  EXPECT_EQ(as(Value::of_json("[1,null]"), integers), "(none)");
  EXPECT_EQ(as(Value::of_json("[1,1.5]"), integers), "(none)");
  EXPECT_EQ(as(Value::of_json("[1,null,\"a\"]"), anything), "1,(none),a,");
  EXPECT_EQ(as(Value::of_json("[[1],[2,3],[]]"), lists), "1,2,0,");
  EXPECT_EQ(as(Value::of_json("[[1],2]"), lists), "(none)");
  EXPECT_EQ(as(Value::of_json("{}"), integers), "(none)");
  EXPECT_EQ(as(Value::of_text("[1]"), integers), "(none)");
  EXPECT_EQ(as(Value::of_int(1), integers), "(none)");
  const Value computed[] = {Value::of_text("7"), Value::of_text("08")};
  EXPECT_EQ(as(list_of(computed, {}, arena), integers), "7,8,");
}

} // namespace
} // namespace millrace::dsl
