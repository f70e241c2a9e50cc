// Another configuration for an engine that runs: what is equal goes on, what differs is exchanged, and what does not
// come up leaves everything as it was.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/engine/runtime/running.hpp"

namespace millrace::runtime {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Configure : public RunningEngine {
 protected:
  // "p" with this source, sinks and number of workers.
  static std::string one(const std::string& source, const std::string& sinks, int workers = 2,
                         const std::string& more = {}) {
    return fmt::format(
        "[pipeline.p]\nworkers = {}\nretry_first = \"2ms\"\nretry_most = \"20ms\"\n{}\nsource.{}\n"
        "router.sorter = {{}}\n{}\n",
        workers, more, source, sinks);
  }
  static inline const std::string kFeed = "feed = {}";
  static inline const std::string kShelf = "sink.shelf = {}";

  void begin(const std::string& pipelines, const std::string& engine = {}) {
    make(pipelines, engine);
    engine_->set_configuration(
        [this](const config::Config&, const std::string& upgrade) {
          return upgrade.empty() ? next_ : configured(next_text_, {}, newer_fake_module());
        },
        [this](const config::Config&) { ++taken_; });
    becomes(pipelines, engine);
    engine_->create();
    start();
    ASSERT_TRUE(becomes_ready());
  }
  void becomes(const std::string& pipelines, const std::string& engine = {}) {
    next_text_ = pipelines;
    next_ = configured(pipelines, engine);
  }
  Receipt receipt_of(std::future<Receipt> coming) {
    if (coming.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
      std::fprintf(stderr, "the change does not end: %s\n", json_of(engine_->status()).c_str());
      std::abort();
    }
    return coming.get();
  }
  std::future<Receipt> reloading() {
    return std::async(std::launch::async, [this] { return engine_->reload({"test", {}}); });
  }
  Receipt reload() { return receipt_of(reloading()); }
  Receipt changes(const std::string& pipelines, const std::string& engine = {}) {
    becomes(pipelines, engine);
    return reload();
  }
  static Trial rehearsal() {
    Trial out;
    out.dry_run = true;
    return out;
  }
  int started(const std::string& where) {
    const std::lock_guard lock(world_.mutex);
    return world_.started[where];
  }
  // Each of them was stored as often as there are sinks.
  void stores_all(int events, int times = 1) {
    ASSERT_TRUE(world_.settles(MR_DELIVERED, events));
    const std::lock_guard lock(world_.mutex);
    EXPECT_EQ(world_.stored.size(), static_cast<std::size_t>(events));
    for (const auto& [event, stored] : world_.stored) {
      EXPECT_EQ(stored, times) << event;
    }
  }

  std::string next_text_;
  config::Config next_;
  std::atomic<int> taken_ = 0;
};

TEST_F(Configure, LeavesWhatIsEqualRunning) {
  begin(one(kFeed, kShelf));
  const Receipt receipt = changes(one(kFeed, kShelf));
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.configuration, IsEmpty());
  EXPECT_EQ(started("tape"), 2);
  EXPECT_EQ(started("hall"), 2);
}

TEST_F(Configure, SwapsAnotherSinkAndOffersItWhatTheOldOneHadNotDone) {
  world_.holds = true;
  begin(one(kFeed, kShelf), "stop_deadline = \"20ms\"");
  world_.give("e", 40);
  ASSERT_TRUE(world_.holds_something());
  becomes(one(kFeed, "sink.shelf = { place = \"cellar\" }"), "stop_deadline = \"20ms\"");
  std::future<Receipt> coming = reloading();
  ASSERT_TRUE(world_.until([](const World& world) { return world.started.contains("cellar"); }));
  world_.let_go();
  const Receipt receipt = receipt_of(std::move(coming));
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.configuration, ElementsAre("sink.shelf of pipeline 'p'"));
  EXPECT_EQ(taken_, 1);
  EXPECT_EQ(started("tape"), 2) << "the sources go on";
  EXPECT_EQ(started("cellar"), 2);
  stores_all(40);
  world_.give("f", 10);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 50));
  const std::lock_guard lock(world_.mutex);
  EXPECT_GE(world_.by_place["cellar"], 10);
}

