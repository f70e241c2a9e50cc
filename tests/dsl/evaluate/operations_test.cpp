// The operations that stand on lists, JSON, times, addresses, patterns and lookups. Plain comparisons are in
// expression_test.cpp.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <string>

#include "dsl/evaluate/expression.hpp"
#include "dsl/evaluate/functions.hpp"
#include "dsl/values/duration.hpp"
#include "dsl/values/ip.hpp"
#include "dsl/values/text_form.hpp"
#include "dsl/values/timestamp.hpp"
#include "tests/dsl/evaluate/program_builder.hpp"

namespace millrace::dsl {
namespace {

class OperationsTest : public testing::Test {
 protected:
  void read(std::string_view event) {
    build_.program.seal();
    reader_.emplace(build_.program, build_.program.shapes[0]);
    event_ = event;
    ASSERT_EQ(structure_.index(event_), Fault::none);
    ASSERT_EQ(reader_->read(structure_, arena_), Fault::none);
    ASSERT_EQ(reader_->violation().fault, Fault::none);
  }
  // Made for each question, since nodes may have been added to the program.
  bool test(Index node) { return Expressions(build_.program, arena_).test(node, {&*reader_, &structure_, {}}); }
  std::string value(Index node) {
    const Value value = Expressions(build_.program, arena_).value(node, {&*reader_, &structure_, {}});
    return value.tag() == Tag::json ? "json " + std::string(value.as_text())
                                    : std::string(text_form(value, arena_).value_or("absent"));
  }
  /// What the tests say of one event after the other.
  std::string answers(std::initializer_list<Index> tests, std::string_view event) {
    read(event);
    std::string out;
    for (const Index node : tests) {
      out += test(node) ? '1' : '0';
    }
    return out;
  }

  Index node(Op op, Index a, Index b = kNone, std::uint8_t detail = 0) {
    return build_.program.add_node({op, {}, a, b, detail});
  }
  Index as(Index a, Kind kind) { return build_.program.add_node({Op::read_as, {kind}, a}); }
  Index constant(Value value) { return build_.program.add_constant_node(value, {}); }
  Index text(std::string_view value) { return build_.text(value); }
  Index call(Function function, std::initializer_list<Index> arguments) {
    const std::vector<Index> all(arguments);
    const Index list = build_.program.add_list_node(Op::call, all);
    build_.program.nodes[list].detail = static_cast<std::uint8_t>(function);
    return list;
  }
  Index member(Index of, std::string_view key) { return node(Op::member, of, build_.program.add_text(key)); }
  Index element(Index depth = 0) { return node(Op::element, depth); }
  Index regex(std::string pattern) {
    build_.program.regexes.push_back({pattern, std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet)});
    return static_cast<Index>(build_.program.regexes.size() - 1);
  }
  Index ints(std::initializer_list<std::int64_t> values) {
    ValueSet set;
    for (const std::int64_t value : values) {
      set.values.push_back(Value::of_int(value));
    }
    return build_.program.add_set(set);
  }

