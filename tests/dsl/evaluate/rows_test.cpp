// Events that become rows, of a log's topic or right after they were routed.
#include <gtest/gtest.h>

#include <string>

#include "dsl/values/text_form.hpp"
#include "tests/dsl/evaluate/program_builder.hpp"

namespace millrace::dsl {
namespace {

class RowsTest : public testing::Test {
 protected:
  const Decision& run(std::string_view event, const Meta& meta, dsl::Run what) {
    if (!evaluator_) {
      build_.program.seal();
      evaluator_.emplace(build_.program, what);
    }
    event_ = event;
    return evaluator_->evaluate(event_, meta);
  }
  /// `table(cell, cell)` for each row, or the reason.
  std::string rows(std::string_view event, std::string_view topic = "t") {
    return rows_of(run(event, {topic, 0, {}}, {kNone, true}));
  }
  std::string rows_of(const Decision& decision) {
    if (decision.outcome == Outcome::rejected || decision.outcome == Outcome::invalid) {
      const Reason& reason = decision.reason;
      return std::string(reason.code()) + " " + std::string(reason.rule) + " " + std::string(reason.path) + ": " +
             std::string(reason.text);
    }
    std::string out = decision.outcome == Outcome::dropped ? "dropped" : "";
    for (const Row& row : decision.rows) {
      out += build_.program.tables[row.table].name + "(";
      for (const Value& cell : row.cells) {
        out += &cell == row.cells.data() ? "" : ", ";
        out += cell.tag() == Tag::json ? std::string(cell.as_text())
                                       : std::string(text_form(cell, arena_).value_or("NULL"));
      }
      out += ")";
    }
    return out;
  }

