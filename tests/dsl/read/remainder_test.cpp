#include "dsl/read/remainder.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/dsl/read/shape_builder.hpp"

namespace millrace::dsl {
namespace {

class RemainderTest : public testing::Test {
 protected:
  RemainderTest() {
    id_ = builder_.add("id", {Kind::text});
    device_ = builder_.add("device", {Kind::object});
    device_id_ = builder_.add("id", {Kind::text}, true, device_);
    builder_.add("os", {Kind::text}, true, device_);
    program_.seal();
  }

  std::string without(std::vector<Index> fields, std::string_view event) {
    const Remainder remainder(program_.shapes[0], fields);
    EXPECT_EQ(structure_.index(event), Fault::none);
    return std::string(remainder.write(structure_, arena_));
  }

  Program program_;
  ShapeBuilder builder_{program_};
  Structure structure_;
  Arena arena_;
  Index id_ = 0;
  Index device_ = 0;
  Index device_id_ = 0;
};

TEST_F(RemainderTest, KeepsWhatNobodyTookInItsOrder) {
  EXPECT_EQ(without({id_}, R"({"x":1, "id":"a", "y":[1, {"id":2}]})"), R"({"x":1,"y":[1, {"id":2}]})");
  EXPECT_EQ(without({}, R"({ "a" : null , "b" : { } })"), R"({"a":null,"b":{ }})");
  EXPECT_EQ(without({id_}, R"({"id":"a"})"), "{}");
  EXPECT_EQ(without({id_}, R"({})"), "{}");
}

TEST_F(RemainderTest, GoesIntoObjectsAndDropsThoseThatItEmpties) {
  EXPECT_EQ(without({device_id_}, R"({"device":{"id":"d","os":"ios"},"z":1})"), R"({"device":{"os":"ios"},"z":1})");
  EXPECT_EQ(without({device_id_}, R"({"a":0,"device":{"id":"d"},"z":1})"), R"({"a":0,"z":1})");
  EXPECT_EQ(without({device_id_}, R"({"device":{"id":"d"},"z":1})"), R"({"z":1})");
  EXPECT_EQ(without({device_id_}, R"({"device":{},"z":1})"), R"({"device":{},"z":1})");
  EXPECT_EQ(without({device_id_}, R"({"device":5,"id":{"id":1}})"), R"({"device":5,"id":{"id":1}})");
  EXPECT_EQ(without({device_}, R"({"device":{"id":{"id":[1]}},"z":1})"), R"({"z":1})");
}

TEST_F(RemainderTest, KeepsAnyNumberOfMembers) {
  std::string others;
  for (int i = 0; i < 500'000; ++i) {
    others += ",\"k" + std::to_string(i) + "\":{}";
  }
  EXPECT_TRUE(without({id_}, "{\"id\":\"a\"" + others + "}") == "{" + others.substr(1) + "}");
}

TEST_F(RemainderTest, KnowsAnEscapedKeyAgain) {
  EXPECT_EQ(without({id_}, R"({"i\u0064":"a","i\u0065":"b"})"), R"({"i\u0065":"b"})");
}

} // namespace
} // namespace millrace::dsl