  ProgramBuilder build_;
  Index text_ = build_.field(build_.event.add("text", {Kind::text}, false));
  Index other_ = build_.field(build_.event.add("other", {Kind::text}, false));
  Index int_ = build_.field(build_.event.add("int", {Kind::integer}, false));
  Index time_ = build_.field(build_.event.add("time", {Kind::timestamp}, false));
  Index until_ = build_.field(build_.event.add("until", {Kind::timestamp}, false));
  Index any_ = build_.field(build_.event.add("any", {Kind::any}, false));
  Index object_ = build_.field(build_.event.add("object", {Kind::object}, false));
  Arena arena_;
  Structure structure_;
  std::optional<Reader> reader_;
  std::string event_;
};

TEST_F(OperationsTest, EveryTestOnWhatIsAbsentIsFalse) {
  auto& program = build_.program;
  ValueSet set;
  set.ranges.push_back({Value::of_int(0), Value::of_int(9), false});
  set.blocks.push_back(parse_cidr("0.0.0.0/0")->block);
  const Index in = program.add_set(set);
  program.lookups.emplace_back().columns = {""};
  program.samples.push_back({"s", 10'000});
  const Index pattern = regex("");
  std::vector<Index> tests;
  for (const Op op : {Op::in_set, Op::not_in_set}) {
    tests.push_back(node(op, any_, in));
  }
  for (const Op op : {Op::in_list, Op::not_in_list}) {
    tests.push_back(node(op, text_, any_));
    tests.push_back(node(op, any_, object_));
  }
  for (const Op op : {Op::in_lookup, Op::not_in_lookup, Op::sampled, Op::not_sampled}) {
    tests.push_back(node(op, any_, 0));
  }
  for (const Op op : {Op::matches, Op::not_matches}) {
    tests.push_back(node(op, text_, pattern));
  }
  for (const Op op : {Op::is_kind, Op::is_not_kind}) {
    tests.push_back(node(op, any_, kNone, static_cast<std::uint8_t>(JsonType::string)));
  }
  for (const Op op : {Op::some, Op::every}) {
    tests.push_back(node(op, any_, build_.always()));
  }
  for (const Op op : {Op::equal, Op::unequal, Op::starts_with, Op::not_starts_with, Op::ends_with, Op::not_ends_with,
                      Op::contains, Op::not_contains}) {
    tests.push_back(node(op, text_, text(""), kIgnoringCase));
  }
  read("{}");
  for (const Index number : tests) {
    EXPECT_FALSE(test(number)) << static_cast<int>(program.nodes[number].op);
  }
}

TEST_F(OperationsTest, RangesHoldAtTheirEdges) {
  ValueSet closed;
  closed.values = {Value::of_int(100)};
  closed.ranges.push_back({Value::of_int(1), Value::of_int(3), false});
  ValueSet open;
  open.ranges.push_back({Value::of_int(1), Value::of_int(3), true});
  const Index closed_set = build_.program.add_set(closed);
  const Index open_set = build_.program.add_set(open);
  const auto row = [&](const char* event) {
    return answers({node(Op::in_set, any_, closed_set), node(Op::not_in_set, any_, closed_set),
                    node(Op::in_set, any_, open_set), node(Op::not_in_set, any_, open_set)},
                   event);
  };
  EXPECT_EQ(row(R"({"any":0.999})"), "0101");
  EXPECT_EQ(row(R"({"any":1})"), "1010");
  EXPECT_EQ(row(R"({"any":3})"), "1001");
  EXPECT_EQ(row(R"({"any":3.0001})"), "0101");
  EXPECT_EQ(row(R"({"any":100})"), "1001");
  EXPECT_EQ(row(R"({"any":"2"})"), "0101");
}

TEST_F(OperationsTest, RangesOfOtherTypesGoByTheirMeaning) {
  ValueSet set;
  set.ranges.push_back({Value::of_version("7.9"), Value::of_version("7.10"), true});
  set.ranges.push_back({Value::of_text("a"), Value::of_text("b"), true});
  set.ranges.push_back({Value::of_duration(0), Value::of_duration(1'000'000), false});
  const Index in = build_.program.add_set(set);
  const Index version = node(Op::in_set, as(text_, Kind::version), in);
  const Index plain = node(Op::in_set, text_, in);
  const Index duration = node(Op::in_set, as(text_, Kind::duration), in);
  EXPECT_EQ(answers({version, plain, duration}, R"({"text":"7.9.3"})"), "100");
  EXPECT_EQ(answers({version, plain, duration}, R"({"text":"7.10.0"})"), "000");
  EXPECT_EQ(answers({version, plain, duration}, R"({"text":"az"})"), "010");
  EXPECT_EQ(answers({version, plain, duration}, R"({"text":"1s"})"), "001");
}

TEST_F(OperationsTest, BlocksHoldAddressesOfTheirOwnVersion) {
  ValueSet set;
  set.values = {Value::of_ip(*parse_ip("192.168.0.1"))};
  set.blocks = {parse_cidr("10.0.0.0/8")->block, parse_cidr("::/0")->block};
  const Index in = build_.program.add_set(set);
  const Index ip = as(text_, Kind::ip);
  const auto row = [&](std::string_view address) {
    return answers({node(Op::in_set, ip, in), node(Op::not_in_set, ip, in)},
                   "{\"text\":\"" + std::string(address) + "\"}");
  };
  EXPECT_EQ(row("10.1.2.3"), "10");
  EXPECT_EQ(row("::ffff:10.1.2.3"), "10");
  EXPECT_EQ(row("11.1.2.3"), "01");
  EXPECT_EQ(row("2001:db8::1"), "10");
  EXPECT_EQ(row("::ffff:192.168.0.1"), "10");
  EXPECT_EQ(row("no address"), "00");
}

TEST_F(OperationsTest, IgnoringCaseFoldsBothSides) {
  ValueSet set;
  set.values = {Value::of_text("straße"), Value::of_text("k")};
  for (int i = 0; i < 20; ++i) {
    set.values.push_back(Value::of_int(i));
  }
  const Index in = build_.program.add_set(set);
  const auto row = [&](std::string_view left, std::string_view right) {
    return answers(
        {node(Op::equal, text_, other_, kIgnoringCase), node(Op::unequal, text_, other_, kIgnoringCase),
         node(Op::starts_with, text_, other_, kIgnoringCase), node(Op::ends_with, text_, other_, kIgnoringCase),
         node(Op::contains, text_, other_, kIgnoringCase), node(Op::not_contains, text_, other_, kIgnoringCase),
         node(Op::in_set, text_, in, kIgnoringCase), node(Op::not_in_set, text_, in, kIgnoringCase)},
        "{\"text\":\"" + std::string(left) + "\",\"other\":\"" + std::string(right) + "\"}");
  };
  EXPECT_EQ(row("Straße", "STRAßE"), "10111010");
  EXPECT_EQ(row("Straße", "STRASSE"), "01000110");
  EXPECT_EQ(row("Straße", "sTR"), "01101010");
  EXPECT_EQ(row("Straße", "ẞE"), "01011010");
  EXPECT_EQ(row("\u212A", "k"), "10111010");
  EXPECT_EQ(row("x", "y"), "01000101");
}

TEST_F(OperationsTest, IgnoringCaseLeavesOtherKindsAsTheyAre) {
  const Index equal = node(Op::equal, any_, build_.number(5), kIgnoringCase);
  const Index unequal = node(Op::unequal, any_, text("a"), kIgnoringCase);
  EXPECT_EQ(answers({equal, unequal}, R"({"any":5.0})"), "11");
  EXPECT_EQ(answers({equal, unequal}, R"({"any":"A"})"), "00");
}

TEST_F(OperationsTest, InAListComparesWithEachItem) {
  const Index in = node(Op::in_list, text_, any_);
  const Index not_in = node(Op::not_in_list, text_, any_);
  const Index ignoring = node(Op::in_list, text_, any_, kIgnoringCase);
  const Index number_in = node(Op::in_list, int_, any_);
  EXPECT_EQ(answers({in, not_in, ignoring, number_in}, R"({"text":"A","int":1,"any":["a",1.0]})"), "0111");
  EXPECT_EQ(answers({in, not_in, ignoring, number_in}, R"({"text":"a","int":2,"any":[null,"a"]})"), "1010");
  EXPECT_EQ(answers({in, not_in, ignoring, number_in}, R"({"text":"a","int":2,"any":[]})"), "0100");
  EXPECT_EQ(answers({in, not_in, ignoring, number_in}, R"({"text":"a","int":2,"any":"a"})"), "0000");
}

TEST_F(OperationsTest, LookupsFindKeysByWhatTheyMean) {
  Lookup& lookup = build_.program.lookups.emplace_back();
  lookup.is_record = true;
  lookup.columns = {"team", "tier"};
  lookup.keys = {Value::of_int(1), Value::of_int(2)};
  lookup.values = {Value::of_text("red"), Value::of_int(10), Value::of_text("blue"), Value()};
  lookup.rows.insert(lookup.keys[0], 0);
  lookup.rows.insert(lookup.keys[1], 1);
  const Index team = node(Op::lookup, any_, 0, 0);
  const Index tier = node(Op::lookup, any_, 0, 1);
  const Index in = node(Op::in_lookup, any_, 0);
  const Index not_in = node(Op::not_in_lookup, any_, 0);
  EXPECT_EQ(answers({in, not_in}, R"({"any":1.0})"), "10");
  EXPECT_EQ(value(team), "red");
  EXPECT_EQ(value(tier), "10");
  EXPECT_EQ(answers({in, not_in}, R"({"any":2})"), "10");
  EXPECT_EQ(value(team), "blue");
  EXPECT_EQ(value(tier), "absent");
  EXPECT_EQ(answers({in, not_in}, R"({"any":"1"})"), "01");
  EXPECT_EQ(value(team), "absent");
  EXPECT_EQ(answers({in, not_in}, "{}"), "00");
  EXPECT_EQ(value(team), "absent");
}

TEST_F(OperationsTest, PatternsAreUnanchoredAndStopAtALine) {
  const Index word = regex("b.c");
  const Index folded = regex("(?i)B");
  const Index whole = regex("^a$");
  const auto row = [&](const char* event) {
    return answers({node(Op::matches, any_, word), node(Op::not_matches, any_, word), node(Op::matches, any_, folded),
                    node(Op::matches, any_, whole)},
                   event);
  };
  EXPECT_EQ(row(R"({"any":"abxcd"})"), "1010");
  EXPECT_EQ(row(R"({"any":"ab\ncd"})"), "0110");
  EXPECT_EQ(row(R"({"any":"bäc"})"), "1010"); // one character, not one byte
  EXPECT_EQ(row(R"({"any":"a"})"), "0101");
  EXPECT_EQ(row(R"({"any":""})"), "0100");
  EXPECT_EQ(row(R"({"any":5})"), "0000");
}

TEST_F(OperationsTest, IsAsksForTheJsonKind) {
  std::vector<Index> is;
  std::vector<Index> is_not;
  for (const JsonType type :
       {JsonType::string, JsonType::number, JsonType::boolean, JsonType::list, JsonType::object}) {
    is.push_back(node(Op::is_kind, any_, kNone, static_cast<std::uint8_t>(type)));
    is_not.push_back(node(Op::is_not_kind, any_, kNone, static_cast<std::uint8_t>(type)));
  }
  const auto row = [&](const char* event) {
    return answers({is[0], is[1], is[2], is[3], is[4]}, event) + " " +
           answers({is_not[0], is_not[1], is_not[2], is_not[3], is_not[4]}, event);
  };
  EXPECT_EQ(row(R"({"any":"1"})"), "10000 01111");
  EXPECT_EQ(row(R"({"any":1e5})"), "01000 10111");
  EXPECT_EQ(row(R"({"any":false})"), "00100 11011");
  EXPECT_EQ(row(R"({"any":[{}]})"), "00010 11101");
  EXPECT_EQ(row(R"({"any":{"a":[]}})"), "00001 11110");
  EXPECT_EQ(row(R"({"any":null})"), "00000 00000");
}

TEST_F(OperationsTest, MembersAreReadFromTheJsonOfAnObject) {
  const Index a = member(object_, "a");
  const Index deep = member(member(object_, "b"), "odd \"key\"");
  const Index item = node(Op::item, member(object_, "list"), 1);
  read(R"({"object":{"a":1,"b":{"odd \u0022key\"":"x\u0041"},"list":[1,{"c":2}],"a":2.50}})");
  EXPECT_EQ(value(a), "2.50");
  EXPECT_EQ(value(deep), "xA");
  EXPECT_EQ(value(item), "json {\"c\":2}");
  EXPECT_EQ(value(member(item, "c")), "2");
  EXPECT_EQ(value(member(a, "c")), "absent");
  EXPECT_EQ(value(node(Op::item, a, 0)), "absent");
  EXPECT_EQ(value(node(Op::item, member(object_, "list"), 2)), "absent");
  read(R"({"object":{}})");
  EXPECT_EQ(value(a), "absent");
  EXPECT_EQ(value(deep), "absent");
  read("{}");
  EXPECT_EQ(value(a), "absent");
}

