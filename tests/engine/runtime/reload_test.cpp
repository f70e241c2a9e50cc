// New rulesets in a running engine: what is switched, what is refused, and what races with it.
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/engine/runtime/running.hpp"

namespace millrace::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Reload : public RunningEngine {
 protected:
  void write_rules(const std::string& hash) {
    world_.set([&](World& world) {
      world.rules.hash = hash;
      world.rules.items.push_back({"rule", "of " + hash, "1"});
    });
  }
  // One that answers late would hang for ever: better to end the program.
  Receipt receipt_of(std::future<Receipt> coming) {
    if (coming.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
      std::fprintf(stderr, "the reload does not end: %s\n", json_of(engine_->status()).c_str());
      std::abort();
    }
    return coming.get();
  }
  std::future<Receipt> reloading() {
    return std::async(std::launch::async, [this] { return engine_->reload({"test", "alice"}); });
  }
  Receipt reload() { return receipt_of(reloading()); }
  static std::vector<std::string> switched(const Receipt& receipt, std::size_t pipeline) {
    std::vector<std::string> out;
    for (const Switched& worker : receipt.pipelines[pipeline].switched) {
      EXPECT_GE(worker.at_us, receipt.at_us);
      out.push_back(worker.worker);
    }
    return out;
  }
};

TEST_F(Reload, SwitchesEveryWorkerOfEveryPipeline) {
  start(pipeline("p", 2) + pipeline("q"));
  ASSERT_TRUE(becomes_ready());
  world_.give("e", 20);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 20));
  write_rules("bbbb");
  const Receipt receipt = reload();
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_EQ(receipt.asked.how, "test");
  EXPECT_EQ(receipt.asked.who, "alice");
  ASSERT_EQ(receipt.pipelines.size(), 2u);
  EXPECT_EQ(receipt.pipelines[0].before.hash, "aaaa");
  EXPECT_EQ(receipt.pipelines[0].after.hash, "bbbb");
  EXPECT_THAT(switched(receipt, 0), ElementsAre("p/0", "p/1"));
  EXPECT_THAT(metrics_.page(), HasSubstr("\nmillrace_ruleset_info{pipeline=\"p\",ruleset=\"bbbb\"} 1\n"));
  EXPECT_THAT(metrics_.page(), ::testing::Not(HasSubstr("ruleset=\"aaaa\"")));
  EXPECT_THAT(switched(receipt, 1), ElementsAre("q/0"));
  EXPECT_THAT(engine_->rules_json(), HasSubstr(R"("pipeline":"q","hash":"bbbb")"));
  world_.give("f", 20);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 40));
  EXPECT_EQ(world_.by_hash["aaaa"], 20);
  EXPECT_EQ(world_.by_hash["bbbb"], 20);
}

TEST_F(Reload, LeavesWhatIsUnderWayToTheRulesetThatDecidedIt) {
  world_.holds = true;
  start(pipeline("p"));
  world_.give("e", 10);
  ASSERT_TRUE(world_.holds_something());
  write_rules("bbbb");
  EXPECT_THAT(switched(reload(), 0), ElementsAre("p/0")); // it waits for no sink
  world_.let_go();
  EXPECT_TRUE(world_.settles(MR_DELIVERED, 10));
}

TEST_F(Reload, RefusedChangesNothingInAnyPipeline) {
  start(pipeline("p") + pipeline("q"));
  ASSERT_TRUE(becomes_ready());
  write_rules("bbbb");
  world_.set([](World& world) { world.rules.refusal = "no field 'totl'"; });
  const Receipt receipt = reload();
  EXPECT_FALSE(receipt.accepted);
  EXPECT_EQ(receipt.error, "router.sorter of p/0 (plugin sorter 1.0.0): 1 error in main.rules");
  ASSERT_EQ(receipt.pipelines.size(), 2u);
  ASSERT_EQ(receipt.pipelines[1].diagnostics.size(), 1u);
  EXPECT_EQ(receipt.pipelines[1].diagnostics[0].headline, "no field 'totl'");
  EXPECT_THAT(switched(receipt, 0), IsEmpty());
  EXPECT_THAT(engine_->rules_json(), HasSubstr(R"("pipeline":"p","hash":"aaaa")"));
  world_.give("e", 10);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 10));
  EXPECT_EQ(world_.by_hash["aaaa"], 10);
  EXPECT_THAT(engine_->not_ready(), IsEmpty());
}

