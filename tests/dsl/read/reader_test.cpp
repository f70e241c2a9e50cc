#include "dsl/read/reader.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/dsl/read/shape_builder.hpp"

namespace millrace::dsl {
namespace {

class ReaderTest : public testing::Test {
 protected:
  Fault read(std::string_view event) {
    if (!reader_) {
      program_.seal();
      reader_.emplace(program_, program_.shapes[0]);
    }
    // An exact copy on the heap, so that AddressSanitizer sees a read past the end.
    event_ = std::make_unique<char[]>(event.size());
    std::copy(event.begin(), event.end(), event_.get());
    const Fault fault = structure_.index({event_.get(), event.size()});
    return fault != Fault::none ? fault : reader_->read(structure_, arena_);
  }
  Fault violation(std::string_view event) {
    EXPECT_EQ(read(event), Fault::none) << event;
    return reader_->violation().fault;
  }
  const Value& value(Index field) const { return reader_->value(field); }

  Program program_;
  ShapeBuilder builder_{program_};
  std::optional<Reader> reader_;
  Structure structure_;
  Arena arena_;
  std::unique_ptr<char[]> event_;
};

TEST_F(ReaderTest, FillsTheSlotsOfWantedFields) {
  const Index name = builder_.add("name", {Kind::text});
  const Index count = builder_.add("count", {Kind::integer});
  const Index ratio = builder_.add("ratio", {Kind::floating});
  const Index price = builder_.add("price", {.kind = Kind::decimal, .precision = 5, .scale = 2});
  const Index on = builder_.add("on", {Kind::boolean});
  const Index at = builder_.add("at", {Kind::timestamp});
  const Index ms = builder_.add("ms", {Kind::timestamp, Wire::unix_ms});
  const Index id = builder_.add("id", {Kind::uuid});
  const Index device = builder_.add("device", {Kind::object});
  const Index os = builder_.add("os", {Kind::text}, true, device);
  EXPECT_EQ(
      violation(R"( { "skipped" : [1, {"name": "no"}], "name":"a\nb" , "count":-5,"ratio":1e2,"price":9.9,"on":true,
    "at":"1970-01-01T00:00:01Z","ms":1500.5,"id":"00112233-4455-6677-8899-AABBCCDDEEFF","device": {"os":"ios", "x":{}} } )"),
      Fault::none);
  EXPECT_EQ(value(name).as_text(), "a\nb");
  EXPECT_EQ(value(count).as_int(), -5);
  EXPECT_EQ(value(ratio).as_double(), 100);
  EXPECT_TRUE(value(price).as_decimal().coefficient == 990);
  EXPECT_TRUE(value(on).as_bool());
  EXPECT_EQ(value(at).as_timestamp(), 1'000'000);
  EXPECT_EQ(value(ms).as_timestamp(), 1'500'500);
  EXPECT_EQ(value(id).as_uuid()[15], 0xFF);
  EXPECT_EQ(value(os).as_text(), "ios");
  EXPECT_EQ(value(device).as_text(), R"({"os":"ios", "x":{}})");
}

TEST_F(ReaderTest, ForgetsTheEventBefore) {
  const Index a = builder_.add("a", {Kind::integer}, false);
  violation(R"({"a":1})");
  EXPECT_TRUE(value(a).present());
  violation(R"({})");
  EXPECT_FALSE(value(a).present());
  EXPECT_EQ(reader_->kind(a), JsonKind::missing);
}

TEST_F(ReaderTest, SeesThroughEscapedKeys) {
  const Index type = builder_.add("type", {Kind::text});
  violation(R"({"typ\u0065":"x"})");
  EXPECT_EQ(value(type).as_text(), "x");
  EXPECT_EQ(violation(R"({"type":"a","typ\u0065":"b"})"), Fault::duplicate);
}

TEST_F(ReaderTest, RefusesADuplicateOfADeclaredFieldOnly) {
  const Index device = builder_.add("device", {Kind::object}, false);
  builder_.add("id", {Kind::text}, true, device);
  EXPECT_EQ(violation(R"({"device":{"id":"a","id":"b"}})"), Fault::duplicate);
  EXPECT_EQ(violation(R"({"device":{"id":"a"},"device":{"id":"b"}})"), Fault::duplicate);
  EXPECT_EQ(violation(R"({"device":{"id":"a"},"x":1,"x":2,"id":1,"id":2})"), Fault::none);
}

TEST_F(ReaderTest, NamesTheFirstViolationInTheOrderOfDeclaration) {
  const Index a = builder_.add("a", {Kind::integer});
  const Index b = builder_.add("b", {Kind::object});
  const Index c = builder_.add("c", {Kind::integer}, true, b);
  const Index d = builder_.add("d", {Kind::integer});
  EXPECT_EQ(violation(R"({"d":"x","b":{},"a":1})"), Fault::missing);
  EXPECT_EQ(reader_->violation().field, c);
  violation(R"({"d":"x","b":5,"a":1})");
  EXPECT_EQ(reader_->violation().field, b);
  EXPECT_EQ(reader_->violation().token, "5");
  violation(R"({"d":"x","b":{"c":1}})");
  EXPECT_EQ(reader_->violation().field, a);
  violation(R"({"d":"x","b":{"c":1},"a":3})");
  EXPECT_EQ(reader_->violation().field, d);
  EXPECT_EQ(reader_->violation().token, R"("x")");
}

TEST_F(ReaderTest, AsksForRequiredFieldsOnlyInsideObjectsThatAreThere) {
  const Index p = builder_.add("p", {Kind::object}, false);
  builder_.add("x", {Kind::integer}, true, p);
  EXPECT_EQ(violation(R"({})"), Fault::none);
  EXPECT_EQ(violation(R"({"p":null})"), Fault::none);
  EXPECT_EQ(violation(R"({"p":{}})"), Fault::missing);
}

TEST_F(ReaderTest, TellsNullFromMissing) {
  const Index optional = builder_.add("o", {Kind::integer}, false);
  EXPECT_EQ(violation(R"({"o":null})"), Fault::none);
  EXPECT_FALSE(value(optional).present());
  EXPECT_EQ(reader_->kind(optional), JsonKind::null);
}

TEST_F(ReaderTest, RefusesNullInARequiredField) {
  builder_.add("r", {Kind::integer});
  EXPECT_EQ(violation(R"({"r":null})"), Fault::null);
}

struct Wrong {
  ValueType type;
  const char* token;
  Fault fault;
};

class WrongValueTest : public ReaderTest, public testing::WithParamInterface<Wrong> {};

TEST_P(WrongValueTest, IsAViolation) {
  builder_.add("f", GetParam().type);
  EXPECT_EQ(violation(std::string(R"({"f":)") + GetParam().token + "}"), GetParam().fault) << GetParam().token;
}

INSTANTIATE_TEST_SUITE_P(
    Reader, WrongValueTest,
    testing::Values(
        Wrong{{Kind::integer}, "1.0", Fault::does_not_fit}, Wrong{{Kind::integer}, "1e3", Fault::does_not_fit},
        Wrong{{Kind::integer}, "9223372036854775808", Fault::does_not_fit},
        Wrong{{Kind::integer}, "\"1\"", Fault::wrong_type}, Wrong{{Kind::integer}, "true", Fault::wrong_type},
        Wrong{{Kind::integer}, "[1]", Fault::wrong_type}, Wrong{{Kind::integer}, "{\"a\":1}", Fault::wrong_type},
        Wrong{{Kind::floating}, "1e400", Fault::does_not_fit}, Wrong{{Kind::boolean}, "1", Fault::wrong_type},
        Wrong{{Kind::boolean}, "\"true\"", Fault::wrong_type}, Wrong{{Kind::text}, "1", Fault::wrong_type},
        Wrong{{Kind::decimal, Wire::natural, 4, 2}, "100", Fault::does_not_fit},
        Wrong{{Kind::decimal, Wire::natural, 4, 2}, "0.001", Fault::does_not_fit},
        Wrong{{Kind::decimal, Wire::natural, 4, 2}, "\"1\"", Fault::wrong_type},
        Wrong{{Kind::timestamp}, "\"2024-02-30T00:00:00Z\"", Fault::does_not_fit},
        Wrong{{Kind::timestamp}, "5", Fault::wrong_type},
        Wrong{{Kind::timestamp, Wire::unix_s}, "\"2024-02-03T00:00:00Z\"", Fault::wrong_type},
        Wrong{{Kind::timestamp, Wire::unix_s}, "1e18", Fault::does_not_fit},
        Wrong{{Kind::uuid}, "\"00112233\"", Fault::does_not_fit}, Wrong{{Kind::object}, "[]", Fault::wrong_type},
        Wrong{{Kind::integer, Wire::text}, "5", Fault::wrong_type},
        Wrong{{Kind::integer, Wire::text}, "\"5x\"", Fault::does_not_fit},
        Wrong{{Kind::boolean, Wire::text}, "true", Fault::wrong_type}));

TEST_F(ReaderTest, TakesTextFormsWhereDeclared) {
  const Index i = builder_.add("i", {Kind::integer, Wire::text});
  const Index b = builder_.add("b", {Kind::boolean, Wire::text});
  const Index d = builder_.add("d", {Kind::decimal, Wire::text, 5, 2});
  EXPECT_EQ(violation(R"({"i":"-07","b":"false","d":"1e1"})"), Fault::none);
  EXPECT_EQ(value(i).as_int(), -7);
  EXPECT_EQ(value(b).tag(), Tag::boolean);
  EXPECT_TRUE(value(d).as_decimal().coefficient == 1000);
}

TEST_F(ReaderTest, TakesOnlyListedNamesUnlessOtherIsAllowed) {
  const Index closed = builder_.add("c", builder_.one_of({"a", "b"}), false);
  const Index open = builder_.add("o", builder_.one_of({"a", "b"}, true), false);
  EXPECT_EQ(violation(R"({"c":"a","o":"zzz"})"), Fault::none);
  EXPECT_EQ(value(closed).as_text(), "a");
  EXPECT_EQ(value(open).as_text(), "zzz");
  EXPECT_EQ(violation(R"({"c":"zzz"})"), Fault::not_listed);
}

TEST_F(ReaderTest, ReadsUndeclaredFieldsAsAnyAndTheLastOneCounts) {
  const Index x = program_.undeclared_field(0, 0, "x");
  const Index y = program_.undeclared_field(0, x, "y");
  violation(R"({"x":{"y":1},"x":{"z":2}})");
  EXPECT_FALSE(value(y).present());
  EXPECT_EQ(value(x).as_text(), R"({"z":2})");
  violation(R"({"x":{"y":1,"y":2.50}})");
  EXPECT_EQ(value(y).as_text(), "2.50");
  EXPECT_EQ(value(y).tag(), Tag::token);
  violation(R"({"x":{"y":1},"x":3})");
  EXPECT_FALSE(value(y).present());
  violation(R"({"x":"t"})");
  EXPECT_EQ(value(x).tag(), Tag::text);
  violation(R"({"x":[1]})");
  EXPECT_EQ(value(x).as_text(), "[1]");
  violation(R"({"x":null})");
  EXPECT_EQ(reader_->kind(x), JsonKind::null);
}

TEST_F(ReaderTest, NotesNulAndNumbersBeyondJsonb) {
  builder_.add("a", {Kind::text}, false);
  violation(R"({"a":"x"})");
  EXPECT_FALSE(reader_->has_nul());
  for (const std::string_view event :
       {R"({"a":"\u0000"})", R"({"b":["\u0000"]})", R"({"b\u0000":1})", R"({"c":{"b\u0000":1}})"}) {
    violation(event);
    EXPECT_TRUE(reader_->has_nul()) << event;
  }
  violation(R"({"b":1e400})");
  EXPECT_FALSE(reader_->has_far_number());
  violation(R"({"b":1e400000})");
  EXPECT_TRUE(reader_->has_far_number());
  violation(R"({})");
  EXPECT_FALSE(reader_->has_far_number());
}

TEST_F(ReaderTest, ChecksAllOfTheJsonAlsoWhereNobodyLooks) {
  builder_.add("a", {Kind::any}, false);
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "{\"a\"",
                                      "{\"a\":",
                                      "{\"a\":1",
                                      "{\"a\":1}}",
                                      "{\"a\":1} x",
                                      "{\"a\":1}{}",
                                      "{\"a\" 1}",
                                      "{a:1}",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "{\"a\":,}",
                                      "{\"a\":1 \"b\":2}",
                                      "{\"x\":[1,]}",
                                      "{\"x\":[,1]}",
                                      "{\"x\":[1 2]}",
                                      "{\"x\":[1}",
                                      "{\"x\":{\"y\":1]}",
                                      "{\"x\":01}",
                                      "{\"x\":1.}",
                                      "{\"x\":.5}",
                                      "{\"x\":+1}",
                                      "{\"x\":-}",
                                      "{\"x\":1.2.3}",
                                      "{\"x\":1e}",
                                      "{\"x\":tru}",
                                      "{\"x\":truee}",
                                      "{\"x\":nul}",
                                      "{\"x\":NaN}",
                                      "{\"x\":Infinity}",
                                      "{\"x\":\"\\x\"}",
                                      "{\"x\":\"\\ud800\"}",
                                      "{\"x\":\"a\nb\"}",
                                      "{\"x\":\"",
                                      "{\"x\":\"a}",
                                      "{\"x\":\"a\"b}",
                                      "{\"x\":1\"b\"}",
                                      "{\"\\x\":1}",
                                      "{\"a\":[[[[1]]]}",
                                      "{\"x\":1\x01}",
                                      "{\"x\":1\xc3\xa9}",
                                      "{\"x\"::1}",
                                      "{\"x\":'a'}",
                                      "\xef\xbb\xbf{}",
                                      "{\"x\":{}",
                                      "{\"x\":{1:2}}",
                                      "{\"a\":\"\\ud800\"}",
                                      "{\"a\":1\xc3\xa9}",
                                      "{\"a\":tru}",
                                      "{\"a\":nulll}",
                                      "{\"a\":-}",
                                      "{\"a\":[1,2}",
                                      "{\"a\"}",
                                      "{1:2}",
                                      "{\"x\":[\"a\":1]}",
                                      "{\"x\":[}",
                                      "{\"x\":]}"}) {
    EXPECT_NE(read(text), Fault::none) << text;
  }
  EXPECT_EQ(read("{\"x\":\"\xff\"}"), Fault::bad_utf8);
  EXPECT_EQ(read("{\"x\":\"\xed\xa0\x80\"}"), Fault::bad_utf8);
  for (const std::string_view text : {"1", "\"a\"", "[{}]", "null", "nonsense"}) {
    EXPECT_EQ(read(text), Fault::not_an_object) << text;
  }
}