TEST_F(OperationsTest, NullIsToldFromMissingInsideJsonToo) {
  const Index a = member(object_, "a");
  const Index first = node(Op::item, any_, 0);
  const auto row = [&](const char* event) {
    return answers({node(Op::is_null, a), node(Op::is_not_null, a), node(Op::exists, a), node(Op::is_null, first),
                    node(Op::is_not_null, first)},
                   event);
  };
  EXPECT_EQ(row(R"({"object":{"a":null},"any":[null]})"), "10010");
  EXPECT_EQ(row(R"({"object":{"a":1},"any":[0]})"), "01101");
  EXPECT_EQ(row(R"({"object":{},"any":[]})"), "01001");
  EXPECT_EQ(row("{}"), "01001");
}

TEST_F(OperationsTest, SomeAndEveryTakeOneItemAtATime) {
  const Index price = member(element(), "price");
  const Index sku = member(element(), "sku");
  const Index dear = node(Op::greater, price, build_.number(10));
  const Index both = build_.list(Op::all_of, {dear, node(Op::starts_with, sku, text("A"))});
  const Index items = member(object_, "items");
  const auto row = [&](const char* event) {
    return answers({node(Op::some, items, both), node(Op::every, items, dear), node(Op::some, items, dear)}, event);
  };
  // One item is dear and another begins with A, none is both.
  EXPECT_EQ(row(R"({"object":{"items":[{"price":11,"sku":"B"},{"price":1,"sku":"A"}]}})"), "001");
  EXPECT_EQ(row(R"({"object":{"items":[{"price":1,"sku":"B"},{"price":11,"sku":"A1"}]}})"), "101");
  EXPECT_EQ(row(R"({"object":{"items":[{"price":12,"sku":"B"},{"price":11,"sku":"B"}]}})"), "011");
  EXPECT_EQ(row(R"({"object":{"items":[{"price":12},{"sku":"A"}]}})"), "001");
  EXPECT_EQ(row(R"({"object":{"items":[]}})"), "010");
  EXPECT_EQ(row(R"({"object":{"items":{}}})"), "000");
  EXPECT_EQ(row(R"({"object":{}})"), "000");
}

