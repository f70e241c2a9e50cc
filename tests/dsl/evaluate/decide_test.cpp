// Which rules an event meets, and what becomes of it.
#include <gtest/gtest.h>

#include "tests/dsl/evaluate/program_builder.hpp"

namespace millrace::dsl {
namespace {

/// The rules that decided, then the topics, as one line: "tap low, route heartbeat -> low heartbeats".
class DecideTest : public testing::Test {
 protected:
  std::string decide(std::string_view event) {
    if (!evaluator_) {
      build_.program.seal();
      evaluator_.emplace(build_.program, dsl::Run{0, false});
    }
    const Decision& decision = evaluator_->evaluate(event, {});
    std::string out;
    for (const Index rule : decision.rules) {
      out += build_.program.routers[0].rules[rule].name + " ";
    }
    out += decision.by_otherwise ? "otherwise " : "";
    out += decision.outcome == Outcome::routed    ? "->"
           : decision.outcome == Outcome::dropped ? "dropped"
                                                  : std::string(decision.reason.code());
    for (const Message& message : decision.messages) {
      out += " " + std::string(message.topic);
    }
    return out;
  }
  Index is(const char* value) { return build_.node(Op::equal, build_.field(type_), build_.text(value)); }

  ProgramBuilder build_;
  Index type_ = build_.event.add("type", {Kind::text});
  Index extra_ = build_.event.add("extra", {Kind::text}, false);
  std::optional<Evaluator> evaluator_;
};

TEST_F(DecideTest, TheFirstRouteEndsTheListAndTapsAboveItAreDelivered) {
  auto& b = build_;
  Router& router = b.router();
  router.otherwise = {b.to(b.topic("rest"))};
  router.rules = {b.rule(RuleKind::tap, "t1", b.node(Op::exists, b.field(extra_)), {b.to(b.topic("tapped"))}),
                  b.rule(RuleKind::route, "r1", is("a"), {b.to(b.topic("one"))}),
                  b.rule(RuleKind::route, "r2", is("b"), {b.to(b.topic("two")), b.to(b.topic("three"))}),
                  b.rule(RuleKind::tap, "t2", b.always(), {b.to(b.topic("late"))})};
  EXPECT_EQ(decide(R"({"type":"a"})"), "r1 -> one");
  EXPECT_EQ(decide(R"({"type":"b","extra":"x"})"), "t1 r2 -> tapped two three");
  EXPECT_EQ(decide(R"({"type":"c"})"), "t2 otherwise -> late rest");
}

TEST_F(DecideTest, ADropEndsTheListAndTapsAboveItStand) {
  auto& b = build_;
  Router& router = b.router();
  router.otherwise = {b.to(b.topic("rest"))};
  router.rules = {b.rule(RuleKind::tap, "t", b.node(Op::exists, b.field(extra_)), {b.to(b.topic("tapped"))}),
                  b.rule(RuleKind::drop, "d", is("a")),
                  b.rule(RuleKind::route, "r", b.always(), {b.to(b.topic("one"))})};
  EXPECT_EQ(decide(R"({"type":"a"})"), "d dropped");
  EXPECT_EQ(decide(R"({"type":"a","extra":"x"})"), "t d -> tapped");
  EXPECT_EQ(decide(R"({"type":"b"})"), "r -> one");
}

TEST_F(DecideTest, UnderMatchAllEveryRouteCountsUpToADrop) {
  auto& b = build_;
  Router& router = b.router(true);
  router.otherwise = {b.to(b.topic("rest"))};
  router.rules = {
      b.rule(RuleKind::route, "r1", is("a"), {b.to(b.topic("one"))}),
      b.rule(RuleKind::drop, "d", b.node(Op::exists, b.field(extra_))),
      b.rule(RuleKind::route, "r2", b.node(Op::starts_with, b.field(type_), b.text("a")), {b.to(b.topic("two"))})};
  EXPECT_EQ(decide(R"({"type":"a"})"), "r1 r2 -> one two");
  EXPECT_EQ(decide(R"({"type":"a","extra":"x"})"), "r1 d -> one");
  EXPECT_EQ(decide(R"({"type":"b","extra":"x"})"), "d dropped");
  EXPECT_EQ(decide(R"({"type":"b"})"), "otherwise -> rest");
}

TEST_F(DecideTest, OtherwiseMayDrop) {
  build_.router().rules = {build_.rule(RuleKind::route, "r", is("a"), {build_.to(build_.topic("one"))})};
  EXPECT_EQ(decide(R"({"type":"b"})"), "otherwise dropped");
}

TEST_F(DecideTest, AGroupIsPassedByAsAWhole) {
  auto& b = build_;
  Router& router = b.router();
  router.otherwise = {b.to(b.topic("rest"))};
  Rule outer = b.rule(RuleKind::group, "outer", is("a"));
  outer.end = 4;
  Rule inner = b.rule(RuleKind::group, "inner", b.node(Op::exists, b.field(extra_)));
  inner.end = 3;
  router.rules = {outer, inner, b.rule(RuleKind::route, "r1", b.always(), {b.to(b.topic("one"))}),
                  b.rule(RuleKind::route, "r2", b.always(), {b.to(b.topic("two"))}),
                  b.rule(RuleKind::route, "r3", is("b"), {b.to(b.topic("three"))})};
  EXPECT_EQ(decide(R"({"type":"a","extra":"x"})"), "r1 -> one");
  EXPECT_EQ(decide(R"({"type":"a"})"), "r2 -> two");
  EXPECT_EQ(decide(R"({"type":"b","extra":"x"})"), "r3 -> three");
  EXPECT_EQ(decide(R"({"type":"c","extra":"x"})"), "otherwise -> rest");
}

TEST_F(DecideTest, AnInvalidEventSaysWhatIsWrongAndGoesToTheDeadLetter) {
  auto& b = build_;
  Router& router = b.router();
  router.dead_letter = b.topic("dlq");
  router.rules = {b.rule(RuleKind::route, "r", b.always(), {b.to(b.topic("one"))})};
  EXPECT_EQ(decide(R"({"type":5})"), "R0203");
  const auto reason = [&](std::string_view event) {
    const Decision& decision = evaluator_->evaluate(event, {});
    EXPECT_EQ(decision.outcome, Outcome::invalid);
    EXPECT_TRUE(decision.messages.empty());
    EXPECT_EQ(decision.dead_letter, 0U);
    return std::string(decision.reason.code()) + " at " + std::string(decision.reason.path) + ": " +
           std::string(decision.reason.text);
  };
  EXPECT_EQ(reason(R"({"type":5})"), "R0203 at type: `type` is 5, which is no string");
  EXPECT_EQ(reason(R"({})"), "R0201 at type: `type` is missing");
  EXPECT_EQ(reason(R"({"type":null})"), "R0202 at type: `type` is null and may not be absent");
  EXPECT_EQ(reason(R"({"type":"a","type":"b"})"), "R0206 at type: `type` comes twice");
  EXPECT_EQ(reason(R"({"type":"a")"), "R0101 at : the event is not valid JSON, at byte 11");
  EXPECT_EQ(reason("[]"), "R0104 at : the event is no JSON object");
  EXPECT_EQ(reason("{\"type\":\"\xff\"}"), "R0102 at : the event is not valid UTF-8");
  EXPECT_EQ(reason(R"({"type":[")" + std::string(100, 'x') + R"("]})"),
            "R0203 at type: `type` is [\"" + std::string(62, 'x') + "…, which is no string");
  EXPECT_EQ(decide(R"({"type":"a"})"), "r -> one");
}

} // namespace
} // namespace millrace::dsl
