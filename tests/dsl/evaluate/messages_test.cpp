// What a message is made of: topic, key, headers, time, payload.
#include <gtest/gtest.h>

#include <string>

#include "tests/dsl/evaluate/program_builder.hpp"

namespace millrace::dsl {
namespace {

class MessagesTest : public testing::Test {
 protected:
  const Decision& run(std::string_view event, const Meta& meta = {}) {
    if (!evaluator_) {
      build_.program.seal();
      evaluator_.emplace(build_.program, dsl::Run{0, false});
    }
    event_ = event;
    return evaluator_->evaluate(event_, meta);
  }
  /// `topic [key] h=v` for each message.
  std::string lines(std::string_view event, const Meta& meta = {}) {
    const Decision& decision = run(event, meta);
    std::string out;
    for (const Message& message : decision.messages) {
      out += std::string(message.topic) + (message.has_key ? " [" + std::string(message.key) + "]" : "");
      for (const Header& header : message.headers) {
        out += " " + std::string(header.name) + "=" + std::string(header.value);
      }
      out += "\n";
    }
    return decision.outcome == Outcome::rejected
               ? "rejected " + std::string(decision.reason.code()) + " " + std::string(decision.reason.rule)
               : out;
  }
  Rule& only_rule(RuleKind kind, std::vector<Target> targets) {
    Router& router = build_.router();
    router.rules = {build_.rule(kind, "r", build_.always(), std::move(targets))};
    return router.rules[0];
  }
  HeaderClause header(std::string_view name, Index value, Otherwise otherwise = Otherwise::impossible) {
    return {build_.program.add_text(name), value, otherwise};
  }