TEST_F(OperationsTest, OneQuantifierMayStandInsideAnother) {
  // some x in any satisfies (every y in x.l satisfies y == x.k)
  const Index same = node(Op::equal, element(1), member(element(0), "k"));
  const Index inner = node(Op::every, member(element(0), "l"), same, 1);
  const Index outer = node(Op::some, any_, inner, 0);
  EXPECT_EQ(answers({outer}, R"({"any":[{"k":1,"l":[1,2]},{"k":2,"l":[1,2]}]})"), "0");
  EXPECT_EQ(answers({outer}, R"({"any":[{"k":1,"l":[1,2]},{"k":2,"l":[2,2.0]}]})"), "1");
  EXPECT_EQ(answers({outer}, R"({"any":[{"k":1},{"k":2}]})"), "0");
}

TEST_F(OperationsTest, SampledIsAboutTheValueAndNotTheEvent) {
  build_.program.samples = {{"r.tap", 6664}, {"r.tap", 6665}};
  const Index below = node(Op::sampled, any_, 0);
  const Index above = node(Op::sampled, any_, 1);
  const Index not_below = node(Op::not_sampled, any_, 0);
  EXPECT_EQ(answers({below, above, not_below}, R"({"any":"d-1"})"), "011"); // bucket 6664
  EXPECT_EQ(answers({below, above, not_below}, R"({"any":{}})"), "000");
}