TEST_F(Configure, TakesNothingOverWhenTheNewSinkDoesNotStart) {
  begin(one(kFeed, kShelf));
  world_.set([](World& world) { world.closed.insert("cellar"); });
  const Receipt receipt = changes(one(kFeed, "sink.shelf = { place = \"cellar\" }"));
  EXPECT_FALSE(receipt.accepted);
  EXPECT_THAT(receipt.error, HasSubstr("sink.shelf of p/0: the new instance does not start: cellar is closed"));
  EXPECT_EQ(taken_, 0);
  ASSERT_TRUE(becomes_ready());
  world_.give("e", 20);
  stores_all(20);
  const std::lock_guard lock(world_.mutex);
  EXPECT_EQ(world_.by_place["hall"], 20);
}

TEST_F(Configure, TakesNothingOverWhenTheNewSinkDoesNotComeUpInTime) {
  const std::string soon = "stop_deadline = \"20ms\"\ncheck_deadline = \"300ms\"";
  begin(one(kFeed, kShelf), soon);
  world_.set([](World& world) { world.absent.insert("cellar"); });
  const Receipt receipt = changes(one(kFeed, "sink.shelf = { place = \"cellar\" }"), soon);
  EXPECT_FALSE(receipt.accepted);
  EXPECT_THAT(receipt.error, HasSubstr("sink.shelf of p/0 did not come up in time"));
  EXPECT_THAT(receipt.error, HasSubstr("cellar is not there"));
  world_.give("e", 20);
  stores_all(20);
}

TEST_F(Configure, RefusesASinkWhoseSystemCannotBeUsedBeforeAnythingIsSwapped) {
  begin(one(kFeed, kShelf));
  world_.set([](World& world) { world.check_finds = "the door is locked"; });
  const Receipt receipt = changes(one(kFeed, "sink.shelf = { place = \"cellar\" }"));
  EXPECT_FALSE(receipt.accepted);
  EXPECT_THAT(receipt.error, HasSubstr("the door is locked"));
  EXPECT_EQ(started("cellar"), 0);
}

TEST_F(Configure, BeginsAnotherSourceBeforeTheOldOneEnds) {
  begin(one(kFeed, kShelf));
  world_.give("e", 50);
  const Receipt receipt = changes(one("feed = { name = \"disc\" }", kShelf));
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.configuration, ElementsAre("source.feed of pipeline 'p'"));
  EXPECT_EQ(started("disc"), 2);
  world_.give("f", 50);
  stores_all(100);
  ASSERT_TRUE(becomes_ready());
  EXPECT_EQ(engine_->status().find("p")->totals.events, 100u) << "of those that left too";
}

TEST_F(Configure, LetsOneSourceOfALogEndBeforeTheOtherBegins) {
  begin(one("reel = {}", kShelf, 1));
  world_.give("e", 50);
  const Receipt receipt = changes(one("reel = { name = \"disc\" }", kShelf, 1));
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_EQ(started("disc"), 1);
  EXPECT_EQ(world_.most_reading, 1);
  world_.give("f", 50);
  stores_all(100);
}

TEST_F(Configure, GoesBackToTheOldSourceWhenTheNewOneDoesNotStart) {
  for (const char* const kind : {"feed", "reel"}) {
    begin(one(fmt::format("{} = {{}}", kind), kShelf, 1));
    world_.set([](World& world) { world.closed = {"disc"}; });
    const Receipt receipt = changes(one(fmt::format("{} = {{ name = \"disc\" }}", kind), kShelf, 1));
    EXPECT_FALSE(receipt.accepted);
    EXPECT_THAT(receipt.error, HasSubstr("disc is closed"));
    ASSERT_TRUE(becomes_ready());
    world_.give(kind, 30);
    ASSERT_TRUE(world_.until([&](const World& world) { return world.stored.contains(std::string(kind) + "29"); }));
    drains();
    engine_.reset();
  }
}

TEST_F(Configure, BuildsWorkersAnewForAnotherSetOfSinks) {
  begin(one(kFeed, kShelf));
  world_.give("e", 20);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 20));
  const Receipt receipt = changes(one(kFeed, "sink.cupboard = { place = \"cellar\" }"));
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.configuration,
              ElementsAre("sink.cupboard of pipeline 'p' (new)", "sink.shelf of pipeline 'p' (gone)"));
  world_.give("f", 20);
  stores_all(40);
  const std::lock_guard lock(world_.mutex);
  EXPECT_EQ(world_.by_place["cellar"], 20);
}

