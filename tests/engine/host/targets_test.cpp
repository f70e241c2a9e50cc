#include "engine/host/targets.hpp"

#include <gmock/gmock.h>

#include "fakes.hpp"
#include "schemas.hpp"

namespace millrace::host {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<SinkForms> sinks() { return {{"kafka", MR_TAKES_MESSAGES}, {"pg", MR_TAKES_ROWS}}; }

std::string_view view(mr_str text) { return {text.data, text.size}; }

TEST(Targets, TheSameOneHasTheSameIdForEveryRouter) {
  Targets targets(sinks(), 10);
  Targets::Use old_router(targets);
  Targets::Use new_router(targets);
  const auto first = targets.name(messages_to("clicks"), old_router);
  EXPECT_NE(first.id, 0U);
  EXPECT_EQ(targets.name(messages_to("clicks"), new_router).id, first.id);
  EXPECT_EQ(targets.name(messages_to("clicks", "kafka"), new_router).id, first.id)
      << "naming the only sink changes nothing";
  EXPECT_NE(targets.name(messages_to("views"), old_router).id, first.id);
}

TEST(Targets, PropertiesCountAndTheirOrderDoesNot) {
  Targets targets(sinks(), 10);
  Targets::Use use(targets);
  const mr_pair one[] = {{str("partitions"), str("6")}, {str("replicas"), str("3")}};
  const mr_pair two[] = {{str("replicas"), str("3")}, {str("partitions"), str("6")}};
  mr_target target = messages_to("clicks");
  const auto plain = targets.name(target, use).id;
  target.properties = one;
  target.property_count = 2;
  const auto with = targets.name(target, use).id;
  target.properties = two;
  EXPECT_EQ(targets.name(target, use).id, with);
  target.property_count = 1;
  EXPECT_NE(targets.name(target, use).id, with);
  EXPECT_NE(with, plain);
}

TEST(Targets, AChangedSchemaIsANewIdAndBothStay) {
  Targets targets(sinks(), 10);
  Targets::Use use(targets);
  const Columns before{{"l", "id"}};
  const Columns after{{"l", "id"}, {"u", "name"}};
  mr_target target = messages_to("orders");
  target.form = MR_ROWS;
  target.schema = &before.schema();
  const auto first = targets.name(target, use);
  target.schema = &after.schema();
  const auto second = targets.name(target, use);
  EXPECT_NE(first.id, second.id);
  EXPECT_EQ(first.target->schema->n_children, 1);
  EXPECT_EQ(second.target->schema->n_children, 2);
  EXPECT_EQ(view(second.target->sink), "pg");
}

TEST(Targets, TheCopyOutlivesWhatItWasMadeOf) {
  Targets targets(sinks(), 10);
  const mr_target* kept = nullptr;
  {
    Targets::Use use(targets);
    std::string name = "clicks-of-a-router-that-is-gone";
    kept = targets.name(messages_to(name), use).target;
    name.assign(name.size(), 'x');
  }
  EXPECT_EQ(view(kept->name), "clicks-of-a-router-that-is-gone");
  EXPECT_EQ(view(kept->sink), "kafka");
}

TEST(Targets, AreInUseWhileARouterThatNamedThemLives) {
  Targets targets(sinks(), 10);
  auto old_router = std::make_unique<Targets::Use>(targets);
  Targets::Use new_router(targets);
  const auto both = targets.name(messages_to("both"), *old_router).id;
  targets.name(messages_to("both"), *old_router);
  targets.name(messages_to("both"), new_router);
  const auto gone = targets.name(messages_to("gone"), *old_router).id;
  EXPECT_THAT(targets.in_use(), SizeIs(2));
  old_router.reset();
  ASSERT_THAT(targets.in_use(), SizeIs(1));
  EXPECT_EQ(targets.in_use()[0].first, both);
  EXPECT_NE(targets.find(gone), nullptr);
  EXPECT_EQ(targets.name(messages_to("gone"), new_router).id, gone) << "it comes back under its old id";
}

TEST(Targets, PastTheLimitNoneIsGrantedUntilOneIsGivenUp) {
  Targets targets(sinks(), 2);
  auto one = std::make_unique<Targets::Use>(targets);
  Targets::Use two(targets);
  EXPECT_NE(targets.name(messages_to("a"), *one).id, 0U);
  EXPECT_NE(targets.name(messages_to("b"), two).id, 0U);
  EXPECT_NE(targets.name(messages_to("a"), two).id, 0U);
  const auto refused = targets.name(messages_to("c"), two);
  EXPECT_EQ(refused.id, 0U);
  EXPECT_THAT(refused.error, HasSubstr("target 'c' would be one more than the 2"));
  one.reset();
  EXPECT_EQ(targets.name(messages_to("c"), two).id, 0U) << "'a' is still used by the other";
  targets.name(messages_to("b"), two);
}

TEST(Targets, GoToTheOnlySinkOfTheirFormOrSayWhichThereAre) {
  Targets targets({{"kafka", MR_TAKES_MESSAGES}, {"file", MR_TAKES_MESSAGES}}, 10);
  Targets::Use use(targets);
  EXPECT_THAT(targets.name(messages_to("a"), use).error,
              HasSubstr("several sinks take them (kafka, file); name the one"));
  EXPECT_NE(targets.name(messages_to("a", "file"), use).id, 0U);
  EXPECT_THAT(
      targets.name(messages_to("a", "pg"), use).error,
      HasSubstr("goes to sink 'pg', and the pipeline has none of that name; sinks that take messages: kafka, file"));
  const Columns columns{{"l", "id"}};
  mr_target rows = messages_to("a");
  rows.form = MR_ROWS;
  rows.schema = &columns.schema();
  EXPECT_THAT(targets.name(rows, use).error, HasSubstr("no sink of the pipeline takes them"));
  rows.sink = str("kafka");
  EXPECT_THAT(targets.name(rows, use).error,
              HasSubstr("target 'a' has rows, and sink 'kafka' does not take them; sinks that do: none"));
}

TEST(Targets, RefusesWhatIsNoTarget) {
  Targets targets(sinks(), 10);
  Targets::Use use(targets);
  EXPECT_THAT(targets.name(messages_to(""), use).error, HasSubstr("a target has no name"));
  mr_target odd = messages_to("a");
  odd.form = 3;
  EXPECT_THAT(targets.name(odd, use).error, HasSubstr("unknown form 3"));
  odd.form = MR_ROWS;
  EXPECT_THAT(targets.name(odd, use).error, HasSubstr("rows have a schema"));
}

// ---- families: `at most N`

class Families : public ::testing::Test {
 protected:
  std::uint32_t ask(const std::string& name, std::string_view most = "2") {
    const mr_pair properties[] = {{str("at_most"), str(most)}, {str("pattern"), str("t.*")}};
    mr_target target = messages_to(name);
    target.properties = properties;
    target.property_count = 2;
    last_ = targets_.name(target, use_);
    return last_.id;
  }
  void there(std::string_view sink, std::vector<std::string_view> names) { targets_.there(sink, names); }