TEST_F(Reload, RefusedWhenATargetDoesNotFit) {
  start(pipeline("p"));
  ASSERT_TRUE(becomes_ready());
  write_rules("bbbb");
  world_.set([](World& world) {
    world.rules.targets.push_back("top");
    world.check_finds = "is too high";
  });
  const Receipt receipt = reload();
  EXPECT_FALSE(receipt.accepted);
  EXPECT_EQ(receipt.error, "a target is not there or does not fit: top: is too high");
  EXPECT_THAT(receipt.pipelines[0].findings, ElementsAre("top: is too high"));
  EXPECT_THAT(engine_->rules_json(), HasSubstr(R"("hash":"aaaa")"));
}

TEST_F(Reload, AsksTheSinkAgainThatWasAskedBefore) {
  world_.set([](World& world) { world.rules.targets.push_back("top"); });
  start(pipeline("p"));
  ASSERT_TRUE(becomes_ready());
  EXPECT_THAT(reload().pipelines[0].findings, IsEmpty());
  EXPECT_THAT(reload().pipelines[0].findings, IsEmpty());
  ASSERT_THAT(world_.checked_by, SizeIs(2));
  EXPECT_EQ(world_.checked_by[0], world_.checked_by[1]);

  world_.set([](World& world) { world.checks_fail = 1; }); // it lost what it had
  EXPECT_THAT(reload().pipelines[0].findings, IsEmpty());
  ASSERT_THAT(world_.checked_by, SizeIs(4));
  EXPECT_EQ(world_.checked_by[2], world_.checked_by[1]);
  EXPECT_NE(world_.checked_by[3], world_.checked_by[1]);

  world_.set([](World& world) { world.checks_fail = 2; });
  EXPECT_THAT(reload().pipelines[0].findings,
              ElementsAre(HasSubstr("could not be checked: nobody answers at shelf:1")));
}

TEST_F(Reload, AnswersWhileAWorkerCannotStartYet) {
  world_.start_fails = "nobody answers at shelf:1";
  start(pipeline("p"));
  ASSERT_TRUE(world_.logged("nobody answers"));
  write_rules("bbbb");
  EXPECT_THAT(switched(reload(), 0), ElementsAre("p/0"));
  world_.set([](World& world) { world.start_fails.clear(); });
  world_.give("e", 5);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 5));
  EXPECT_EQ(world_.by_hash["bbbb"], 5);
}

TEST_F(Reload, AskedForBeforeTheStartReachesEveryWorker) {
  make(pipeline("p", 4));
  engine_->create();
  write_rules("bbbb");
  std::future<Receipt> coming = reloading();
  ASSERT_TRUE(world_.until([](const World& world) {
    return world.created.at("router") == 10; // four, and their model, twice
  }));
  start();
  EXPECT_THAT(switched(receipt_of(std::move(coming)), 0), ElementsAre("p/0", "p/1", "p/2", "p/3"));
}