TEST_F(Configure, TakesRulesAndSinksInOneStep) {
  begin(one(kFeed, kShelf));
  world_.set([](World& world) { world.rules.hash = "bbbb"; });
  const Receipt receipt = changes(one(kFeed, "sink.cupboard = {}"));
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_EQ(receipt.pipelines[0].after.hash, "bbbb");
  EXPECT_EQ(receipt.pipelines[0].switched.size(), 2u);
  world_.give("e", 20);
  stores_all(20);
  const std::lock_guard lock(world_.mutex);
  EXPECT_EQ(world_.by_hash["bbbb"], 20);
}

TEST_F(Configure, ReadsRulesAndConfigurationTogetherOrNeither) {
  begin(one(kFeed, kShelf));
  world_.set([](World& world) {
    world.rules.hash = "bbbb";
    world.closed.insert("disc");
  });
  const Receipt receipt = changes(one("feed = { name = \"disc\" }", kShelf));
  EXPECT_FALSE(receipt.accepted);
  EXPECT_THAT(engine_->rules_json(), HasSubstr(R"("hash":"aaaa")"));
  world_.give("e", 20);
  stores_all(20);
  const std::lock_guard lock(world_.mutex);
  EXPECT_EQ(world_.by_hash["aaaa"], 20);
}

TEST_F(Configure, AddsAndTakesAwayWorkers) {
  begin(one(kFeed, kShelf, 2));
  world_.give("e", 100);
  EXPECT_TRUE(changes(one(kFeed, kShelf, 4)).accepted);
  EXPECT_EQ(engine_->status().find("p")->workers.size(), 4u);
  EXPECT_EQ(started("tape"), 4) << "those that ran go on";
  world_.give("f", 100);
  const Receipt fewer = changes(one(kFeed, kShelf, 1));
  EXPECT_TRUE(fewer.accepted) << fewer.error;
  EXPECT_THAT(fewer.configuration, ElementsAre("workers of pipeline 'p'"));
  EXPECT_EQ(engine_->status().find("p")->workers.size(), 1u);
  world_.give("g", 100);
  stores_all(300);
}

TEST_F(Configure, FindsOutBeforehandThatAWorkerCannotBeBuilt) {
  begin(one(kFeed, kShelf, 2));
  world_.set([](World& world) { world.full.insert("p/2"); });
  const Receipt receipt = changes(one("feed = { name = \"disc\" }", kShelf, 3));
  EXPECT_FALSE(receipt.accepted);
  EXPECT_THAT(receipt.error, HasSubstr("there is no room for a shelf here"));
  EXPECT_EQ(started("disc"), 0);
}

// Between the look beforehand and its turn.
TEST_F(Configure, SwapsBackWhatWasSwappedWhenAnotherSinkOfTheWorkerCannotBeMade) {
  const auto two = [](const char* place) {
    return fmt::format("sink.shelf = {{ place = \"{0}\" }}\nsink.other = {{ plugin = \"shelf\", place = \"{0} too\" }}",
                       place);
  };
  world_.set([](World& world) { world.sink = "shelf"; });
  begin(one(kFeed, two("hall"), 1));
  world_.set([](World& world) {
    world.before_start = [](World& now, const std::string& where) {
      if (where == "cellar") {
        now.full.insert("p/0");
      }
    };
  });
  const Receipt receipt = changes(one(kFeed, two("cellar"), 1));
  EXPECT_FALSE(receipt.accepted);
  EXPECT_THAT(receipt.error, HasSubstr("there is no room for a shelf here"));
  ASSERT_TRUE(world_.until([](const World& world) { return world.started.at("hall") >= 2; }))
      << "the first one is back";
}

TEST_F(Configure, AddsAndTakesAwayPipelines) {
  begin(one(kFeed, kShelf));
  Receipt receipt = changes(one(kFeed, kShelf) + pipeline("q"));
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.configuration, ElementsAre("pipeline 'q' (new)"));
  ASSERT_EQ(receipt.pipelines.size(), 2u);
  EXPECT_EQ(receipt.pipelines[1].before.hash, "");
  EXPECT_EQ(receipt.pipelines[1].after.hash, "aaaa");
  EXPECT_EQ(engine_->status().pipelines.size(), 2u);
  world_.give("e", 100);
  receipt = changes(pipeline("q"));
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.configuration, ElementsAre("pipeline 'p' (gone)"));
  EXPECT_THAT(text_of(receipt), HasSubstr("pipeline p: aaaa, drained and gone"));
  EXPECT_EQ(engine_->status().pipelines.size(), 1u);
  world_.give("f", 100);
  stores_all(200);
}

