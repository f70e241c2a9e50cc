// Fields whose values are checked beyond one JSON kind: durations, addresses, versions and lists, and fields that
// another field requires.
#include <gtest/gtest.h>

#include <string>

#include "dsl/evaluate/reason_text.hpp"
#include "dsl/read/reader.hpp"
#include "dsl/values/text_form.hpp"
#include "tests/dsl/read/shape_builder.hpp"

namespace millrace::dsl {
namespace {

class TypedFieldsTest : public testing::Test {
 protected:
  Fault read(std::string_view event) {
    if (!reader_) {
      program_.seal();
      reader_.emplace(program_, program_.shapes[0]);
    }
    event_ = std::make_unique<char[]>(event.size());
    std::copy(event.begin(), event.end(), event_.get());
    const Fault fault = structure_.index({event_.get(), event.size()});
    return fault != Fault::none ? fault : reader_->read(structure_, arena_);
  }
  /// What is wrong with the event, as the sender is told; empty if nothing is.
  std::string reason(std::string_view event) {
    EXPECT_EQ(read(event), Fault::none) << event;
    if (reader_->violation().field == kNone) {
      return "";
    }
    return std::string(describe_violation(program_, program_.shapes[0], reader_->violation(), arena_));
  }
  std::string shown(const Value& value) {
    if (value.tag() != Tag::list) {
      return value.tag() == Tag::json ? "json " + std::string(value.as_text())
                                      : std::string(text_form(value, arena_).value_or("absent"));
    }
    std::string out;
    for (const Value& item : value.as_list().items) {
      out += (out.empty() ? "" : "|") + shown(item);
    }
    return "(" + out + ")";
  }
  std::string value(Index field) { return shown(reader_->value(field)); }

  ValueType list_of_type(ValueType element) {
    ValueType type{Kind::list};
    type.element = program_.add_type(element);
    return type;
  }
  Index required_when(std::string name, Index on, std::vector<Value> values, Index parent = 0,
                      ValueType type = {Kind::integer}) {
    const Index field = builder_.add(std::move(name), type, false, parent);
    ValueSet set;
    set.values = std::move(values);
    builder_.shape().fields[field].required_when = {on, program_.add_set(set)};
    return field;
  }

