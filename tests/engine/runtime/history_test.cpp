// What a running engine remembers: receipts, rulesets to go back to, and what it begins with after a restart.
#include "engine/runtime/history.hpp"

#include <gmock/gmock.h>

#include "tests/engine/runtime/running.hpp"

namespace millrace::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// A database that is away.
class Away final : public records::Records {
 public:
  std::string name() const override { return "the database"; }
  void write(std::span<const records::Record>) override { away(); }
  bool put_new(const records::Record&) override { away(); }
  void forget(std::span<const records::Name>) override { away(); }
  std::vector<records::Record> newest(std::string_view, std::string_view, std::size_t) override { away(); }
  std::vector<records::Record> names(std::string_view, std::string_view, std::size_t) override { away(); }
  std::optional<records::Record> get(std::string_view, std::string_view, std::string_view) override { away(); }

 private:
  [[noreturn]] static void away() { throw records::Unavailable("nobody answers"); }
};

class Remembers : public RunningEngine {
 protected:
  Remembers() { history_ = std::make_unique<History>(keeper_); }

  void write_rules(const std::string& hash) {
    world_.set([&](World& world) { world.rules.hash = hash; });
  }
  void reload(const std::string& hash) {
    write_rules(hash);
    ASSERT_TRUE(engine_->reload({"command", "alice@desk"}).accepted);
  }
  std::string active() const { return engine_->rules_json(); }
  void restarts(const std::string& pipelines, const std::string& engine = {}) {
    drains();
    engine_.reset();
    start(pipelines, engine);
  }
  static RulesFiles file(const std::string& text) { return {{"main.rules", text}}; }
  // As if the ruleset had become active in each of these pipelines with one change.
  void was_active(const std::vector<std::string>& pipelines, const std::string& hash, std::int64_t at_us) {
    Receipt receipt;
    receipt.id = record_id(at_us, "test");
    receipt.at_us = at_us;
    std::vector<History::Activated> activated;
    for (const std::string& pipeline : pipelines) {
      receipt.pipelines.emplace_back().pipeline = pipeline;
      activated.push_back({pipeline, hash, std::make_shared<const RulesFiles>(file(hash))});
    }
    EXPECT_EQ(history_->keep(receipt, activated, std::chrono::seconds(0)), "");
  }

  host::Log quiet_{clock_, host::LogForm::kText, MR_LOG_ERROR, [](std::uint32_t, std::string_view) {}};
  records::Memory* here_ = new records::Memory; // the keeper's
  records::Keeper keeper_{std::unique_ptr<records::Records>(here_), nullptr, {}, quiet_, std::chrono::seconds(1)};
};

TEST_F(Remembers, EveryAttemptWithItsReceipt) {
  start(pipeline("p"));
  reload("bbbb");
  world_.set([](World& world) { world.rules.refusal = "no field 'totl'"; });
  EXPECT_FALSE(engine_->reload({"signal", {}}).accepted);
  const std::string text = engine_->history_text(10);
  const std::size_t refused = text.find("reload by signal  refused: ");
  const std::size_t accepted = text.find("reload by command (alice@desk)  accepted  p: aaaa -> bbbb");
  const std::size_t started = text.find("start by start  accepted  p: aaaa\n");
  EXPECT_LT(refused, accepted) << text; // the latest first
  EXPECT_LT(accepted, started) << text;
  EXPECT_NE(started, std::string::npos) << text;
  EXPECT_THAT(engine_->history_json(1), HasSubstr("no field 'totl'"));
  EXPECT_THAT(engine_->history_json(1), Not(HasSubstr("alice")));
}

TEST_F(Remembers, AReceiptById) {
  start(pipeline("p") + pipeline("q"));
  write_rules("bbbb");
  const Receipt receipt = engine_->reload({"command", "alice@desk"});
  EXPECT_EQ(receipt.not_kept, "");
  EXPECT_EQ(engine_->receipt_json(receipt.id), json_of(receipt));
  EXPECT_EQ(engine_->receipt_json("another"), std::nullopt);
  EXPECT_THAT(history_->receipts({"p", "q"}, 10), SizeIs(2)); // once each, and the start
}

TEST_F(Remembers, GoesBackToTheOneBeforeAndForthAgain) {
  start(pipeline("p") + pipeline("q"));
  reload("bbbb");
  Receipt receipt = engine_->rollback({"command", {}}, "");
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_EQ(receipt.what, "rollback");
  EXPECT_THAT(active(), HasSubstr(R"("pipeline":"p","hash":"aaaa")"));
  EXPECT_THAT(active(), HasSubstr(R"("pipeline":"q","hash":"aaaa")"));
  world_.give("e", 10);
  ASSERT_TRUE(world_.settles(MR_DELIVERED, 10));
  EXPECT_EQ(world_.by_hash["aaaa"], 10);
  receipt = engine_->rollback({"command", {}}, "");
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(active(), HasSubstr(R"("pipeline":"p","hash":"bbbb")"));
}

TEST_F(Remembers, GoesBackToAnyByItsHashOrABeginning) {
  start(pipeline("p"));
  for (const char* hash : {"bbbb1", "bbbb2", "cccc"}) {
    reload(hash);
  }
  EXPECT_TRUE(engine_->rollback({"command", {}}, "aaaa").accepted);
  EXPECT_TRUE(engine_->rollback({"command", {}}, "bbbb2").accepted);
  EXPECT_THAT(active(), HasSubstr(R"("hash":"bbbb2")"));
  EXPECT_EQ(engine_->rollback({"command", {}}, "bbbb").error, "'bbbb' is the beginning of 2 rulesets: bbbb1, bbbb2");
  EXPECT_EQ(engine_->rollback({"command", {}}, "dddd").error,
            "there is no ruleset 'dddd'; known, the latest first: bbbb2, aaaa, cccc, bbbb1");
  EXPECT_THAT(engine_->rollback({"command", {}}, "c").error, HasSubstr("give at least 4 characters"));
  EXPECT_THAT(active(), HasSubstr(R"("hash":"bbbb2")"));
}