  ProgramBuilder build_;
  Index id_ = build_.event.add("id", {Kind::uuid}, false);
  Index name_ = build_.event.add("name", {Kind::text}, false);
  Index price_ = build_.event.add("price", {Kind::decimal, Wire::natural, 8, 2}, false);
  std::optional<Evaluator> evaluator_;
  std::string event_;
};

TEST_F(MessagesTest, KeysAndHeadersAreTextForms) {
  Target target = build_.to(build_.topic("t"));
  target.key = build_.field(id_);
  target.headers = {
      header("price", build_.field(price_)),
      header("cheap", build_.node(Op::less, build_.field(price_), build_.number(10))),
      header("both", build_.list(Op::concat, {build_.field(name_), build_.text("-"), build_.field(price_)}))};
  only_rule(RuleKind::route, {target});
  EXPECT_EQ(lines(R"({"id":"7B0C2F7E-92F1-4D0A-9D53-0D8B1C1F0A11","name":"n","price":9.9})"),
            "t [7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a11] price=9.90 cheap=true both=n-9.90\n");
}

TEST_F(MessagesTest, ThePayloadIsTheEventByteForByte) {
  only_rule(RuleKind::route, {build_.to(build_.topic("t"))});
  const Decision& decision = run(" { \"name\" : \"a\\u0062\" } \n");
  EXPECT_EQ(decision.messages[0].payload, " { \"name\" : \"a\\u0062\" } \n");
}

TEST_F(MessagesTest, AnAbsentKeyDoesWhatElseSays) {
  Target none = build_.to(build_.topic("t"));
  none.key = build_.field(name_);
  none.key_otherwise = Otherwise::none;
  only_rule(RuleKind::route, {none});
  EXPECT_EQ(lines(R"({})"), "t\n");
  EXPECT_EQ(lines(R"({"name":""})"), "t\n");
  EXPECT_EQ(lines(R"({"name":"k"})"), "t [k]\n");
}

TEST_F(MessagesTest, ARejectedKeyRejectsTheWholeEvent) {
  Target first = build_.to(build_.topic("first"));
  Target second = build_.to(build_.topic("second"));
  second.key = build_.field(name_);
  second.key_otherwise = Otherwise::reject;
  only_rule(RuleKind::route, {first, second});
  EXPECT_EQ(lines(R"({"name":"k"})"), "first\nsecond [k]\n");
  EXPECT_EQ(lines(R"({})"), "rejected R0301 r.r");
  EXPECT_EQ(lines(R"({"name":""})"), "rejected R0301 r.r");
  EXPECT_TRUE(run(R"({})").messages.empty());
  EXPECT_EQ(run(R"({})").reason.text, "the key for topic `second` is absent");
}

TEST_F(MessagesTest, ATapIsSkippedAsAWholeAndItsHeadersWithIt) {
  Target plain = build_.to(build_.topic("plain"));
  plain.headers = {header("a", build_.text("1"))};
  Target picky = build_.to(build_.topic("picky"));
  picky.headers = {header("b", build_.text("2")), header("name", build_.field(name_), Otherwise::skip)};
  Target routed = build_.to(build_.topic("routed"));
  routed.headers = {header("c", build_.text("3"))};
  Router& router = build_.router();
  router.rules = {build_.rule(RuleKind::tap, "tap", build_.always(), {plain, picky}),
                  build_.rule(RuleKind::route, "route", build_.always(), {routed})};
  EXPECT_EQ(lines(R"({"name":"n"})"), "plain a=1\npicky b=2 name=n\nrouted c=3\n");
  EXPECT_EQ(lines(R"({})"), "routed c=3\n");
}

TEST_F(MessagesTest, AHeaderOfARouteMayBeLeftOutOrReject) {
  Target target = build_.to(build_.topic("t"));
  target.headers = {header("n", build_.field(name_), Otherwise::skip),
                    header("p", build_.field(price_), Otherwise::reject)};
  only_rule(RuleKind::route, {target});
  EXPECT_EQ(lines(R"({"price":1})"), "t p=1.00\n");
  EXPECT_EQ(lines(R"({"name":"n"})"), "rejected R0302 r.r");
}

TEST_F(MessagesTest, AnInterpolatedNameMustBeATopicName) {
  Target target = build_.to(build_.topic("a.*"));
  target.name = build_.list(Op::concat, {build_.text("a."), build_.field(name_)});
  only_rule(RuleKind::route, {target});
  EXPECT_EQ(lines(R"({"name":"b-1_x"})"), "a.b-1_x\n");
  EXPECT_EQ(run(R"({"name":"b"})").messages[0].declared, 0U);
  EXPECT_EQ(lines(R"({"name":"b c"})"), "rejected R0303 r.r");
  EXPECT_EQ(lines(R"({})"), "rejected R0303 r.r");
  EXPECT_EQ(lines("{\"name\":\"" + std::string(247, 'x') + "\"}"), "a." + std::string(247, 'x') + "\n");
  EXPECT_EQ(lines("{\"name\":\"" + std::string(248, 'x') + "\"}"), "rejected R0303 r.r");
}

TEST_F(MessagesTest, TheTimeIsTheFirstRequiredTimestampElseWhenItWasReceived) {
  only_rule(RuleKind::route, {build_.to(build_.topic("t"))});
  EXPECT_EQ(run(R"({})", {"", 77, {}}).messages[0].time, 77);
}

TEST_F(MessagesTest, TheTimeSkipsTimestampsThatMayBeAbsent) {
  const Index outer = build_.event.add("o", {Kind::object}, false);
  build_.event.add("x", {Kind::timestamp, Wire::unix_us}, true, outer);
  build_.event.add("y", {Kind::timestamp, Wire::unix_us}, false);
  build_.event.add("z", {Kind::timestamp, Wire::unix_us});
  only_rule(RuleKind::route, {build_.to(build_.topic("t"))});
  EXPECT_EQ(run(R"({"o":{"x":1},"y":2,"z":3})").messages[0].time, 3);
}

TEST_F(MessagesTest, MetaDataCanBeRead) {
  Target target = build_.to(build_.topic("t"));
  target.key = build_.node(Op::meta_header, build_.program.add_text("h"));
  target.key_otherwise = Otherwise::none;
  target.headers = {header("from", build_.node(Op::meta_topic), Otherwise::skip),
                    header("at", build_.node(Op::received_at))};
  only_rule(RuleKind::route, {target});
  const Header headers[] = {{"g", "x"}, {"h", "value"}};
  EXPECT_EQ(lines("{}", {"source", 1'000'000, headers}), "t [value] from=source at=1970-01-01T00:00:01Z\n");
  const Header broken[] = {{"h", "\xff"}};
  EXPECT_EQ(lines("{}", {"", 0, broken}), "t at=1970-01-01T00:00:00Z\n");
}

TEST_F(MessagesTest, TextsLiveUntilResetAcrossEvents) {
  Target target = build_.to(build_.topic("t"));
  target.key = build_.field(name_);
  only_rule(RuleKind::route, {target});
  std::vector<std::string> events;
  for (int i = 0; i < 5000; ++i) {
    events.push_back("{\"name\":\"\\u006b" + std::to_string(i) + "\"}");
  }
  run("{}");
  for (int round = 0; round < 2; ++round) {
    std::vector<std::string_view> keys;
    for (const std::string& event : events) {
      keys.push_back(evaluator_->evaluate(event, {}).messages[0].key);
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
      ASSERT_EQ(keys[i], "k" + std::to_string(i));
    }
    evaluator_->reset();
  }
}

} // namespace
} // namespace millrace::dsl
