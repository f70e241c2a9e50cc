// Engines that share a pipeline: who there is, and changes that all of them make or none.
#include "engine/runtime/council.hpp"

#include <gmock/gmock.h>

#include "tests/engine/runtime/running.hpp"

namespace millrace::runtime {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// What they share. It can be away.
class Shared final : public records::Records {
 public:
  std::string name() const override { return "what they share"; }
  void write(std::span<const records::Record> records) override {
    for (const records::Record& record : records) {
      refuse(record.kind);
    }
    reached().write(records);
    for (const records::Record& record : records) {
      written_(record);
    }
  }
  bool put_new(const records::Record& record) override {
    refuse(record.kind);
    return reached().put_new(record);
  }
  using Records::forget;
  void forget(std::span<const records::Name> names) override { reached().forget(names); }
  std::vector<records::Record> newest(std::string_view scope, std::string_view kind, std::size_t limit) override {
    return reached().newest(scope, kind, limit);
  }
  std::vector<records::Record> names(std::string_view scope, std::string_view kind, std::size_t limit) override {
    return reached().names(scope, kind, limit);
  }
  std::optional<records::Record> get(std::string_view scope, std::string_view kind, std::string_view key) override {
    if (kind == "decision" && unread_decisions_ > 0) {
      --unread_decisions_;
      throw records::Unavailable("nobody answers at db:5432");
    }
    return reached().get(scope, kind, key);
  }
  std::atomic<bool> away_ = false;
  std::atomic<int> unread_decisions_ = 0; // so often they cannot be read
  // Set before any engine joins.
  std::string refused_kind_;
  std::function<void(const records::Record&)> written_ = [](const records::Record&) {};

 private:
  void refuse(const std::string& kind) const {
    if (refused_kind_ == kind) {
      throw records::Unavailable("the disk is full");
    }
  }
  records::Records& reached() {
    if (away_) {
      throw records::Unavailable("nobody answers at db:5432");
    }
    return memory_;
  }
  records::Memory memory_;
};

constexpr CouncilSettings kQuick{.beat = std::chrono::milliseconds(2),
                                 .tell = std::chrono::milliseconds(4),
                                 .vanished = std::chrono::milliseconds(400),
                                 .prepare = std::chrono::seconds(15),
                                 .decide = std::chrono::seconds(20),
                                 .switched = std::chrono::seconds(10)};

class Together : public RunningEngine {
 protected:
  ~Together() override {
    for (std::unique_ptr<Engine>& other : others_) {
      leaves(other);
    }
  }
  // One more engine, which has joined.
  Engine& joins(const std::string& pipelines, const CouncilSettings& settings = kQuick) {
    Engine& engine = *others_.emplace_back(
        std::make_unique<Engine>(configured(pipelines, {}),
                                 host::Services{clock_, log_, *metrics_of_.emplace_back(new host::Metrics)}, nullptr));
    engine.create();
    engine.start();
    engine.join(shared_, "127.0.0.1:1", settings);
    return engine;
  }
  static void leaves(std::unique_ptr<Engine>& engine) {
    if (engine != nullptr) {
      engine->drain();
      engine->wait();
      engine.reset();
    }
  }
  // Until the engine knows of so many, itself included.
  static bool knows(const Engine& engine, std::ptrdiff_t count) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string text;
    do {
      text = engine.engines_text();
    } while (std::ranges::count(text, '\n') < count && std::chrono::steady_clock::now() < give_up);
    return std::ranges::count(text, '\n') >= count;
  }
  void write_rules(const std::string& hash) {
    world_.set([&](World& world) { world.rules.hash = hash; });
  }
  static std::string active(const Engine& engine) {
    const std::string json = engine.rules_json();
    const std::size_t at = json.find(R"("hash":")") + 8;
    return json.substr(at, json.find('"', at) - at);
  }

  static bool becomes(const Engine& engine, const std::string& hash) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (active(engine) != hash && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::yield();
    }
    return active(engine) == hash;
  }

  Shared shared_;
  std::vector<std::unique_ptr<host::Metrics>> metrics_of_;
  std::vector<std::unique_ptr<Engine>> others_;
};

