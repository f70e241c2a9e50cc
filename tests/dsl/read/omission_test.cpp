#include "dsl/read/omission.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/dsl/read/shape_builder.hpp"

namespace millrace::dsl {
namespace {

class OmissionTest : public testing::Test {
 protected:
  OmissionTest() {
    a_ = builder_.add("a", {Kind::text});
    device_ = builder_.add("device", {Kind::object});
    id_ = builder_.add("id", {Kind::text}, true, device_);
    os_ = builder_.add("os", {Kind::text}, true, device_);
    b_ = builder_.add("b", {Kind::any});
    program_.seal();
  }

  std::string without(std::vector<Index> fields, std::string_view event) {
    const Omission omission(program_.shapes[0], fields);
    EXPECT_EQ(structure_.index(event), Fault::none);
    return std::string(omission.write(structure_, arena_));
  }

  Program program_;
  ShapeBuilder builder_{program_};
  Structure structure_;
  Arena arena_;
  Index a_ = 0;
  Index b_ = 0;
  Index device_ = 0;
  Index id_ = 0;
  Index os_ = 0;
};

TEST_F(OmissionTest, AMemberGoesWithItsComma) {
  EXPECT_EQ(without({a_}, R"({"a":1,"x":2})"), R"({"x":2})");
  EXPECT_EQ(without({a_}, R"({"x":2,"a":1})"), R"({"x":2})");
  EXPECT_EQ(without({a_}, R"({"x":2,"a":1,"y":3})"), R"({"x":2,"y":3})");
  EXPECT_EQ(without({a_, b_}, R"({"a":1,"b":2,"y":3})"), R"({"y":3})");
  EXPECT_EQ(without({a_, b_}, R"({"y":3,"a":1,"b":2})"), R"({"y":3})");
  EXPECT_EQ(without({a_, b_}, R"({"a":1,"y":3,"b":2})"), R"({"y":3})");
  EXPECT_EQ(without({a_, b_}, R"({"a":1,"b":2})"), R"({})");
}

TEST_F(OmissionTest, EverythingElseStaysByteForByte) {
  EXPECT_EQ(without({a_}, "{ \"x\" : 1.0e2 ,\t\"a\" : [1, {\"a\":2}] , \"\\u0079\" : \"a,\\\"\" }\n"),
            "{ \"x\" : 1.0e2 , \"\\u0079\" : \"a,\\\"\" }\n");
  EXPECT_EQ(without({a_}, "{ \"a\" : 1 , \"x\" : 2 }"), "{ \"x\" : 2 }");
  EXPECT_EQ(without({a_}, "{ \"a\" : 1 }"), "{  }");
}

TEST_F(OmissionTest, ObjectsThatAreEmptiedStay) {
  EXPECT_EQ(without({id_, os_}, R"({"device":{"id":1,"os":2},"a":1})"), R"({"device":{},"a":1})");
  EXPECT_EQ(without({id_, a_}, R"({"a":1,"device":{"id":1,"z":{"id":2},"os":2}})"),
            R"({"device":{"z":{"id":2},"os":2}})");
}

TEST_F(OmissionTest, WhatIsNoObjectIsNotLookedInto) {
  EXPECT_EQ(without({id_}, R"({"device":[{"id":1}]})"), R"({"device":[{"id":1}]})");
  EXPECT_EQ(without({id_}, R"({"device":null})"), R"({"device":null})");
}

TEST_F(OmissionTest, KeysAreComparedUnescapedAndEachOfSeveralGoes) {
  EXPECT_EQ(without({a_}, R"({"\u0061":1,"x":0,"a":2})"), R"({"x":0})");
}

TEST_F(OmissionTest, AnEventWithoutTheFieldsIsTheEventItself) {
  const std::string_view event = R"({ "x" : 1 })";
  const std::vector<Index> fields = {a_};
  const Omission omission(program_.shapes[0], fields);
  ASSERT_EQ(structure_.index(event), Fault::none);
  EXPECT_EQ(omission.write(structure_, arena_).data(), event.data());
}

} // namespace
} // namespace millrace::dsl
