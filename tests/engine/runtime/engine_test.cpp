// Whole engines: how they start, end, and mend themselves. Reload is in reload_test.cpp.
#include "engine/runtime/engine.hpp"

#include <gmock/gmock.h>

#include "engine/modules/instance.hpp"
#include "tests/engine/runtime/running.hpp"

namespace millrace::runtime {
namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Counted after the source has heard of it: what is counted when it is as many, or twenty seconds later.
std::uint64_t delivered(const Engine& engine, std::uint64_t wanted) {
  std::uint64_t out = 0;
  for (const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
       out != wanted && std::chrono::steady_clock::now() < until; std::this_thread::yield()) {
    out = 0;
    for (const PipelineStatus& pipeline : engine.status().pipelines) {
      out += pipeline.totals.verdicts[MR_DELIVERED];
    }
  }
  return out;
}

constexpr int kModel = 1; // of each pipeline: the router that those of its workers are twins of

TEST_F(RunningEngine, EndsByItselfWhenEverySourceHasNoMore) {
  world_.endless = false;
  world_.give("e", 100);
  start(pipeline("p", 2));
  ends();
  EXPECT_EQ(world_.stored.size(), 100u);
  EXPECT_EQ(world_.settled[MR_DELIVERED], 100);
  EXPECT_EQ(world_.alive, kModel); // every worker has stopped, and with it its instances
  EXPECT_EQ(engine_->failed_events(), 0u);
}

TEST_F(RunningEngine, EndsByItselfWithASinkOnAThreadOfItsOwn) {
  world_.endless = false;
  world_.give("e", 100);
  start(pipeline("p", 1, "cupboard"));
  ends();
  EXPECT_EQ(world_.stored.size(), 100u);
  EXPECT_EQ(world_.alive, kModel);
}

TEST_F(RunningEngine, TellsItsStateAndItsNumbers) {
  start(pipeline("p", 2) + pipeline("q"));
  ASSERT_TRUE(becomes_ready());
  world_.give("e", 30);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 30));
  const std::string json = json_of(engine_->status());
  EXPECT_THAT(json, HasSubstr(R"({"name":"p","ruleset":"aaaa","workers":[{"name":"p/0","state":"running","events":)"));
  EXPECT_THAT(json, HasSubstr(R"({"name":"q/0","state":"running")"));
  EXPECT_EQ(engine_->rules_json(),
            R"({"pipelines":[{"pipeline":"p","hash":"aaaa","items":[{"kind":"rule","name":"first","hash":"1"}]},)"
            R"({"pipeline":"q","hash":"aaaa","items":[{"kind":"rule","name":"first","hash":"1"}]}]})");
  const std::string page = metrics_.page();
  EXPECT_THAT(page, HasSubstr("\nmillrace_ready 1\n"));
  EXPECT_THAT(page, HasSubstr("millrace_events_total{pipeline=\"p\",worker=\"p/1\"} "));
  drains();
  EXPECT_THAT(metrics_.page(), HasSubstr("\nmillrace_ready 0\n"));
}

TEST_F(RunningEngine, TellsWhatEachPipelineDidAndWhatIsLeftToRead) {
  start(pipeline("p", 2) + pipeline("q"), "memory = \"96MiB\"");
  ASSERT_TRUE(becomes_ready());
  metrics_.set(metrics_.metric(MR_GAUGE, "tape_lag_records", "Left.", {{"pipeline", "p"}, {"worker", "p/0"}}, {}), 12);
  metrics_.set(metrics_.metric(MR_GAUGE, "tape_partitions_stopped", "Stopped.", {{"pipeline", "p"}}, {}), 1);
  world_.give("e", 30);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 30));
  EXPECT_EQ(delivered(*engine_, 30), 30u);
  const Status status = engine_->status();
  const PipelineStatus& p = *status.find("p");
  const PipelineStatus& q = *status.find("q");
  EXPECT_EQ(p.running, 2u);
  EXPECT_EQ(p.totals.events + q.totals.events, 30u);
  EXPECT_EQ(p.bytes_limit, 64u << 20);
  EXPECT_EQ(p.lag, 12u);
  EXPECT_EQ(q.lag, std::nullopt);
  EXPECT_EQ(p.stopped, 1u);
  EXPECT_EQ(q.stopped, 0u);
  EXPECT_THAT(status.not_ready, IsEmpty());
}

TEST_F(RunningEngine, RemembersTheLastTroubleWhenItIsOver) {
  world_.start_fails = "nobody answers at shelf:1";
  start(pipeline("p"));
  ASSERT_TRUE(world_.logged("nobody answers"));
  world_.set([](World& world) { world.start_fails.clear(); });
  ASSERT_TRUE(becomes_ready());
  const std::optional<Trouble> trouble = engine_->status().find("p")->last_trouble;
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->text, "p/0: sink.shelf: cannot start yet: nobody answers at shelf:1");
  EXPECT_GT(trouble->time_us, 0);
}