TEST_F(ReaderTest, SaysWhereTheTextStopsBeingJson) {
  read(R"({"a":1,"b":tru})");
  EXPECT_EQ(reader_->stopped_at(), 11U);
}

TEST_F(ReaderTest, GoesDownSixtyFourLevelsAndNoFurther) {
  builder_.add("a", {Kind::any}, false);
  const auto nested = [](std::string key, int levels) {
    return "{\"" + key + "\":" + std::string(static_cast<std::size_t>(levels - 1), '[') +
           std::string(static_cast<std::size_t>(levels - 1), ']') + "}";
  };
  for (const std::string key : {"a", "x"}) {
    EXPECT_EQ(read(nested(key, 64)), Fault::none);
    EXPECT_EQ(read(nested(key, 65)), Fault::too_deep);
    EXPECT_EQ(read(nested(key, 100'000)), Fault::too_deep);
  }
}

std::string object_of_keys(int count, const std::string& prefix, const std::string& last) {
  std::string event = "{";
  for (int i = 0; i < count; ++i) {
    event += "\"" + prefix + std::to_string(i) + "\":1,";
  }
  return event + last + "}";
}

// Were each compared with those before it, this would take minutes.
TEST_F(ReaderTest, PassesByAnyNumberOfKeysThatNobodyDeclared) {
  constexpr int kKeys = 500'000;
  const Index name = builder_.add("name", {Kind::text});
  builder_.add("other", {Kind::text}, false);
  for (const char* prefix : {"k", "name", R"(\u006b)"}) {
    ASSERT_EQ(read(object_of_keys(kKeys, prefix, R"("name":"here")")), Fault::none) << prefix;
    EXPECT_EQ(reader_->violation().fault, Fault::none);
    EXPECT_EQ(value(name).as_text(), "here");
    arena_.reset();
  }
}

TEST_F(ReaderTest, LimitsTheLengthOfKeys) {
  EXPECT_EQ(read("{\"" + std::string(1024, 'k') + "\":1}"), Fault::none);
  EXPECT_EQ(read("{\"" + std::string(1025, 'k') + "\":1}"), Fault::key_too_long);
  EXPECT_EQ(read("{\"x\":{\"" + std::string(1025, 'k') + "\":1}}"), Fault::key_too_long);
}

} // namespace
} // namespace millrace::dsl