  Program program_;
  ShapeBuilder builder_{program_};
  std::optional<Reader> reader_;
  Structure structure_;
  Arena arena_;
  std::unique_ptr<char[]> event_;
};

TEST_F(TypedFieldsTest, TakeTheTextFormsOfDurationsAddressesAndVersions) {
  const Index age = builder_.add("age", {Kind::duration}, false);
  const Index ip = builder_.add("ip", {Kind::ip}, false);
  const Index version = builder_.add("version", {Kind::version}, false);
  EXPECT_EQ(reason(R"({"age":"-1h30m","ip":"::FFFF:10.0.0.1","version":"07.1\u002b5"})"), "");
  EXPECT_EQ(value(age), "-1h30m");
  EXPECT_EQ(value(ip), "10.0.0.1");
  EXPECT_EQ(value(version), "07.1+5");
  EXPECT_EQ(reason(R"({"age":"1.5h"})"), "`age` is \"1.5h\", which does not fit duration");
  EXPECT_EQ(reason(R"({"age":"9223372036854775808us"})"),
            "`age` is \"9223372036854775808us\", which does not fit duration");
  EXPECT_EQ(reason(R"({"age":5})"), "`age` is 5, which is no duration");
  EXPECT_EQ(reason(R"({"ip":"10.0.0.1/32"})"), "`ip` is \"10.0.0.1/32\", which does not fit ip");
  EXPECT_EQ(reason(R"({"version":7.1})"), "`version` is 7.1, which is no version");
  EXPECT_EQ(reason(R"({"version":"v7"})"), "`version` is \"v7\", which does not fit version");
  EXPECT_EQ(reason(R"({"version":null})"), "");
  EXPECT_EQ(value(version), "absent");
}

TEST_F(TypedFieldsTest, FromTextLeavesTheNamesOfAnEnumerationInForce) {
  ValueType type = builder_.one_of({"a"});
  type.wire = Wire::text;
  builder_.add("kind", type);
  EXPECT_EQ(reason(R"({"kind":"a"})"), "");
  EXPECT_EQ(reason(R"({"kind":"b"})"), "`kind` is \"b\", which is not one of \"a\"");
}

TEST_F(TypedFieldsTest, ListsHaveItemsOfTheirType) {
  const Index numbers = builder_.add("numbers", list_of_type({Kind::integer}), false);
  const Index prices = builder_.add("prices", list_of_type({.kind = Kind::decimal, .precision = 5, .scale = 2}), false);
  const Index texts = builder_.add("texts", list_of_type({Kind::text}), false);
  EXPECT_EQ(reason(R"({"numbers": [1, -2 ,3 ] ,"prices":[1,9.9,1e1],"texts":["\u0061",""]})"), "");
  EXPECT_EQ(value(numbers), "(1|-2|3)");
  EXPECT_EQ(reader_->value(numbers).as_list().json, "[1, -2 ,3 ]");
  EXPECT_EQ(value(prices), "(1.00|9.90|10.00)");
  EXPECT_EQ(value(texts), "(a|)");
  EXPECT_EQ(reason(R"({"numbers":[],"texts":null})"), "");
  EXPECT_EQ(value(numbers), "()");
  EXPECT_EQ(reader_->value(numbers).as_list().json, "[]");
  EXPECT_EQ(value(texts), "absent");
  EXPECT_EQ(value(prices), "absent");
}

TEST_F(TypedFieldsTest, AListIsWrongWhereOneItemIs) {
  const Index numbers = builder_.add("numbers", list_of_type({Kind::integer}), false);
  builder_.add("kinds", list_of_type(builder_.one_of({"a", "b"})), false);
  builder_.add("times", list_of_type({Kind::timestamp, Wire::unix_s}), false);
  EXPECT_EQ(reason(R"({"numbers":[1,"2",true]})"), "an item of `numbers` is \"2\", which is no int");
  EXPECT_EQ(reader_->violation().field, numbers);
  EXPECT_EQ(reason(R"({"numbers":[1.5]})"), "an item of `numbers` is 1.5, which does not fit int");
  EXPECT_EQ(reason(R"({"numbers":[1,null]})"), "an item of `numbers` is null and may not be absent");
  EXPECT_EQ(reason(R"({"numbers":[[1]]})"), "an item of `numbers` is [1], which is no int");
  EXPECT_EQ(reason(R"({"numbers":{"a":1}})"), "`numbers` is {\"a\":1}, which is no list<int>");
  EXPECT_EQ(reason(R"({"numbers":1})"), "`numbers` is 1, which is no list<int>");
  EXPECT_EQ(reason(R"({"numbers":"1"})"), "`numbers` is \"1\", which is no list<int>");
  EXPECT_EQ(reason(R"({"numbers":false})"), "`numbers` is false, which is no list<int>");
  EXPECT_EQ(reason(R"({"kinds":["a","c"]})"), "an item of `kinds` is \"c\", which is not one of \"a\", \"b\"");
  EXPECT_EQ(reason(R"({"kinds":["a",1]})"), "an item of `kinds` is 1, which is no string");
  EXPECT_EQ(reason(R"({"times":[0,"x"]})"), "an item of `times` is \"x\", which is no timestamp from unix_s");
}

TEST_F(TypedFieldsTest, OnlyAListOfAnythingHoldsNull) {
  const Index any = builder_.add("any", list_of_type({Kind::any}));
  builder_.add("objects", list_of_type({Kind::object}), false);
  EXPECT_EQ(reason(R"({"any":[null,1.50,"a",{"b":[]},[null],true]})"), "");
  EXPECT_EQ(value(any), "(absent|1.50|a|json {\"b\":[]}|json [null]|true)");
  EXPECT_EQ(reason(R"({"any":[],"objects":[{},null]})"), "an item of `objects` is null and may not be absent");
  EXPECT_EQ(reason(R"({"any":[],"objects":[[]]})"), "an item of `objects` is [], which is no object");
  EXPECT_EQ(reason(R"({"any":null})"), "`any` is null and may not be absent");
}

TEST_F(TypedFieldsTest, ListsMayLieInLists) {
  const Index grid = builder_.add("grid", list_of_type(list_of_type({Kind::integer})));
  const Index behind = builder_.add("behind", {Kind::text}, false);
  EXPECT_EQ(reason(R"({"grid":[[1,2],[],[3]],"behind":"x"})"), "");
  EXPECT_EQ(value(grid), "((1|2)|()|(3))");
  EXPECT_EQ(reader_->value(grid).as_list().items[0].as_list().json, "[1,2]");
  EXPECT_EQ(value(behind), "x");
  EXPECT_EQ(reason(R"({"grid":[[1],2]})"), "an item of `grid` is 2, which is no list<int>");
  EXPECT_EQ(reason(R"({"grid":[[1],["x"]]})"), "an item of `grid` is \"x\", which is no int");
  EXPECT_EQ(reason(R"({"grid":[[1],null]})"), "an item of `grid` is null and may not be absent");
}

TEST_F(TypedFieldsTest, ListsAreCheckedAsJsonToo) {
  builder_.add("l", list_of_type({Kind::any}), false);
  for (const char* event : {R"({"l":[1,]})", R"({"l":[,1]})", R"({"l":[1 2]})", R"({"l":[1})", R"({"l":[)",
                            R"({"l":[1)", R"({"l":[1,)", R"({"l":[01]})", R"({"l":[tru]})", R"({"l":["\x"]})",
                            R"({"l":[{]})", R"({"l":[[1}]})", R"({"l":[1:2]})", R"({"l":[]]})",
                            R"({"l":[)"
                            "\"a\xff\""
                            R"(]})"}) {
    EXPECT_NE(read(event), Fault::none) << event;
  }
  read(R"({"l":["\u0000"]})");
  EXPECT_TRUE(reader_->has_nul());
  read(R"({"l":[1e400000]})");
  EXPECT_TRUE(reader_->has_far_number());
}

TEST_F(TypedFieldsTest, ListsGoDownSixtyFourLevelsAndNoFurther) {
  ValueType type{Kind::any};
  for (int i = 0; i < 70; ++i) {
    type = list_of_type(type);
  }
  builder_.add("deep", type, false);
  builder_.add("flat", list_of_type({Kind::any}), false);
  const auto nested = [](std::string key, std::size_t levels) {
    return "{\"" + key + "\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  for (const char* key : {"deep", "flat"}) {
    EXPECT_EQ(read(nested(key, 64)), Fault::none);
    EXPECT_EQ(read(nested(key, 65)), Fault::too_deep);
    EXPECT_EQ(read(nested(key, 100'000)), Fault::too_deep);
  }
}

TEST_F(TypedFieldsTest, TextsOfItemsStayUntilTheArenaIsResetAndListsUntilTheNextEvent) {
  const Index list = builder_.add("l", list_of_type({Kind::text}));
  EXPECT_EQ(reason(R"({"l":["first\u0041","second"]})"), "");
  const Value kept = reader_->value(list).as_list().items[0];
  std::string many = R"({"l":["x")";
  for (int i = 0; i < 100'000; ++i) {
    many += ",\"y\"";
  }
  ASSERT_EQ(reason(many + "]}"), "");
  EXPECT_EQ(reader_->value(list).as_list().items.size(), 100'001U);
  EXPECT_EQ(shown(kept), "firstA");
  EXPECT_EQ(reason(R"({"l":["third"]})"), "");
  EXPECT_EQ(reason(R"({"l":["fourth"]})"), "");
  EXPECT_EQ(value(list), "(fourth)");
  const Value* const again = reader_->value(list).as_list().items.data();
  EXPECT_EQ(reason(R"({"l":["fifth"]})"), "");
  EXPECT_EQ(reader_->value(list).as_list().items.data(), again); // whatever the number of events
}

TEST_F(TypedFieldsTest, AFieldMayBeRequiredByAnother) {
  const Index type = builder_.add("type", builder_.one_of({"purchase", "refund", "view"}, true));
  const Index purchase =
      required_when("purchase", type, {Value::of_text("purchase"), Value::of_text("refund")}, 0, {Kind::object});
  builder_.add("amount", {Kind::integer}, true, purchase);
  const Index test = builder_.add("test", {Kind::boolean});
  required_when("why", test, {Value::of_bool(true)});
  EXPECT_EQ(reason(R"({"type":"view","test":false})"), "");
  EXPECT_EQ(reason(R"({"type":"unheard of","test":false})"), "");
  EXPECT_EQ(reason(R"({"type":"refund","test":false,"purchase":{"amount":1}})"), "");
  EXPECT_EQ(reason(R"({"type":"refund","test":false})"), "`purchase` is missing, since `type` requires it");
  EXPECT_EQ(reader_->violation().fault, Fault::missing);
  EXPECT_EQ(reader_->violation().field, purchase);
  EXPECT_EQ(reason(R"({"purchase":null,"type":"purchase","test":true,"why":1})"),
            "`purchase` is null and may not be absent, since `type` requires it");
  EXPECT_EQ(reader_->violation().fault, Fault::null);
  EXPECT_EQ(reason(R"({"type":"view","test":true})"), "`why` is missing, since `test` requires it");
  EXPECT_EQ(reason(R"({"type":"refund","test":true})"), "`purchase` is missing, since `type` requires it");
  EXPECT_EQ(reason(R"({"type":"refund","test":false,"purchase":5})"), "`purchase` is 5, which is no object");
  EXPECT_EQ(reason(R"({"type":"refund","test":false,"purchase":{}})"), "`purchase.amount` is missing");
}

TEST_F(TypedFieldsTest, AWrongDiscriminatorIsOnlyItsOwnViolation) {
  required_when("early", 2, {Value::of_text("a")});
  const Index kind = builder_.add("kind", builder_.one_of({"a", "b"}));
  ASSERT_EQ(kind, 2U);
  EXPECT_EQ(reason(R"({"kind":"a"})"), "`early` is missing, since `kind` requires it");
  EXPECT_EQ(reason(R"({"kind":"c"})"), "`kind` is \"c\", which is not one of \"a\", \"b\"");
  EXPECT_EQ(reason(R"({"kind":7})"), "`kind` is 7, which is no string");
  EXPECT_EQ(reason(R"({"kind":null})"), "`kind` is null and may not be absent");
  EXPECT_EQ(reason(R"({})"), "`kind` is missing");
  EXPECT_EQ(reason(R"({"kind":"a","kind":"a"})"), "`kind` comes twice");
}

TEST_F(TypedFieldsTest, AConditionHoldsBelowAMissingObjectToo) {
  const Index type = builder_.add("type", {Kind::text});
  const Index device = builder_.add("device", {Kind::object}, false);
  const Index os = required_when("os", type, {Value::of_text("boot")}, device);
  EXPECT_EQ(reason(R"({"type":"boot","device":{"os":1}})"), "");
  EXPECT_EQ(reason(R"({"type":"boot","device":{}})"), "`device.os` is missing, since `type` requires it");
  EXPECT_EQ(reason(R"({"type":"boot"})"), "`device.os` is missing, since `type` requires it");
  EXPECT_EQ(reader_->violation().field, os);
  EXPECT_EQ(reason(R"({"type":"boot","device":null})"), "`device.os` is missing, since `type` requires it");
  EXPECT_EQ(reason(R"({"type":"other"})"), "");
  EXPECT_EQ(reason(R"({"type":"boot","device":{"os":1},"x":1})"), "");
}

} // namespace
} // namespace millrace::dsl