// Gives events until the end.
class Stream {
 public:
  Stream(World& world, const std::string& prefix)
      : thread_([this, &world, prefix] {
          for (int i = 0; !over_; ++i) {
            world.give(prefix + std::to_string(i) + ".", 10);
            world.settles(MR_DELIVERED, 10 * (i + 1));
          }
        }) {}
  ~Stream() {
    over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

TEST_F(Reload, InAShadowSaysWhatWouldChangeBeforeAnythingIsSwitched) {
  start(pipeline("p"));
  const Stream stream(world_, "e");
  write_rules("bbbb");
  const Receipt receipt = engine_->reload({"test", {}}, {.shadow = std::chrono::milliseconds(300), .most_changed = {}});
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  ASSERT_TRUE(receipt.pipelines[0].shadow);
  const Shadow& shadow = *receipt.pipelines[0].shadow;
  EXPECT_GT(shadow.events, 0U);
  EXPECT_EQ(shadow.changed, shadow.events);
  EXPECT_GE(shadow.seen, shadow.events);
  EXPECT_THAT(text_of(receipt), HasSubstr("some changed"));
  EXPECT_THAT(engine_->rules_json(), HasSubstr(R"("hash":"bbbb")"));
}

TEST_F(Reload, RefusedWhenMoreWouldChangeThanMay) {
  start(pipeline("p"));
  const Stream stream(world_, "e");
  write_rules("bbbb");
  const Receipt receipt = engine_->reload({"test", {}}, {.shadow = std::chrono::milliseconds(200), .most_changed = 5});
  EXPECT_EQ(receipt.error, "100.0 of a hundred events of pipeline 'p' would go another way, and 5 may");
  EXPECT_FALSE(receipt.accepted);
  EXPECT_THAT(engine_->rules_json(), HasSubstr(R"("hash":"aaaa")"));
}

TEST_F(Reload, InADryRunDoesEverythingButTheSwitch) {
  start(pipeline("p"));
  write_rules("bbbb");
  const Receipt receipt = engine_->reload({"test", {}}, {.most_changed = {}, .dry_run = true});
  EXPECT_TRUE(receipt.accepted);
  EXPECT_EQ(receipt.pipelines[0].after.hash, "bbbb");
  EXPECT_THAT(switched(receipt, 0), IsEmpty());
  EXPECT_THAT(text_of(receipt), ::testing::StartsWith("would be accepted, nothing was changed"));
  EXPECT_THAT(engine_->rules_json(), HasSubstr(R"("hash":"aaaa")"));
}

TEST_F(Reload, AShadowEndsWhenTheEngineStops) {
  start(pipeline("p"));
  std::future<Receipt> coming = std::async(std::launch::async, [this] {
    return engine_->reload({"test", {}}, {.shadow = std::chrono::hours(1), .most_changed = {}});
  });
  ASSERT_TRUE(world_.until([](const World& world) { return world.created.at("router") == 4; }));
  drains();
  EXPECT_EQ(receipt_of(std::move(coming)).error, "the engine is stopping");
}

TEST_F(Reload, RefusedWhileTheEngineStops) {
  world_.holds = true;
  start(pipeline("p"));
  world_.give("e", 10);
  ASSERT_TRUE(world_.holds_something());
  engine_->drain();
  write_rules("bbbb");
  const Receipt receipt = reload();
  EXPECT_FALSE(receipt.accepted);
  EXPECT_EQ(receipt.error, "the engine is stopping");
  EXPECT_THAT(receipt.pipelines, IsEmpty());
  world_.let_go();
  ends();
}

TEST_F(Reload, EndsAlsoWhenItRacesWithADrain) {
  for (int round = 0; round < 30; ++round) {
    start(pipeline("p", 2, round % 2 == 0 ? "shelf" : "cupboard"));
    world_.give("e", 20);
    std::vector<std::future<Receipt>> receipts;
    receipts.push_back(reloading());
    receipts.push_back(reloading());
    drains();
    for (std::future<Receipt>& receipt : receipts) {
      receipt_of(std::move(receipt));
    }
    engine_.reset();
    EXPECT_EQ(world_.alive, 0);
  }
}

TEST_F(Reload, OneAfterAnotherLosesNoEventAndStoresNoneTwice) {
  start(pipeline("p", 2, "cupboard"));
  constexpr int kRounds = 50;
  for (int round = 0; round < kRounds; ++round) {
    world_.give("e" + std::to_string(round) + ".", 20);
    const bool refuse = round % 5 == 0;
    world_.set([&](World& world) {
      world.rules.hash = "hash " + std::to_string(round);
      world.rules.refusal = refuse ? "no field 'totl'" : "";
    });
    EXPECT_EQ(reload().accepted, !refuse);
  }
  EXPECT_TRUE(world_.settles(MR_DELIVERED, 20 * kRounds));
  drains();
  EXPECT_EQ(world_.stored.size(), 20u * kRounds);
  for (const auto& [event, times] : world_.stored) {
    EXPECT_EQ(times, 1) << event;
  }
}

} // namespace
} // namespace millrace::runtime