TEST_F(OperationsTest, TimesAreCalculatedWithinTheYears) {
  const auto duration = [&](std::string_view written) {
    return constant(Value::of_duration(*parse_duration(written)));
  };
  const Index age = node(Op::subtract, until_, time_);
  const Index next = node(Op::add, time_, duration("1h30m"));
  const Index swapped = node(Op::add, duration("1us"), time_);
  const Index previous = node(Op::subtract, time_, duration("1d"));
  const Index sum = node(Op::add, age, duration("-1s"));
  const Index difference = node(Op::subtract, age, age);
  const Index minus = node(Op::negate, age);
  const Index longer = node(Op::greater, age, duration("59m"));
  const Index far = node(Op::add, time_, constant(Value::of_duration(INT64_MAX)));
  const Index far_back = node(Op::subtract, time_, constant(Value::of_duration(INT64_MIN)));
  const Index over = node(Op::add, age, constant(Value::of_duration(INT64_MAX)));
  const Index no_minus = node(Op::negate, constant(Value::of_duration(INT64_MIN)));
  const Index nonsense[] = {node(Op::add, time_, until_), node(Op::multiply, age, age), node(Op::subtract, age, time_),
                            node(Op::add, age, build_.number(1)), node(Op::divide, age, build_.number(2))};
  read(R"({"time":"2024-06-10T08:00:00Z","until":"2024-06-10T09:00:00.5Z"})");
  EXPECT_EQ(value(age), "1h500ms");
  EXPECT_EQ(value(next), "2024-06-10T09:30:00Z");
  EXPECT_EQ(value(swapped), "2024-06-10T08:00:00.000001Z");
  EXPECT_EQ(value(previous), "2024-06-09T08:00:00Z");
  EXPECT_EQ(value(sum), "59m59s500ms");
  EXPECT_EQ(value(difference), "0s");
  EXPECT_EQ(value(minus), "-1h500ms");
  EXPECT_TRUE(test(longer));
  EXPECT_EQ(value(far), "absent");
  EXPECT_EQ(value(far_back), "absent");
  EXPECT_EQ(value(over), "absent");
  EXPECT_EQ(value(no_minus), "absent");
  for (const Index number : nonsense) {
    EXPECT_EQ(value(number), "absent");
  }
  read(R"({"time":"9999-12-31T23:00:00Z","until":"0001-01-01T00:00:00Z"})");
  EXPECT_EQ(value(next), "absent");
  EXPECT_EQ(value(node(Op::subtract, until_, duration("1us"))), "absent");
  EXPECT_EQ(value(age), "-521722w4d23h");
}