TEST_F(Remembers, LeavesAPipelineAloneThatNeverHadTheRuleset) {
  start(pipeline("p") + pipeline("q"));
  was_active({"q"}, "eeee", 1);
  const Receipt receipt = engine_->rollback({"command", {}}, "eeee");
  EXPECT_TRUE(receipt.accepted) << receipt.error;
  EXPECT_THAT(receipt.pipelines[0].switched, IsEmpty());
  EXPECT_THAT(receipt.pipelines[1].switched, SizeIs(1));
  EXPECT_THAT(active(), HasSubstr(R"("pipeline":"p","hash":"aaaa")"));
  EXPECT_THAT(active(), HasSubstr(R"("pipeline":"q","hash":"eeee")"));
}

TEST_F(Remembers, RefusesToGoBackWhereThereIsNothingToGoBackTo) {
  start(pipeline("p"));
  const Receipt receipt = engine_->rollback({"command", {}}, "");
  EXPECT_EQ(receipt.error, "no other ruleset was active before this one");
  EXPECT_FALSE(receipt.accepted);
  EXPECT_THAT(engine_->history_text(1), HasSubstr("rollback by command  refused: no other"));
}

TEST_F(Remembers, SaysWhoMayKnowWhatIsNotFound) {
  records::Keeper keeper(std::make_unique<records::Memory>(), std::make_unique<Away>(), {}, quiet_,
                         std::chrono::seconds(60));
  history_ = std::make_unique<History>(keeper);
  start(pipeline("p"));
  const std::string unseen = "; the database does not answer, so what only it keeps is not seen";
  EXPECT_THAT(engine_->rollback({"command", {}}, "dddd").error,
              AllOf(HasSubstr("no ruleset 'dddd'"), HasSubstr(unseen)));
  EXPECT_EQ(engine_->rollback({"command", {}}, "").error, "no other ruleset was active before this one" + unseen);
  EXPECT_THAT(engine_->history_text(10), HasSubstr("\n" + unseen.substr(2) + "\n"));
  drains();
  engine_.reset();
  history_.reset();
}

TEST_F(Remembers, ShowsTheFilesAsTheyWere) {
  start(pipeline("p"));
  reload("bbbb");
  EXPECT_EQ(engine_->rules_files("aaaa"), file("aaaa"));
  EXPECT_THROW(engine_->rules_files("nope"), NoSuchRuleset);
}

TEST_F(Remembers, BeginsWithTheFilesAndWarnsWhenTheyAreNotWhatWasActive) {
  start(pipeline("p"));
  reload("bbbb");
  ASSERT_TRUE(engine_->rollback({"command", {}}, "").accepted);
  restarts(pipeline("p"));
  EXPECT_THAT(active(), HasSubstr(R"("hash":"bbbb")"));
  EXPECT_TRUE(world_.logged("begins with the rules files, which are not what was active last"));
  EXPECT_THAT(engine_->history_text(1), HasSubstr("start by start  accepted  p: aaaa -> bbbb"));
}

TEST_F(Remembers, BeginsWithWhatWasActiveLastWhenItIsToldSo) {
  start(pipeline("p"));
  reload("bbbb");
  ASSERT_TRUE(engine_->rollback({"command", {}}, "").accepted);
  restarts(pipeline("p"), "start_with = \"last\"");
  EXPECT_THAT(active(), HasSubstr(R"("hash":"aaaa")"));
  EXPECT_THAT(engine_->history_text(1), HasSubstr("start by start  accepted  p: aaaa unchanged"));
}

TEST_F(Remembers, SaysTheWayOutWhenWhatWasActiveLastIsRefusedNow) {
  was_active({"p"}, "spoilt", 1);
  make(pipeline("p"), "start_with = \"last\"");
  try {
    engine_->create();
    ADD_FAILURE() << "it does not compile any more";
  } catch (const RouterRefused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("these are the files of ruleset spoilt, which was active last; "
                                          "start_with = \"files\" begins with those on disk"));
  }
}

TEST_F(Remembers, FiftyRulesetsAndNoMore) {
  for (int i = 0; i < 200; ++i) {
    was_active({"p"}, "hash " + std::to_string(i), i);
  }
  const auto rulesets = history_->rulesets("p");
  EXPECT_THAT(rulesets, SizeIs(History::kRulesets));
  EXPECT_EQ(rulesets.front().hash, "hash 199");
  EXPECT_LE(here_->newest("p", "ruleset", 1'000).size(), History::kRulesets + 20);
}

TEST(RulesFilesAsText, ComeBackAsTheyWere) {
  const RulesFiles files{{"rules/main.rules", "edition 1\n"}, {"a b.csv", std::string("x\0file 3 y\n", 11)}, {"c", ""}};
  EXPECT_EQ(rules_files_of(text_of(files)), files);
  EXPECT_EQ(rules_files_of(""), RulesFiles());
  const std::string text = text_of(files);
  for (const std::string& broken : {text.substr(0, text.size() - 1), "x" + text, std::string("file 99 a\nb\n"),
                                    std::string("file x a\nb\n"), std::string("file 1\nb\n")}) {
    EXPECT_EQ(rules_files_of(broken), std::nullopt) << broken;
  }
}

} // namespace
} // namespace millrace::runtime