TEST_F(Together, EnginesOfOnePipelineKnowEachOtherAndWarnOfAMix) {
  const Engine& first = joins(pipeline("p"));
  ASSERT_TRUE(knows(first, 1));
  write_rules("bbbb");
  joins(pipeline("p"));
  joins(pipeline("q"));         // none of theirs
  ASSERT_TRUE(knows(first, 3)); // two, and the warning
  EXPECT_THAT(first.engines_text(),
              AllOf(HasSubstr("aaaa"), HasSubstr("bbbb"), HasSubstr("this one"),
                    HasSubstr("warning: the engines of pipeline 'p' have different rulesets"), Not(HasSubstr("q "))));
  EXPECT_THAT(first.engines_json(), HasSubstr(R"("admin":"127.0.0.1:1","vanished":false)"));
}

TEST_F(Together, StatusTellsOfOthersAndNothingWhereThereAreNone) {
  const Engine& first = joins(pipeline("p") + pipeline("q"));
  ASSERT_TRUE(knows(first, 2));
  EXPECT_THAT(first.status().engines, IsEmpty());
  write_rules("bbbb");
  joins(pipeline("p"));
  ASSERT_TRUE(knows(first, 4)); // of p two, of q one, and the warning
  const Status status = first.status();
  EXPECT_THAT(status.engines, SizeIs(2));
  EXPECT_THAT(text_of(status), AllOf(HasSubstr("this one\n"), HasSubstr("warning: the engines of pipeline 'p'")));
}

TEST_F(Together, AllSwitchToWhatOneReads) {
  Engine& first = joins(pipeline("p") + pipeline("q"));
  const Engine& second = joins(pipeline("p", 2));
  const Engine& third = joins(pipeline("q"));
  ASSERT_TRUE(knows(first, 4));
  write_rules("bbbb");
  const Receipt receipt = first.reload_all({"command", {}});
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.engines, SizeIs(2));
  for (const Vote& vote : receipt.engines) {
    EXPECT_EQ(vote.text, "switched");
  }
  for (const Engine* engine : {static_cast<const Engine*>(&first), &second, &third}) {
    EXPECT_EQ(active(*engine), "bbbb");
  }
}

TEST_F(Together, WhatIsDecidedForSeveralPipelinesHoldsUpNoOtherEngine) {
  Engine& first = joins(pipeline("p") + pipeline("q"));
  Engine& second = joins(pipeline("p") + pipeline("q"));
  ASSERT_TRUE(knows(first, 4));
  ASSERT_TRUE(knows(second, 4));
  write_rules("bbbb");
  EXPECT_TRUE(first.reload_all({"command", {}}).accepted);
  write_rules("cccc");
  const Receipt receipt = second.reload_all({"command", {}});
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_EQ(active(first), "cccc");
}

TEST_F(Together, NoneSwitchesWhenOneRefuses) {
  Engine& first = joins(pipeline("p"));
  const Engine& second = joins(pipeline("p"));
  ASSERT_TRUE(knows(first, 2));
  write_rules("spoilt"); // compiles here, and not from its files
  const Receipt receipt = first.reload_all({"command", {}});
  EXPECT_FALSE(receipt.accepted);
  EXPECT_THAT(receipt.error, HasSubstr("refused: router.sorter of p/0 (plugin sorter 1.0.0): 1 error in main.rules"));
  EXPECT_EQ(active(first), "aaaa");
  EXPECT_EQ(active(second), "aaaa");
  write_rules("cccc"); // and nobody is left behind waiting
  EXPECT_TRUE(first.reload_all({"command", {}}).accepted);
  EXPECT_EQ(active(second), "cccc");
}