TEST_F(RunningEngine, CountsOnWhenAWorkerIsBuiltAnew) {
  start(pipeline("p"));
  world_.give("e", 10);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 10));
  world_.set([](World& world) { world.source_breaks = true; });
  world_.give("f", 10);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 20));
  ASSERT_TRUE(becomes_ready());
  EXPECT_EQ(delivered(*engine_, 20), 20u);
}

TEST_F(RunningEngine, DrainWaitsForWhatIsUnderWay) {
  world_.holds = true;
  start(pipeline("p"));
  world_.give("e", 10);
  ASSERT_TRUE(world_.holds_something());
  engine_->drain();
  EXPECT_THAT(engine_->not_ready(), Contains("the engine is stopping"));
  world_.let_go();
  ends();
  EXPECT_EQ(world_.settled[MR_DELIVERED] + static_cast<int>(world_.waiting.size()), 10);
  EXPECT_GT(world_.settled[MR_DELIVERED], 0);
  EXPECT_EQ(world_.settled[MR_ABANDONED], 0);
}

TEST_F(RunningEngine, DrainAbandonsAtTheDeadlineWhatIsUnderWayStill) {
  world_.holds = true;
  start(pipeline("p", 1, "cupboard"), "stop_deadline = \"0s\"");
  world_.give("e", 10);
  ASSERT_TRUE(world_.holds_something());
  drains();
  EXPECT_GT(world_.settled[MR_ABANDONED], 0);
  EXPECT_EQ(world_.settled[MR_DELIVERED], 0);
  EXPECT_THAT(world_.stored, IsEmpty());
}

TEST_F(RunningEngine, SaysWhyItIsNotReadyForAsLongAsASinkCannotStart) {
  world_.start_fails = "nobody answers at shelf:1";
  start(pipeline("p"));
  ASSERT_TRUE(world_.logged("nobody answers"));
  EXPECT_THAT(engine_->not_ready(),
              ElementsAre("p/0 is starting: sink.shelf: cannot start yet: nobody answers at shelf:1"));
  world_.set([](World& world) { world.start_fails.clear(); });
  EXPECT_TRUE(becomes_ready());
}

TEST_F(RunningEngine, DrainEndsAnEngineThatCouldNotStartYet) {
  world_.start_fails = "nobody answers at shelf:1";
  start(pipeline("p", 2, "cupboard"));
  ASSERT_TRUE(world_.logged("nobody answers"));
  drains();
  EXPECT_EQ(world_.alive, kModel);
}

TEST_F(RunningEngine, ADrainThatComesBeforeTheStartIsNotLost) {
  for (int i = 0; i < 20; ++i) {
    make(pipeline("p", 4));
    engine_->create();
    engine_->drain();
    start();
    ends();
    engine_.reset();
  }
}

TEST_F(RunningEngine, CreateThatFailsInTheSecondPipelineLeavesNothingBehind) {
  world_.forbid = {"q"};
  make(pipeline("p", 2, "cupboard") + pipeline("q"));
  try {
    engine_->create();
    FAIL() << "the second pipeline was created";
  } catch (const modules::CreateError& error) {
    EXPECT_STREQ(error.what(), "source.feed of q/0 (plugin feed 1.0.0): there is no tape; put one in");
  }
  EXPECT_EQ(world_.created["sink"], 3);
  engine_.reset();
  EXPECT_EQ(world_.alive, 0);
}

TEST_F(RunningEngine, ReplacesASinkThatSaysItIsBrokenAndOffersAgainWhatWasOpen) {
  start(pipeline("p"));
  ASSERT_TRUE(becomes_ready());
  world_.set([](World& world) {
    world.sink_breaks = true;
    world.start_fails = "nobody answers at shelf:1"; // so that it can be looked at while it is broken
  });
  world_.give("e", 5);
  ASSERT_TRUE(world_.logged("nobody answers"));
  EXPECT_THAT(engine_->not_ready(), ElementsAre(HasSubstr("p/0: sink.shelf")));
  world_.set([](World& world) { world.start_fails.clear(); });
  EXPECT_TRUE(world_.settles(MR_DELIVERED, 5));
  EXPECT_TRUE(becomes_ready());
  EXPECT_EQ(world_.created["sink"], 2);
  EXPECT_EQ(world_.created["source"], 1);
  EXPECT_EQ(world_.settled[MR_ABANDONED], 0);
}

TEST_F(RunningEngine, StaysReadyForAllOthersWhileASinkHoldsTargets) {
  world_.rules.targets = {"shelf", "attic", "cellar"};
  world_.unfit = {"attic", "cellar"};
  start(pipeline("p"));
  ASSERT_TRUE(becomes_ready()) << "nothing was asked of the sink yet";
  world_.give("e", 5);
  ASSERT_TRUE(world_.logged("target attic is held"));
  ASSERT_TRUE(world_.logged("target cellar is held"));
  EXPECT_THAT(engine_->not_ready(), IsEmpty()) << "no other event may wait for these";
  EXPECT_THAT(metrics_.page(), ContainsRegex("targets_held\\{[^}]*\\} 2\n"));
  world_.set([](World& world) { world.unfit.clear(); });
  EXPECT_TRUE(world_.settles(MR_DELIVERED, 5));
  EXPECT_THAT(metrics_.page(), ContainsRegex("targets_held\\{[^}]*\\} 0\n"));
}