TEST_F(OperationsTest, CallsMayStandInsideCalls) {
  const Index inner = call(Function::concat, {text_, text("-"), call(Function::lower, {other_})});
  const Index outer = call(Function::concat, {inner, call(Function::length, {inner}), inner});
  const Index gone = call(Function::concat, {inner, call(Function::first, {any_}), inner});
  read(R"({"text":"A","other":"B","any":[]})");
  EXPECT_EQ(value(outer), "A-b3A-b");
  EXPECT_EQ(value(gone), "absent");
  EXPECT_EQ(value(outer), "A-b3A-b");
}

TEST_F(OperationsTest, AsReadsAnyOfEveryType) {
  ValueType list{Kind::list};
  list.element = build_.program.add_type({Kind::integer});
  const Index ints = build_.program.add_node({Op::read_as, list, any_});
  const Index count = call(Function::count, {ints});
  const Index in = node(Op::in_list, build_.number(2), ints);
  read(R"({"any":[1,"2"]})");
  EXPECT_EQ(value(count), "2");
  EXPECT_TRUE(test(in));
  read(R"({"any":[1,"x"]})");
  EXPECT_EQ(value(count), "absent");
  EXPECT_FALSE(test(in));
  read(R"({"any":"2001:DB8::"})");
  EXPECT_EQ(value(as(any_, Kind::ip)), "2001:db8::");
  EXPECT_EQ(value(as(any_, Kind::version)), "absent");
  EXPECT_EQ(value(as(any_, Kind::duration)), "absent");
}

} // namespace
} // namespace millrace::dsl