  Targets targets_{sinks(), 10};
  Targets::Use use_{targets_};
  Targets::Granted last_;
};

TEST_F(Families, AreGrantedUpToTheirLimitWhicheverRouterAsks) {
  EXPECT_NE(ask("t.a"), 0U);
  EXPECT_NE(ask("t.b"), 0U);
  EXPECT_EQ(ask("t.c"), 0U);
  EXPECT_EQ(last_.error, "") << "nothing is wrong with it";
  EXPECT_NE(ask("t.a"), 0U) << "a member stays one";
  Targets::Use other(targets_);
  const mr_pair properties[] = {{str("at_most"), str("2")}, {str("pattern"), str("t.*")}};
  mr_target target = messages_to("t.c");
  target.properties = properties;
  target.property_count = 2;
  EXPECT_EQ(targets_.name(target, other).id, 0U);
}

TEST_F(Families, CountWhatThereIsAlready) {
  there("kafka", {"t.a", "t.b", "t.b.c", "other", "t."});
  EXPECT_EQ(ask("t.c"), 0U);
  EXPECT_NE(ask("t.b"), 0U);
  EXPECT_NE(ask("t.c", "3"), 0U) << "a dot ends the part that `*` stands for";
  EXPECT_EQ(ask("t.d", "3"), 0U);
}

TEST_F(Families, LearnLaterWhatThereIsAndKeepWhatWasGranted) {
  EXPECT_NE(ask("t.a"), 0U);
  there("kafka", {"t.b", "t.x"});
  EXPECT_EQ(ask("t.c"), 0U);
  EXPECT_NE(ask("t.x"), 0U) << "it is there, be it one too many";
  EXPECT_NE(ask("t.a"), 0U);
}

TEST_F(Families, AreOfOneSink) {
  there("pg", {"t.a", "t.b"});
  EXPECT_NE(ask("t.c"), 0U);
}

TEST_F(Families, DoNotCountWhatIsRefusedForAnotherReason) {
  Targets none(sinks(), 0);
  Targets::Use use(none);
  const mr_pair properties[] = {{str("at_most"), str("1")}, {str("pattern"), str("t.*")}};
  mr_target target = messages_to("t.a");
  target.properties = properties;
  target.property_count = 2;
  const Targets::Granted refused = none.name(target, use);
  EXPECT_EQ(refused.id, 0U);
  EXPECT_THAT(refused.error, HasSubstr("one more than the 0"));
}

} // namespace
} // namespace millrace::host