TEST_F(RunningEngine, ReplacesASinkOncePerFailureOfItsStart) {
  start(pipeline("p"));
  ASSERT_TRUE(becomes_ready());
  world_.set([](World& world) {
    world.sink_breaks = true;
    world.starts_break = 5;
  });
  world_.give("e", 5);
  EXPECT_TRUE(world_.settles(MR_DELIVERED, 5));
  // Whatever else was ordered meanwhile has been carried out when a sink that broke later is replaced.
  world_.set([](World& world) { world.sink_breaks = true; });
  world_.give("f", 5);
  EXPECT_TRUE(world_.settles(MR_DELIVERED, 10));
  EXPECT_EQ(world_.created["sink"], 1 + 6 + 1);
}

TEST_F(RunningEngine, BuildsAWorkerAnewWhenItsSourceBreaks) {
  start(pipeline("p"));
  world_.give("e", 5);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 5));
  world_.set([](World& world) { world.source_breaks = true; });
  world_.give("f", 5);
  EXPECT_TRUE(world_.settles(MR_DELIVERED, 10));
  EXPECT_TRUE(becomes_ready());
  EXPECT_EQ(world_.created["source"], 2);
  EXPECT_EQ(world_.stored.size(), 10u);
}

TEST_F(RunningEngine, BuildsAWorkerAnewWithTheActiveRulesetWhateverBecameOfItsFiles) {
  start(pipeline("p"));
  ASSERT_TRUE(becomes_ready());
  world_.set([](World& world) {
    world.source_breaks = true;
    world.rules.hash = "bbbb";
    world.rules.refusal = "no field 'totl'";
  });
  world_.give("e", 5);
  EXPECT_TRUE(world_.settles(MR_DELIVERED, 5));
  EXPECT_EQ(world_.created["source"], 2);
  EXPECT_EQ(world_.by_hash["aaaa"], 5);
}

TEST_F(RunningEngine, EndsAtTheStartWhenASourceCannotStartAsItIsConfigured) {
  world_.source_refuses = "the slot is taken by another machine";
  start(pipeline("p", 2) + pipeline("q"));
  ends();
  EXPECT_THAT(engine_->refusal(), HasSubstr("source.feed of "));
  EXPECT_THAT(engine_->refusal(), HasSubstr(" cannot start: the slot is taken by another machine"));
}

TEST_F(RunningEngine, ASourceThatRanIsMadeAnewUntilItStartsAgain) {
  start(pipeline("p"));
  ASSERT_TRUE(becomes_ready());
  world_.set([](World& world) {
    world.source_breaks = true;
    world.source_refuses = "the slot is taken by another machine";
  });
  world_.give("e", 5);
  ASSERT_TRUE(world_.until([](const World& world) { return world.created.at("source") >= 4; }));
  world_.set([](World& world) { world.source_refuses.clear(); });
  EXPECT_TRUE(world_.settles(MR_DELIVERED, 5));
  EXPECT_EQ(engine_->refusal(), "");
}

TEST_F(RunningEngine, GoesOnTryingToBuildAWorkerAnew) {
  start(pipeline("p"));
  ASSERT_TRUE(becomes_ready());
  world_.set([](World& world) {
    world.source_breaks = true;
    world.forbid.insert("p");
  });
  world_.give("e", 5);
  ASSERT_TRUE(world_.logged("a worker cannot be built anew"));
  EXPECT_THAT(engine_->not_ready(),
              ElementsAre("p/0 has stopped: it cannot be built anew: source.feed of p/0 (plugin feed 1.0.0): "
                          "there is no tape; put one in"));
  world_.set([](World& world) { world.forbid.clear(); });
  EXPECT_TRUE(world_.settles(MR_DELIVERED, 5));
  EXPECT_TRUE(becomes_ready());
}

TEST_F(RunningEngine, DrainEndsAnEngineWhoseWorkerCannotBeBuiltAnew) {
  start(pipeline("p"));
  ASSERT_TRUE(becomes_ready());
  world_.set([](World& world) {
    world.source_breaks = true;
    world.forbid.insert("p");
  });
  world_.give("e", 5);
  ASSERT_TRUE(world_.logged("a worker cannot be built anew"));
  drains();
  EXPECT_EQ(world_.alive, kModel);
}

TEST_F(RunningEngine, CountsWhatItGaveUpOnAlsoInWorkersThatWereReplaced) {
  world_.rules.dead_letter = true;
  world_.rejects = true;
  start(pipeline("p"));
  world_.give("e", 5);
  ASSERT_TRUE(world_.settles(MR_FAILED, 5)); // its dead letter is refused as well
  world_.set([](World& world) {
    world.source_breaks = true;
    world.rejects = false;
  });
  world_.give("f", 5);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 5));
  EXPECT_EQ(engine_->failed_events(), 5u);
}

} // namespace
} // namespace millrace::runtime