TEST_F(Together, TwoAtOnceAreNeverMixed) {
  Engine& first = joins(pipeline("p"));
  Engine& second = joins(pipeline("p"));
  ASSERT_TRUE(knows(first, 2));
  ASSERT_TRUE(knows(second, 2));
  for (int round = 0; round < 10; ++round) {
    write_rules("hash " + std::to_string(round));
    std::future<Receipt> other = std::async(std::launch::async, [&] { return second.reload_all({"command", {}}); });
    const Receipt mine = first.reload_all({"command", {}});
    const Receipt others = other.get();
    EXPECT_EQ(active(first), active(second)) << mine.error << "; " << others.error;
  }
}

TEST_F(Together, OneThatIsChangingJustThenRefuses) {
  Engine& first = joins(pipeline("p"));
  Engine& second = joins(pipeline("p"));
  ASSERT_TRUE(knows(second, 2));
  std::future<Receipt> trying = std::async(std::launch::async, [&] {
    return first.reload({"command", {}}, {.shadow = std::chrono::seconds(1), .most_changed = {}});
  });
  ASSERT_TRUE(world_.until([](const World& world) { return world.created.at("router") == 6; })); // it has prepared
  EXPECT_THAT(second.reload_all({"command", {}}).error, HasSubstr("refused: another change is under way"));
  EXPECT_TRUE(trying.get().accepted);
}

TEST_F(Together, OneThatVanishedIsShownAndHoldsNobodyUp) {
  Engine& first = joins(pipeline("p"));
  shared_.put({"p", "engine", "there:1:2", 1, R"({"hash":"aaaa","admin":""})"});
  ASSERT_TRUE(knows(first, 2));
  write_rules("bbbb");
  const Receipt receipt = first.reload_all({"command", {}});
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  ASSERT_THAT(receipt.engines, SizeIs(1));
  EXPECT_EQ(receipt.engines[0].engine, "there:1:2");
  EXPECT_EQ(receipt.engines[0].text, "vanished");
  EXPECT_THAT(text_of(receipt), HasSubstr("engine there:1:2: vanished"));
}

TEST_F(Together, OneThatIsThereAndSaysNothingMeansNo) {
  CouncilSettings settings = kQuick;
  settings.prepare = std::chrono::milliseconds(150);
  settings.vanished = std::chrono::hours(1);
  Engine& first = joins(pipeline("p"), settings);
  shared_.put({"p", "engine", "there:1:2", 1, R"({"hash":"aaaa","admin":""})"});
  ASSERT_TRUE(knows(first, 2));
  write_rules("bbbb");
  const Receipt receipt = first.reload_all({"command", {}});
  EXPECT_EQ(receipt.error, "engine there:1:2: no answer");
  EXPECT_EQ(active(first), "aaaa");
}

TEST_F(Together, WhoeverPreparedGoesBackWhenNobodyDecides) {
  CouncilSettings settings = kQuick;
  settings.decide = std::chrono::milliseconds(100);
  Engine& first = joins(pipeline("p"), settings);
  ASSERT_TRUE(knows(first, 1));
  // The engine that proposes is gone as soon as it has.
  shared_.put({"p", "proposal", "bbbb", 1, text_of(RulesFiles{{"main.rules", "bbbb"}})});
  shared_.put({"p", "order", "order", 1, R"({"id":"o1","engine":"gone:1:2","state":"prepare","hashes":{"p":"bbbb"}})"});
  EXPECT_TRUE(world_.logged("did not decide in time"));
  EXPECT_EQ(active(first), "aaaa");
  EXPECT_EQ(
      shared_.get("p", "answer", "o1 " + first.engines_json().substr(11, first.engines_json().find('"', 11) - 11))
          ->bytes,
      "prepared");
  write_rules("cccc");
  EXPECT_TRUE(first.reload({"command", {}}).accepted);
}

// What an engine leaves that is gone as soon as it has proposed.
void proposes_and_goes(Shared& shared) {
  shared.put({"p", "engine", "gone:1:2", 1, R"({"hash":"aaaa","admin":""})"});
  shared.put({"p", "proposal", "bbbb", 1, text_of(RulesFiles{{"main.rules", "bbbb"}})});
  shared.put({"p", "order", "order", 1, R"({"id":"o1","engine":"gone:1:2","state":"prepare","hashes":{"p":"bbbb"}})"});
}