TEST_F(Configure, LeavesAPipelineOutThatDoesNotStart) {
  begin(one(kFeed, kShelf));
  world_.set([](World& world) { world.closed.insert("disc"); });
  const std::string q = "[pipeline.q]\nsource.feed = { name = \"disc\" }\nrouter.sorter = {}\nsink.shelf = {}\n";
  const Receipt receipt = changes(one(kFeed, "sink.shelf = { place = \"cellar\" }") + q);
  EXPECT_FALSE(receipt.accepted);
  EXPECT_THAT(receipt.error, HasSubstr("disc is closed"));
  EXPECT_EQ(engine_->status().pipelines.size(), 1u);
  EXPECT_EQ(engine_->refusal(), "");
  EXPECT_EQ(started("cellar"), 0);
  world_.give("e", 20);
  stores_all(20);
}

TEST_F(Configure, ChangesNumbersWithoutTouchingAnInstance) {
  begin(one(kFeed, kShelf), "memory = \"64MiB\"");
  const Receipt receipt =
      changes(one(kFeed, kShelf, 2, "delivery_events = 7\ninvalid = \"refuse\""), "memory = \"32MiB\"");
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.configuration,
              ElementsAre("memory of [engine]", "delivery_events of pipeline 'p'", "invalid of pipeline 'p'"));
  EXPECT_EQ(engine_->status().find("p")->bytes_limit, 32u << 20);
  EXPECT_EQ(started("tape"), 2);
  EXPECT_EQ(started("hall"), 2);
  world_.give("e", 50);
  stores_all(50);
}

TEST_F(Configure, SaysWhatTakesARestartAndWhy) {
  begin(one(kFeed, kShelf));
  const Receipt receipt = changes(one(kFeed, kShelf), "state = \"elsewhere\"\nlog_format = \"json\"");
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.configuration, IsEmpty());
  EXPECT_THAT(receipt.notes, Contains(HasSubstr("state of [engine] takes a restart: the receipts and rulesets")));
  EXPECT_THAT(receipt.notes, Contains(HasSubstr("log_format of [engine] takes a restart: ")));
  EXPECT_THAT(reload().notes, Contains(HasSubstr("state of [engine] takes a restart"))) << "as long as it is so";
}

TEST_F(Configure, LeavesItToEachEngineWhenAllChangeTheirRules) {
  begin(one(kFeed, kShelf, 2));
  becomes(one(kFeed, kShelf, 3));
  const Receipt receipt = receipt_of(std::async(std::launch::async, [this] {
    return engine_->reload_all({"test", {}}, rehearsal());
  }));
  EXPECT_THAT(receipt.notes, ElementsAre(HasSubstr("a reload of this engine alone takes it: workers of pipeline 'p'")));
  EXPECT_THAT(receipt.configuration, IsEmpty());
}

TEST_F(Configure, ShowsInADryRunWhatWouldBeExchanged) {
  begin(one(kFeed, kShelf, 2));
  becomes(one("feed = { name = \"disc\" }", kShelf, 3) + pipeline("q"));
  const Receipt receipt = receipt_of(std::async(std::launch::async, [this] {
    return engine_->reload({"test", {}}, rehearsal());
  }));
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.configuration,
              ElementsAre("workers of pipeline 'p'", "source.feed of pipeline 'p'", "pipeline 'q' (new)"));
  EXPECT_EQ(started("disc"), 0);
  EXPECT_EQ(engine_->status().pipelines.size(), 1u);
}

TEST_F(Configure, RefusesAConfigurationThatCannotBeRead) {
  begin(one(kFeed, kShelf));
  engine_->set_configuration(
      [](const config::Config&, const std::string&) -> config::Config { throw std::runtime_error("line 3 is torn"); },
      nullptr);
  world_.set([](World& world) { world.rules.hash = "bbbb"; });
  const Receipt receipt = reload();
  EXPECT_FALSE(receipt.accepted);
  EXPECT_EQ(receipt.error, "line 3 is torn");
  EXPECT_THAT(engine_->rules_json(), HasSubstr(R"("hash":"aaaa")"));
}