  ProgramBuilder build_;
  Index id_ = build_.event.add("id", {Kind::integer});
  Index name_ = build_.event.add("name", {Kind::text}, false);
  Index topic_ = build_.topic("t");
  std::optional<Evaluator> evaluator_;
  Arena arena_;
  std::string event_;
};

TEST_F(RowsTest, ColumnsTakeValuesOrWhatElseSays) {
  auto& b = build_;
  b.table("x", topic_).columns = {
      b.column("id", {SqlKind::smallint}, b.field(id_), Column::Else::constant, b.number(-1)),
      b.column("a", {.kind = SqlKind::varchar, .length = 3}, b.field(name_), Column::Else::null),
      b.column("b", {.kind = SqlKind::varchar, .length = 3}, b.field(name_), Column::Else::constant, b.text("?"))};
  EXPECT_EQ(rows(R"({"id":5,"name":"abc"})"), "x(5, abc, abc)");
  EXPECT_EQ(rows(R"({"id":50000,"name":"abcd"})"), "x(-1, NULL, ?)");
  EXPECT_EQ(rows(R"({"id":5})"), "x(5, NULL, ?)");
}

TEST_F(RowsTest, WhatCannotBeStoredIsRejectedAsAWhole) {
  auto& b = build_;
  b.table("fine", topic_).columns = {b.column("id", {SqlKind::bigint}, b.field(id_))};
  b.table("x", topic_).columns = {b.column("id", {SqlKind::smallint}, b.field(id_), Column::Else::reject),
                                  b.column("name", {SqlKind::text}, b.field(name_), Column::Else::reject)};
  EXPECT_EQ(rows(R"({"id":5,"name":"a"})"), "fine(5)x(5, a)");
  EXPECT_EQ(rows(R"({"id":5})"), "R0401 app.x name: column `name` has no value");
  EXPECT_EQ(rows(R"({"id":70000,"name":"a"})"), "R0402 app.x id: column `id`: 70000 does not fit smallint");
  EXPECT_EQ(rows(R"({"id":5,"name":"a\u0000"})"),
            "R0403 app.x name: column `name`: PostgreSQL stores no \\u0000 in text");
  EXPECT_TRUE(run(R"({"id":5})", {"t", 0, {}}, {}).rows.empty());
}

TEST_F(RowsTest, ATableMayNameATopicForWhatItRefuses) {
  auto& b = build_;
  const Index dlq = b.topic("dlq");
  b.table("x", topic_).columns = {b.column("id", {SqlKind::smallint}, b.field(id_), Column::Else::reject)};
  b.program.tables.back().dead_letter = dlq;
  b.table("y", topic_).columns = {b.column("name", {SqlKind::text}, b.field(name_), Column::Else::reject)};
  EXPECT_EQ(run(R"({"id":70000,"name":"a"})", {"t", 0, {}}, {kNone, true}).dead_letter, dlq);
  EXPECT_EQ(run(R"({"id":7})", {"t", 0, {}}, {kNone, true}).dead_letter, kNone);
  EXPECT_EQ(run(R"({"id":"7"})", {"t", 0, {}}, {kNone, true}).dead_letter, kNone) << "it is no event of the topic";
}

TEST_F(RowsTest, NulIsRejectedEvenWhereElseWouldGiveNull) {
  auto& b = build_;
  b.table("x", topic_).columns = {b.column("name", {SqlKind::text}, b.field(name_), Column::Else::null)};
  EXPECT_EQ(rows(R"({"id":5,"name":"\u0000"})").substr(0, 5), "R0403");
}

TEST_F(RowsTest, PayloadAndUnmappedAreJson) {
  auto& b = build_;
  b.program.field_sets.push_back({id_});
  b.table("x", topic_).columns = {b.column("p", {SqlKind::jsonb}, b.node(Op::payload)),
                                  b.column("u", {SqlKind::jsonb}, b.node(Op::unmapped, 0))};
  EXPECT_EQ(rows(R"({"id":5, "z":[1, 2]})"), R"(x({"id":5, "z":[1, 2]}, {"z":[1, 2]}))");
  EXPECT_EQ(rows(R"({"id":5,"z":"\u0000"})").substr(0, 5), "R0403");
  EXPECT_EQ(rows(R"({"id":5,"z":1e999999})"), "R0404 app.x p: column `p`: a number in it is beyond what jsonb stores");
  EXPECT_EQ(rows(R"({"id":5,"z":1e999})"), R"(x({"id":5,"z":1e999}, {"z":1e999}))");
}

TEST_F(RowsTest, ListsOfOneEventStayWhileTheNextIsRead) {
  auto& b = build_;
  ValueType type{Kind::list};
  type.element = b.program.add_type({Kind::text});
  const Index list = b.field(b.event.add("list", type, false));
  b.table("x", topic_).columns = {b.column("a", {.kind = SqlKind::text, .array = true}, list),
                                  b.column("j", {SqlKind::jsonb}, list)};
  const std::string first = R"({"id":1,"list":["o\u006ee","two"]})";
  const std::string second = R"({"id":2,"list":["three","four"]})";
  b.program.seal();
  evaluator_.emplace(b.program, dsl::Run{kNone, true});
  const Decision& decision = evaluator_->evaluate(first, {"t", 0, {}});
  ASSERT_EQ(decision.rows.size(), 1U);
  const Value array = decision.rows[0].cells[0];
  const Value json = decision.rows[0].cells[1];
  ASSERT_EQ(evaluator_->evaluate(second, {"t", 0, {}}).rows.size(), 1U);
  ASSERT_EQ(array.as_list().items.size(), 2U);
  EXPECT_EQ(array.as_list().items[0].as_text(), "one");
  EXPECT_EQ(array.as_list().items[1].as_text(), "two");
  EXPECT_EQ(json.as_text(), R"(["o\u006ee","two"])");
}

TEST_F(RowsTest, NumbersOfATextThatIsReadAsJsonAreSeenToAsWell) {
  auto& b = build_;
  const Index json = b.list(Op::call, {b.field(name_)});
  b.program.nodes[json].detail = static_cast<std::uint8_t>(Function::json);
  b.table("x", topic_).columns = {b.column("p", {SqlKind::jsonb}, json)};
  EXPECT_EQ(rows(R"({"id":5,"name":"[1e9, \"a\"]"})"), "x([1e9, \"a\"])");
  EXPECT_EQ(rows(R"({"id":5,"name":"[1e999999]"})"),
            "R0404 app.x p: column `p`: a number in it is beyond what jsonb stores");
  EXPECT_EQ(rows(R"({"id":5,"name":"[\"\\u0000\"]"})"),
            "R0403 app.x p: column `p`: PostgreSQL stores no \\u0000 in jsonb");
}

TEST_F(RowsTest, AnyGoesToJsonbAsItWas) {
  auto& b = build_;
  const Index any = b.event.add("any", {Kind::any}, false);
  b.table("x", topic_).columns = {b.column("j", {SqlKind::jsonb}, b.field(any), Column::Else::null)};
  EXPECT_EQ(rows(R"({"id":1,"any":"a\"b"})"), R"(x("a\"b"))");
  EXPECT_EQ(rows(R"({"id":1,"any":1.50})"), "x(1.50)");
  EXPECT_EQ(rows(R"({"id":1,"any":true})"), "x(true)");
  EXPECT_EQ(rows(R"({"id":1,"any":[{}]})"), "x([{}])");
  EXPECT_EQ(rows(R"({"id":1,"any":null})"), "x(NULL)");
}

TEST_F(RowsTest, WhereAndTheTopicChooseTheTables) {
  auto& b = build_;
  b.table("small", topic_).columns = {b.column("id", {SqlKind::bigint}, b.field(id_))};
  b.program.tables.back().where = b.node(Op::less, b.field(id_), b.number(10));
  b.table("wide", b.topic("u.*")).columns = {b.column("id", {SqlKind::bigint}, b.field(id_))};
  EXPECT_EQ(rows(R"({"id":5})"), "small(5)");
  EXPECT_EQ(rows(R"({"id":50})"), "dropped");
  EXPECT_EQ(rows(R"({"id":5})", "u.a"), "wide(5)");
  EXPECT_EQ(rows(R"({"id":5})", "u."), "dropped");
  EXPECT_EQ(rows(R"({"id":5})", "elsewhere"), "dropped");
}

TEST_F(RowsTest, OnePipelineRoutesAndThenLoadsEachTopicsTables) {
  auto& b = build_;
  const Index other = b.topic("other");
  b.table("x", topic_).columns = {
      b.column("id", {SqlKind::smallint}, b.field(id_), Column::Else::reject),
      b.column("topic", {SqlKind::text}, b.node(Op::meta_topic)),
      b.column("h", {SqlKind::text}, b.node(Op::meta_header, b.program.add_text("h")), Column::Else::null)};
  b.table("y", other).columns = {b.column("topic", {SqlKind::text}, b.node(Op::meta_topic))};
  Router& router = b.router();
  router.dead_letter = b.topic("dlq");
  Target to_t = b.to(topic_);
  to_t.headers = {{b.program.add_text("h"), b.field(name_), Otherwise::skip}};
  router.rules = {b.rule(RuleKind::route, "both", b.node(Op::greater, b.field(id_), b.number(0)), {to_t, b.to(other)})};
  router.otherwise = {b.to(b.topic("nowhere"))};
  const dsl::Run both{0, true};
  EXPECT_EQ(rows_of(run(R"({"id":5,"name":"n"})", {}, both)), "x(5, t, n)y(other)");
  EXPECT_EQ(rows_of(run(R"({"id":5})", {}, both)), "x(5, t, NULL)y(other)");
  EXPECT_EQ(run(R"({"id":-1})", {}, both).messages.size(), 1U);
  EXPECT_TRUE(run(R"({"id":-1})", {}, both).rows.empty());
  const Decision& rejected = run(R"({"id":70000})", {}, both);
  EXPECT_EQ(rejected.outcome, Outcome::rejected);
  EXPECT_TRUE(rejected.messages.empty());
  EXPECT_EQ(rejected.dead_letter, router.dead_letter);
}

TEST_F(RowsTest, AnEventIsReadOnceForEachShapeThatItsTablesHave) {
  auto& b = build_;
  ShapeBuilder second(b.program, "second");
  const Index size = second.add("size", {Kind::integer});
  Topic topic;
  topic.name = "s";
  topic.shape = second.number();
  b.program.topics.push_back(topic);
  const auto s = static_cast<Index>(b.program.topics.size() - 1);
  b.table("x", topic_).columns = {b.column("id", {SqlKind::bigint}, b.field(id_))};
  Table& table = b.table("y", s);
  table.shape = second.number();
  table.columns = {b.column("size", {SqlKind::bigint}, b.program.add_node({Op::field, {Kind::integer}, size, kNone}))};
  EXPECT_EQ(rows(R"({"id":5,"size":6})"), "x(5)");
  EXPECT_EQ(rows(R"({"id":5,"size":6})", "s"), "y(6)");
  EXPECT_EQ(rows(R"({"id":5})", "s").substr(0, 5), "R0201");
}

TEST(FindRun, KnowsRoutersAndTables) {
  ProgramBuilder build;
  build.router();
  build.program.seal();
  EXPECT_EQ(find_run(build.program, "r")->router, 0U);
  EXPECT_FALSE(find_run(build.program, "r")->load);
  EXPECT_TRUE(find_run(build.program, "tables")->load);
  EXPECT_FALSE(find_run(build.program, "x"));
}

TEST(MatchesTopic, ReadsAStarAsAtLeastOneCharacter) {
  EXPECT_TRUE(matches_topic("a.b", "a.b"));
  EXPECT_FALSE(matches_topic("a.b", "a.bc"));
  EXPECT_TRUE(matches_topic("a.*", "a.b-c"));
  EXPECT_FALSE(matches_topic("a.*", "a.b.c")) << "a dot would make two parts of it";
  EXPECT_TRUE(matches_topic("a.*.*", "a.b.c"));
  EXPECT_FALSE(matches_topic("a.*", "a."));
  EXPECT_TRUE(matches_topic("*.x.*", "a.x.b"));
  EXPECT_FALSE(matches_topic("*.x", "a.x.x"));
  EXPECT_TRUE(matches_topic("*x", "axx"));
  EXPECT_FALSE(matches_topic("*.x", ".x"));
}

} // namespace
} // namespace millrace::dsl