TEST_F(Together, WhoeverWaitsForOneThatVanishedDecidesThatNobodySwitches) {
  CouncilSettings settings = kQuick;
  settings.vanished = std::chrono::milliseconds(50);
  Engine& first = joins(pipeline("p"), settings);
  ASSERT_TRUE(knows(first, 1));
  proposes_and_goes(shared_);
  ASSERT_TRUE(world_.logged("gone:1:2, vanished before it decided"));
  EXPECT_EQ(active(first), "aaaa");
  EXPECT_EQ(shared_.get("p", "decision", "o1")->bytes, "abort");
  write_rules("cccc");
  const Receipt receipt = first.reload_all({"command", {}});
  EXPECT_TRUE(receipt.accepted) << receipt.error;
}

TEST_F(Together, WhoeverGivesUpTooLateDoesWhatWasDecided) {
  CouncilSettings settings = kQuick;
  settings.decide = std::chrono::nanoseconds(0);
  shared_.written_ = [this](const records::Record& record) {
    if (record.kind == "answer" && record.bytes == "prepared") {
      shared_.put_new({"p", "decision", "o1", 1, "commit"});
    }
  };
  Engine& first = joins(pipeline("p"), settings);
  ASSERT_TRUE(knows(first, 1));
  proposes_and_goes(shared_);
  EXPECT_TRUE(becomes(first, "bbbb"));
}

TEST_F(Together, NoneSwitchesWhenOneThatWaitedWasFirstToDecide) {
  shared_.written_ = [this](const records::Record& record) {
    if (record.kind == "answer" && record.bytes == "prepared") {
      shared_.put_new({"p", "decision", record.key.substr(0, record.key.find(' ')), 1, "abort"});
    }
  };
  Engine& first = joins(pipeline("p"));
  const Engine& second = joins(pipeline("p"));
  ASSERT_TRUE(knows(first, 2));
  write_rules("bbbb");
  EXPECT_THAT(first.reload_all({"command", {}}).error, HasSubstr("called it off; try again"));
  EXPECT_EQ(active(first), "aaaa");
  EXPECT_EQ(active(second), "aaaa");
}

TEST_F(Together, ADecisionThatCannotBeReadForAMomentIsFollowed) {
  shared_.written_ = [this](const records::Record& record) {
    shared_.unread_decisions_ = record.bytes == "prepared" ? 3 : shared_.unread_decisions_.load();
  };
  Engine& first = joins(pipeline("p"));
  const Engine& second = joins(pipeline("p"));
  ASSERT_TRUE(knows(first, 2));
  write_rules("bbbb");
  const Receipt receipt = first.reload_all({"command", {}});
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_EQ(active(second), "bbbb");
}

TEST_F(Together, NobodySwitchesWhileWhatTheyShareIsAway) {
  Engine& first = joins(pipeline("p"));
  const Engine& second = joins(pipeline("p"));
  ASSERT_TRUE(knows(first, 2));
  shared_.away_ = true;
  write_rules("bbbb");
  const Receipt receipt = first.reload_all({"command", {}});
  EXPECT_EQ(receipt.error, "nobody answers at db:5432");
  EXPECT_EQ(active(first), "aaaa");
  shared_.away_ = false;
  EXPECT_TRUE(first.reload_all({"command", {}}).accepted);
  EXPECT_EQ(active(second), "bbbb");
}

TEST_F(Together, OneThatLeavesIsNoLongerAsked) {
  Engine& first = joins(pipeline("p"));
  joins(pipeline("p"));
  ASSERT_TRUE(knows(first, 2));
  leaves(others_.back());
  write_rules("bbbb");
  const Receipt receipt = first.reload_all({"command", {}});
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.engines, IsEmpty());
}

TEST_F(Together, AnEngineAloneSaysSo) {
  start(pipeline("p"));
  EXPECT_THAT(engine_->reload_all({"command", {}}).error, HasSubstr("shares no records with others"));
}

} // namespace
} // namespace millrace::runtime