TEST_F(Configure, RefusesAConfigurationWithoutAPipeline) {
  begin(one(kFeed, kShelf));
  next_.pipelines.clear();
  EXPECT_THAT(reload().error, HasSubstr("has no pipeline any more"));
  EXPECT_EQ(engine_->status().pipelines.size(), 1u);
}

TEST_F(Configure, GoesOverToANewerPluginAndKeepsTheRulesThatAreActive) {
  begin(one(kFeed, kShelf));
  world_.give("e", 50);
  world_.set([](World& world) { world.rules.hash = "bbbb"; });
  const Receipt receipt = receipt_of(std::async(std::launch::async, [this] {
    return engine_->upgrade({"test", {}}, "shelf");
  }));
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_EQ(receipt.what, "upgrade");
  EXPECT_THAT(receipt.configuration, Contains("sink.shelf (plugin shelf 1.0.0 -> shelf 1.1.0) of pipeline 'p'"));
  EXPECT_THAT(engine_->rules_json(), HasSubstr(R"("hash":"aaaa")"));
  EXPECT_EQ(started("tape"), 4) << "its module has all of them";
  world_.give("f", 50);
  stores_all(100);
}

TEST_F(Configure, EndsInTheMiddleOfAChange) {
  world_.holds = true;
  begin(one(kFeed, kShelf), "stop_deadline = \"10s\"");
  world_.give("e", 40);
  ASSERT_TRUE(world_.holds_something());
  becomes(one("feed = { name = \"disc\" }", kShelf), "stop_deadline = \"10s\"");
  std::future<Receipt> coming = reloading();
  ASSERT_TRUE(world_.until([](const World& world) { return world.started.contains("disc"); }));
  engine_->drain();
  world_.let_go();
  receipt_of(std::move(coming));
  ends();
  const std::lock_guard lock(world_.mutex);
  EXPECT_EQ(world_.stored.size() + world_.waiting.size(), 40u);
  for (const auto& [event, stored] : world_.stored) {
    EXPECT_EQ(stored, 1) << event;
  }
}

// What goes by while everything is exchanged again and again: each event once.
TEST_F(Configure, LosesNothingAndDoublesNothingOverTwoHundredChangesUnderLoad) {
  begin(one(kFeed, kShelf, 2) + pipeline("q"));
  std::atomic<bool> going = true;
  std::atomic<int> given = 0;
  std::thread load([&] {
    while (going) {
      const int round = given.fetch_add(20) / 20;
      world_.give(fmt::format("r{}-", round), 20);
      world_.until([&](const World& world) { return world.waiting.size() < 200; });
    }
  });
  const std::vector<std::string> all{
      one(kFeed, "sink.shelf = { place = \"cellar\" }", 2) + pipeline("q"),
      one("feed = { name = \"disc\" }", kShelf, 2) + pipeline("q"),
      one("reel = {}", "sink.shelf = { plugin = \"cupboard\" }", 1),
      one(kFeed, "sink.cupboard = {}", 3) + pipeline("q", 2),
      one("reel = { name = \"disc\" }", kShelf, 2, "delivery_events = 3") + pipeline("s"),
  };
  for (int i = 0; i < 200; ++i) {
    world_.set([&](World& world) {
      world.rules.hash = fmt::format("{:04}", i);
      world.rules.targets = {"shelf"};
      world.closed = i % 7 == 3 ? std::set<std::string>{"cellar", "disc"} : std::set<std::string>{};
    });
    const Receipt receipt = changes(all[static_cast<std::size_t>(i) % all.size()]);
    if (i % 7 != 3) {
      ASSERT_TRUE(receipt.accepted) << i << ": " << text_of(receipt);
    }
  }
  going = false;
  load.join();
  ASSERT_TRUE(world_.settles(MR_DELIVERED, given));
  const std::lock_guard lock(world_.mutex);
  EXPECT_EQ(world_.stored.size(), static_cast<std::size_t>(given));
  for (const auto& [event, stored] : world_.stored) {
    ASSERT_EQ(stored, 1) << event;
  }
  EXPECT_EQ(world_.settled[MR_FAILED], 0);
}

} // namespace
} // namespace millrace::runtime
