// Single operators, above all with what is absent or of another kind.
#include "dsl/evaluate/expression.hpp"

#include <gtest/gtest.h>

#include <string>

#include "dsl/values/text_form.hpp"
#include "tests/dsl/evaluate/program_builder.hpp"

namespace millrace::dsl {
namespace {

class ExpressionTest : public testing::Test {
 protected:
  void read(std::string_view event) {
    build_.program.seal();
    reader_.emplace(build_.program, build_.program.shapes[0]);
    expressions_.emplace(build_.program, arena_);
    event_ = event;
    ASSERT_EQ(structure_.index(event_), Fault::none);
    ASSERT_EQ(reader_->read(structure_, arena_), Fault::none);
    ASSERT_EQ(reader_->violation().fault, Fault::none);
  }
  bool test(Index node) const { return expressions_->test(node, {&*reader_, &structure_, {}}); }
  std::string value(Index node) {
    const Value value = expressions_->value(node, {&*reader_, &structure_, {}});
    return std::string(text_form(value, arena_).value_or("absent"));
  }

  ProgramBuilder build_;
  Index text_ = build_.field(build_.event.add("text", {Kind::text}, false));
  Index int_ = build_.field(build_.event.add("int", {Kind::integer}, false));
  Index float_ = build_.field(build_.event.add("float", {Kind::floating}, false));
  Index price_ = build_.field(build_.event.add("price", {Kind::decimal, Wire::natural, 10, 2}, false));
  Index flag_ = build_.field(build_.event.add("flag", {Kind::boolean}, false));
  Index any_ = build_.field(build_.event.add("any", {Kind::any}, false));
  Index gone_ = build_.field(build_.event.add("gone", {Kind::any}, false));
  Arena arena_;
  Structure structure_;
  std::optional<Reader> reader_;
  std::optional<Expressions> expressions_;
  std::string event_;
};

TEST_F(ExpressionTest, EveryTestOnWhatIsAbsentIsFalse) {
  auto& b = build_;
  const Index one = b.number(1);
  const Index x = b.text("x");
  const Index set = b.program.add_set({{Value::of_int(1)}, {}, {}});
  std::vector<Index> tests;
  for (const Op op : {Op::equal, Op::unequal, Op::less, Op::less_equal, Op::greater, Op::greater_equal}) {
    tests.push_back(b.node(op, gone_, one));
    tests.push_back(b.node(op, one, gone_));
  }
  for (const Op op :
       {Op::starts_with, Op::not_starts_with, Op::ends_with, Op::not_ends_with, Op::contains, Op::not_contains}) {
    tests.push_back(b.node(op, gone_, x));
  }
  tests.insert(tests.end(),
               {b.node(Op::in_set, gone_, set), b.node(Op::not_in_set, gone_, set), b.node(Op::is_true, gone_),
                b.node(Op::is_false, gone_), b.node(Op::exists, gone_), b.node(Op::is_null, gone_)});
  read("{}");
  for (const Index node : tests) {
    EXPECT_FALSE(test(node)) << static_cast<int>(b.program.nodes[node].op);
  }
}

TEST_F(ExpressionTest, ExistsAndIsNullTellMissingFromNull) {
  auto& b = build_;
  const Index exists = b.node(Op::exists, int_);
  const Index not_exists = b.node(Op::not_exists, int_);
  const Index null = b.node(Op::is_null, int_);
  const Index not_null = b.node(Op::is_not_null, int_);
  read(R"({"int":null})");
  EXPECT_FALSE(test(exists));
  EXPECT_TRUE(test(not_exists));
  EXPECT_TRUE(test(null));
  EXPECT_FALSE(test(not_null));
  read("{}");
  EXPECT_FALSE(test(exists));
  EXPECT_FALSE(test(null));
  EXPECT_TRUE(test(not_null));
  read(R"({"int":0})");
  EXPECT_TRUE(test(exists));
  EXPECT_FALSE(test(null));
}

TEST_F(ExpressionTest, ComparisonsHoldAtTheirEdges) {
  auto& b = build_;
  const Index five = b.number(5);
  const auto holds = [&](Op op, Index left) { return b.node(op, left, five); };
  const Index tests[] = {holds(Op::less, int_),    holds(Op::less_equal, int_),    holds(Op::equal, int_),
                         holds(Op::unequal, int_), holds(Op::greater_equal, int_), holds(Op::greater, int_)};
  const auto row = [&](const char* event) {
    read(event);
    std::string out;
    for (const Index node : tests) {
      out += test(node) ? '1' : '0';
    }
    return out;
  };
  EXPECT_EQ(row(R"({"int":4})"), "110100");
  EXPECT_EQ(row(R"({"int":5})"), "011010");
  EXPECT_EQ(row(R"({"int":6})"), "000111");
}

TEST_F(ExpressionTest, AnyOfAnotherKindIsUnequalAndNothingElse) {
  auto& b = build_;
  const Index equal = b.node(Op::equal, any_, b.text("5"));
  const Index unequal = b.node(Op::unequal, any_, b.text("5"));
  const Index number = b.node(Op::equal, any_, b.number(5));
  const Index less = b.node(Op::less, any_, b.number(9));
  const Index starts = b.node(Op::starts_with, any_, b.text("5"));
  const Index in = b.node(Op::in_set, any_, b.program.add_set({{Value::of_text("5"), Value::of_int(7)}, {}, {}}));
  const Index not_in = b.node(Op::not_in_set, any_, b.program.nodes[in].b);
  read(R"({"any":"5"})");
  EXPECT_TRUE(test(equal) && !test(unequal) && !test(number) && !test(less) && test(starts) && test(in) &&
              !test(not_in));
  read(R"({"any":5.0})");
  EXPECT_TRUE(!test(equal) && test(unequal) && test(number) && test(less) && !test(starts) && !test(in) &&
              test(not_in));
  read(R"({"any":7})");
  EXPECT_TRUE(test(in) && !test(not_in));
  read(R"({"any":[5]})");
  EXPECT_TRUE(!test(equal) && test(unequal) && !test(number) && !test(less) && !test(starts) && !test(in) &&
              test(not_in));
}

TEST_F(ExpressionTest, LongListsAndShortOnesAgree) {
  auto& b = build_;
  std::vector<Value> values;
  for (int i = 0; i < 100; i += 2) {
    values.push_back(Value::of_int(i));
  }
  const Index in = b.node(Op::in_set, int_, b.program.add_set({values, {}, {}}));
  const Index not_in = b.node(Op::not_in_set, int_, b.program.nodes[in].b);
  for (int i = -1; i < 101; ++i) {
    read("{\"int\":" + std::to_string(i) + "}");
    EXPECT_EQ(test(in), i >= 0 && i < 100 && i % 2 == 0) << i;
    EXPECT_NE(test(in), test(not_in));
  }
}

TEST_F(ExpressionTest, CoalesceTakesTheFirstThatIsThere) {
  auto& b = build_;
  const Index node = b.node(Op::coalesce, gone_, b.node(Op::coalesce, text_, b.text("last")));
  read(R"({"text":""})");
  EXPECT_EQ(value(node), "");
  read(R"({"text":null})");
  EXPECT_EQ(value(node), "last");
  const Index flag = b.node(Op::coalesce, flag_, b.program.add_constant_node(Value::of_bool(true), {Kind::boolean}));
  const Index is_false = b.node(Op::is_false, flag);
  read(R"({"flag":false})");
  EXPECT_EQ(value(flag), "false");
  EXPECT_FALSE(test(flag));
  EXPECT_TRUE(test(is_false));
}

TEST_F(ExpressionTest, CalculatesExactlyUntilAFloatComesIn) {
  auto& b = build_;
  const auto decimal = [&](std::string_view token) {
    return b.program.add_constant_node(Value::of_decimal(*decimal_from_token(token)), {Kind::decimal});
  };
  const Index sum = b.node(Op::add, price_, decimal("0.1"));
  const Index share = b.node(Op::divide, int_, b.number(3));
  const Index product = b.node(Op::multiply, int_, b.number(INT64_MAX));
  const Index mixed = b.node(Op::subtract, float_, price_);
  const Index nothing = b.node(Op::divide, int_, b.number(0));
  const Index huge = b.node(Op::multiply, float_, float_);
  const Index minus = b.node(Op::negate, price_);
  const Index absent = b.node(Op::add, gone_, int_);
  const Index of_any = b.node(Op::multiply, any_, b.number(2));
  read(R"({"price":9.9,"int":10,"float":1e200,"any":1.25})");
  EXPECT_EQ(value(sum), "10");
  EXPECT_EQ(value(share), "3." + std::string(37, '3'));
  EXPECT_EQ(value(product), "92233720368547758070");
  EXPECT_EQ(value(mixed), "1e+200");
  EXPECT_EQ(value(nothing), "absent");
  EXPECT_EQ(value(huge), "absent");
  EXPECT_EQ(value(minus), "-9.9");
  EXPECT_EQ(value(absent), "absent");
  EXPECT_EQ(value(of_any), "2.5");
}

TEST_F(ExpressionTest, ConcatIsAbsentWhenAPartIs) {
  auto& b = build_;
  const Index inner = b.list(Op::concat, {text_, b.text("/"), int_});
  const Index outer = b.list(Op::concat, {inner, inner, price_});
  const Index gone = b.list(Op::concat, {inner, gone_});
  read(R"({"text":"t","int":-1,"price":5})");
  EXPECT_EQ(value(outer), "t/-1t/-15.00");
  EXPECT_EQ(value(gone), "absent");
}

TEST_F(ExpressionTest, AConditionIsAValueThatIsNeverAbsent) {
  auto& b = build_;
  const Index node = b.node(Op::as_boolean, b.node(Op::equal, gone_, b.number(1)));
  read("{}");
  EXPECT_EQ(value(node), "false");
}

TEST_F(ExpressionTest, TextTestsLookAtBytes) {
  auto& b = build_;
  const Index starts = b.node(Op::starts_with, text_, b.text("\xc3\xa4"));
  const Index ends = b.node(Op::ends_with, text_, b.text("z"));
  const Index contains = b.node(Op::contains, text_, b.text(""));
  const Index not_contains = b.node(Op::not_contains, text_, b.text("q"));
  read("{\"text\":\"\\u00e4 to z\"}");
  EXPECT_TRUE(test(starts) && test(ends) && test(contains) && test(not_contains));
}

} // namespace
} // namespace millrace::dsl
