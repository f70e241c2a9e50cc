// Whole workers with scripted plugins: the rules of the way, one by one.
#include <gtest/gtest.h>

#include "tests/flow/stage.hpp"

namespace millrace::flow {
namespace {

using Lines = std::vector<std::string>;
using Options = Stage::Options;

mr_outcome outcome(std::uint32_t part, std::uint32_t record, std::uint32_t what) {
  return {part, record, what, 0, {fake::str("X1"), fake::str("bad"), {}, {}, {}}};
}

// ---- outcomes
// ------------------------------------------------------------------------------------------------------------------

TEST(Worker, SettlesAfterTheSinkGaveBackAndNotBefore) {
  Stage stage;
  stage.give({"a1", "a2"});
  stage.run();
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 1", "write 1 1(a1,a2)"}));
  EXPECT_EQ(stage.source.plugin.take_calls(), Lines{});
  stage.a.complete(1, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:22"}));
}

TEST(Worker, FiltersAnEventForWhichNothingIsEmitted) {
  Stage stage;
  stage.give({"-", "a1"});
  stage.run();
  stage.a.complete(1, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:12"}));
}

TEST(Worker, PutsManySmallBatchesIntoOneCallAndOneDelivery) {
  Stage stage;
  for (int i = 0; i < 5; ++i) {
    stage.give({"a" + std::to_string(i)});
  }
  stage.run();
  EXPECT_EQ(stage.router.sizes, (std::vector<std::size_t>{5}));
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 1", "write 1 1(a0,a1,a2,a3,a4)"}));
  stage.a.complete(1, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:2", "2:2", "3:2", "4:2", "5:2"}));
}

TEST(Worker, TakesTheWorstOfTwoSinks) {
  Options options;
  options.two_sinks = true;
  Stage stage(options);
  stage.give({"a1 b1", "b2"});
  stage.run();
  stage.b.complete(1, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), Lines{});
  stage.a.complete(1, MR_RECORD_REJECTED);
  stage.run();
  EXPECT_EQ(stage.a.take_log().back(), "write 2 3(a1 b1)"); // its dead letter
  stage.a.complete(2, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:3(refused)2"}));
}

TEST(Worker, DeadLettersWhatTheRouterRejects) {
  Stage stage;
  stage.a.at_once = true;
  stage.give({"!", "a1"});
  stage.run();
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 3", "bind 1", "write 1 3(!) 1(a1)"}));
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:3(E1)2"}));
}

TEST(Worker, BlamesARouterThatWishesDeadLettersWhereItMayNot) {
  Options options;
  options.dead_letters = false;
  Stage stage(options);
  stage.give({"?"});
  stage.run();
  EXPECT_EQ(stage.violations.size(), 1U);
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:4(E1)"}));
}

TEST(Worker, RejectsForGoodWhereThereIsNoDeadLetter) {
  Options options;
  options.dead_letters = false;
  Stage stage(options);
  stage.give({"!", "a1"});
  stage.run();
  stage.a.complete(1, MR_RECORD_OK, {outcome(0, 0, MR_RECORD_REJECTED)});
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:4(E1)4(X1)"}));
}

TEST(Worker, RefusesWhatTheRouterRejectsWhereThePipelineSaysSo) {
  Options options;
  options.settings.refuse_invalid = true;
  Stage stage(options);
  stage.give({"!", "a1", "a2"});
  stage.run();
  EXPECT_EQ(stage.a.take_log().back(), "write 1 1(a1,a2)");
  stage.a.complete(1, MR_RECORD_OK, {outcome(0, 0, MR_RECORD_REJECTED)});
  stage.run();
  EXPECT_EQ(stage.a.take_log().back(), "write 2 3(a1)"); // what a sink finds wrong is kept either way
  stage.a.complete(2, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:4(E1)3(X1)2"}));
}

TEST(Worker, RefusesAlsoWhereTheSinkStoresDeadLettersItself) {
  Options options;
  options.settings.refuse_invalid = true;
  options.two_sinks = true;
  options.b_stores_positions = true;
  Stage stage(options);
  stage.b.at_once = true;
  stage.give({"!", "b1"});
  stage.run();
  EXPECT_EQ(stage.b.take_log(), (Lines{"bind 2", "write 1 2(b1)"}));
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:4(E1)2"}));
}

TEST(Worker, CountsTheTargetsThatTheSinkRefuses) {
  Stage stage;
  const Count& held = stage.worker->counters().sinks[0].held;
  stage.a.binds = {MR_TRANSIENT, MR_INVALID};
  stage.give({"a1", "!"});
  stage.run();
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 1", "bind 3"}));
  EXPECT_EQ(held.get(), 2u);
  stage.pass(60 * kSecond);
  EXPECT_EQ(held.get(), 0u);
}

TEST(Worker, HoldsNoTargetsForAnotherInstanceOfTheSink) {
  Stage stage;
  const Count& held = stage.worker->counters().sinks[0].held;
  stage.a.binds = {MR_INVALID};
  stage.give({"a1"});
  stage.run();
  ASSERT_EQ(held.get(), 1u);
  ScriptedSink next;
  next.starts = {MR_TRANSIENT};
  stage.worker->swap_sink(0, stage.sink_instance(next, false, false, "sink.a"), kNever, [](std::string_view) {});
  stage.run();
  EXPECT_EQ(held.get(), 0u) << "it was not asked yet";
  stage.worker->drain(stage.now);
  stage.pass(60 * kSecond);
}

TEST(Worker, FailsAnEventWhoseDeadLetterIsRefused) {
  Stage stage;
  stage.give({"!"});
  stage.run();
  stage.a.complete(1, MR_RECORD_REJECTED);
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:6(E1)"}));
}

TEST(Worker, TakesADeadLetterThatTheSinkStoredItself) {
  Stage stage;
  stage.give({"a1", "a2"});
  stage.run();
  stage.a.complete(1, MR_RECORD_OK, {outcome(0, 1, MR_RECORD_STORED_DEAD)});
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:23(X1)"}));
}

// ---- retry
// ---------------------------------------------------------------------------------------------------------------------

TEST(Worker, TriesOnlyWhatFailedAgainInOrderUnderANewId) {
  Stage stage;
  stage.give({"a1", "a2", "a3"});
  stage.run();
  stage.a.take_log();
  stage.a.complete(1, MR_RECORD_TRANSIENT, {outcome(0, 1, MR_RECORD_OK)});
  stage.run();
  EXPECT_EQ(stage.a.take_log(), Lines{}); // not at once
  stage.pass(kSecond);
  EXPECT_EQ(stage.a.take_log(), (Lines{"write 2/1#2 1(a1,a3)"}));
  stage.a.complete(2, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:222"}));
}

TEST(Worker, OffersOneBatchADeliveryFromTheThirdAttemptOn) {
  Stage stage;
  stage.give({"a1"});
  stage.give({"a2"});
  stage.run();
  stage.a.take_log();
  stage.a.complete(1, MR_RECORD_TRANSIENT);
  stage.pass(kSecond);
  EXPECT_EQ(stage.a.take_log(), (Lines{"write 2/1#2 1(a1,a2)"}));
  stage.a.complete(2, MR_RECORD_TRANSIENT);
  stage.pass(kSecond);
  EXPECT_EQ(stage.a.take_log(), (Lines{"write 3/1#3 1(a1)"}));
  stage.a.complete(3, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.a.take_log(), (Lines{"write 4/1#3 1(a2)"}));
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:2"}));
}

TEST(Worker, NeverDeadLettersForTransientAlone) {
  Stage stage;
  stage.give({"a1"});
  stage.run();
  for (std::uint64_t attempt = 1; attempt < 40; ++attempt) {
    stage.a.complete(attempt, MR_RECORD_TRANSIENT);
    stage.pass(20 * kSecond);
    ASSERT_EQ(stage.a.open, (std::vector<std::uint64_t>{attempt + 1}));
  }
  EXPECT_EQ(stage.source.plugin.take_calls(), Lines{});
}

TEST(Worker, OffersLessAndLessWhileNothingSucceedsAndAllOnceItDoes) {
  Options options;
  options.settings.retry = {kSecond, 60 * kSecond};
  Stage stage(options);
  stage.a.most = 8;
  stage.a.writes.assign(50, MR_TRANSIENT);
  for (int i = 0; i < 200; ++i) {
    stage.give({"a" + std::to_string(i)});
    stage.pass(kSecond / 10); // 20 s of new batches
  }
  EXPECT_LE(stage.a.take_log().size(), 12u);
  stage.a.writes.clear();
  stage.a.at_once = true;
  stage.pass(120 * kSecond);
  EXPECT_EQ(stage.source.plugin.take_calls().size(), 200u);
}

TEST(Worker, HoldsWhatAWriteDoesNotAccept) {
  Stage stage;
  stage.a.writes = {MR_TRANSIENT, MR_INVALID};
  stage.give({"a1"});
  stage.pass(30 * kSecond);
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 1", "write 1 1(a1)", "write 2/1#2 1(a1)", "write 3/1#3 1(a1)"}));
}

// ---- order
// ---------------------------------------------------------------------------------------------------------------------

TEST(Worker, GivesASinkThatPromisesOrderOneDeliveryForEachPartition) {
  Options options;
  options.a_ordered = true;
  Stage stage(options);
  stage.a.most = 8;
  stage.give({"a0"}, 0, 0);
  stage.run();
  stage.give({"a1"}, 0, 1);
  stage.give({"a2"}, 1, 0);
  stage.run();
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 1", "write 1 1(a0)", "write 2 1(a2)"}));
  stage.a.complete(1, MR_RECORD_TRANSIENT);
  stage.run();
  EXPECT_EQ(stage.a.take_log(), Lines{}); // a1 waits behind what is tried again
  stage.pass(kSecond);
  EXPECT_EQ(stage.a.take_log(), (Lines{"write 3/1#2 1(a0)"}));
  stage.a.complete(3, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.a.take_log(), (Lines{"write 4 1(a1)"}));
}

TEST(Worker, SettlesInOrderWithinAPartition) {
  Stage stage;
  stage.a.most = 8;
  stage.give({"a0"}, 0, 0);
  stage.run();
  stage.give({"a1"}, 0, 1);
  stage.run();
  stage.a.complete(2, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), Lines{});
  stage.a.complete(1, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:2", "2:2"}));
}

TEST(Worker, KeepsToTheNumberOfDeliveriesThatASinkWants) {
  Stage stage;
  stage.a.most = 2;
  for (int i = 0; i < 4; ++i) {
    stage.give({"a" + std::to_string(i)});
    stage.run();
  }
  EXPECT_EQ(stage.a.open.size(), 2u);
  stage.a.complete(1, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.a.take_log().back(), "write 3 1(a2,a3)");
}

TEST(Worker, WaitsForCompanyNoLongerThanItMay) {
  Options options;
  options.sink.max_age_ns = 10 * kMillisecond;
  options.sink.max_events = 3;
  Stage stage(options);
  stage.give({"a1"});
  stage.run();
  EXPECT_EQ(stage.a.take_log(), Lines{});
  stage.pass(11 * kMillisecond);
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 1", "write 1 1(a1)"}));
  stage.a.complete(1, MR_RECORD_OK);
  stage.give({"a2", "a3", "a4"});
  stage.run();
  EXPECT_EQ(stage.a.take_log(), (Lines{"write 2 1(a2,a3,a4)"})); // full
}

// ---- targets
// -------------------------------------------------------------------------------------------------------------------

TEST(Worker, HoldsOnlyWhatNamesATargetThatIsNotBound) {
  Stage stage;
  stage.a.binds = {MR_TRANSIENT};
  stage.give({"a1"});
  stage.run();
  stage.give({"!"}); // goes to another target
  stage.run();
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 1", "bind 3", "write 1 3(!)"}));
  stage.a.complete(1, MR_RECORD_OK);
  stage.pass(kSecond);
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 1", "write 2 1(a1)"}));
}

TEST(Worker, UnbindsWhatNoRouterNamesAnyMore) {
  Stage stage;
  stage.a.at_once = true;
  stage.give({"a1", "!"});
  stage.run();
  stage.a.take_log();
  stage.options.dead_letters = false; // the new router names no target for them
  ScriptedRouter next;
  stage.worker->swap_router(stage.router_instance(next), [](std::string_view) {});
  stage.run();
  EXPECT_EQ(stage.a.take_log(), (Lines{"unbind 3"}));
}

// ---- router
// --------------------------------------------------------------------------------------------------------------------

TEST(Worker, DropsWhatAFailedCallEmittedAndTriesItAgain) {
  Stage stage;
  stage.router.answers = {MR_TRANSIENT};
  stage.give({"a1"});
  stage.run();
  EXPECT_EQ(stage.a.take_log(), Lines{});
  stage.pass(kSecond);
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 1", "write 1 1(a1)"}));
}

TEST(Worker, StopsWithABrokenRouterAndDeadLettersNothing) {
  Stage stage;
  stage.router.answers = {MR_FATAL};
  stage.give({"a1"});
  stage.run();
  EXPECT_EQ(stage.broke, (Lines{"router.r: route failed: router says no"}));
  stage.worker->drain(stage.now);
  stage.run();
  EXPECT_EQ(stage.worker->state(), WorkerState::kStopped);
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:5", "stop"}));
}

TEST(Worker, KeepsAnOldRouterUntilItsLastBatchIsSettled) {
  Stage stage;
  stage.give({"a1"});
  stage.run();
  ScriptedRouter next;
  std::string answer = "none";
  stage.worker->swap_router(stage.router_instance(next), [&](std::string_view error) { answer = error; });
  stage.run();
  EXPECT_EQ(answer, "");
  stage.give({"a2"});
  stage.run();
  EXPECT_EQ(next.sizes.size(), 1u);
  EXPECT_FALSE(stage.router.destroyed);
  stage.a.complete(1, MR_RECORD_OK);
  stage.run();
  EXPECT_TRUE(stage.router.stopped);
  EXPECT_TRUE(stage.router.destroyed);
}

// ---- credit
// --------------------------------------------------------------------------------------------------------------------

TEST(Worker, PollsNoFurtherThanItsCreditAndGoesOnWhenItComesBack) {
  Options options;
  options.settings.max_events = 3;
  Stage stage(options);
  stage.a.most = 8;
  for (int i = 0; i < 5; ++i) {
    stage.give({"a1", "a2"});
  }
  stage.run();
  EXPECT_EQ(stage.source.plugin.lent.size(), 2u);
  EXPECT_EQ(stage.worker->counters().events_in_flight.get(), 4u);
  stage.a.complete(1, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.source.plugin.lent.size(), 2u);
  EXPECT_EQ(stage.source.plugin.last_id, 4u);
}

TEST(Worker, PollsAgainOnlyWhenTheSourceWishesIt) {
  Stage stage;
  stage.run();
  const int before = stage.source.plugin.polls;
  stage.pass(kSecond);
  EXPECT_EQ(stage.source.plugin.polls, before);
  stage.source.port->wake(stage.now + 500 * kMillisecond);
  stage.run();
  EXPECT_EQ(stage.source.plugin.polls, before);
  stage.pass(kSecond);
  EXPECT_EQ(stage.source.plugin.polls, before + 1);
}

// ---- violations
// ----------------------------------------------------------------------------------------------------------------

TEST(Worker, BlamesASinkThatCompletesTwice) {
  Stage stage;
  stage.give({"a1"});
  stage.run();
  stage.a.complete(1, MR_RECORD_OK);
  stage.a.complete(1, MR_RECORD_OK);
  stage.run();
  ASSERT_EQ(stage.violations.size(), 1u);
  EXPECT_NE(stage.violations[0].find("sink.a: completed delivery 1, which is not open"), std::string::npos);
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:2"}));
}

TEST(Worker, BlamesASinkForADeliveryThatItWasNeverOffered) {
  Stage stage;
  stage.run();
  stage.a.complete(77, MR_RECORD_OK);
  stage.run();
  ASSERT_EQ(stage.violations.size(), 1u);
  EXPECT_NE(stage.violations[0].find("never offered"), std::string::npos);
}

TEST(Worker, DoesNotTakeZeroForSuccess) {
  Stage stage;
  stage.give({"a1", "a2"});
  stage.run();
  stage.a.complete(1, MR_RECORD_OK, {outcome(0, 1, 0)});
  stage.pass(kSecond);
  EXPECT_EQ(stage.violations.size(), 1u);
  EXPECT_EQ(stage.a.take_log().back(), "write 2/1#2 1(a2)");
  stage.a.complete(2, 0);
  stage.pass(kSecond);
  EXPECT_EQ(stage.violations.size(), 2u);
  EXPECT_EQ(stage.source.plugin.take_calls(), Lines{});
}

TEST(Worker, BlamesASinkWhoseOutcomeNamesNoRecord) {
  Stage stage;
  stage.give({"a1"});
  stage.run();
  stage.a.complete(1, MR_RECORD_OK, {outcome(0, 9, MR_RECORD_REJECTED)});
  stage.run();
  EXPECT_EQ(stage.violations.size(), 1u);
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:2"}));
}

TEST(Worker, BlamesASourceWhoseBatchesDoNotJoinAndHasItStartOver) {
  Options options;
  options.claims = true;
  Stage stage(options);
  stage.claim(0, 10);
  stage.run();
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"start 0@10"}));
  stage.give({"a1"}, 0, 10);
  stage.give({"a2"}, 0, 12);
  stage.run();
  ASSERT_EQ(stage.violations.size(), 1u);
  EXPECT_NE(stage.violations[0].find("source.s: handed in a batch of s/0 from 12 that does not join"),
            std::string::npos);
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:5", "2:5", "moved 0"}));
  EXPECT_EQ(stage.a.take_log(), Lines{});
}

TEST(Worker, BlamesASourceThatHandsInWhatItDoesNotHold) {
  Options options;
  options.claims = true;
  Stage stage(options);
  stage.give({"a1"}, 4, 0);
  stage.run();
  ASSERT_EQ(stage.violations.size(), 1u);
  EXPECT_NE(stage.violations[0].find("does not hold"), std::string::npos);
}

TEST(Worker, InterruptsAndThenGivesUpASinkThatNeverCompletes) {
  Stage stage;
  stage.give({"a1"});
  stage.run();
  stage.pass(59 * kSecond);
  EXPECT_EQ(stage.a.interrupts, 0);
  stage.pass(2 * kSecond);
  EXPECT_GT(stage.a.interrupts, 5); // repeated, as one sent just before a call would be lost
  EXPECT_TRUE(stage.broke.empty());
  stage.pass(60 * kSecond);
  EXPECT_EQ(stage.broke.size(), 1u);
}

// ---- positions
// -----------------------------------------------------------------------------------------------------------------

class WithPositions : public testing::Test {
 protected:
  static Options options() {
    Options out;
    out.claims = out.b_stores_positions = out.two_sinks = true;
    return out;
  }
  WithPositions() {
    stage_.b.positions[0] = 5;
    stage_.claim(0);
    stage_.run();
    EXPECT_EQ(stage_.b.take_log(), (Lines{"claim 0"}));
    EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"start 0@5"}));
  }
  Stage stage_{options()};
};

TEST_F(WithPositions, AreWrittenLastAndInOrder) {
  stage_.a.most = 8;
  stage_.give({"a1 b1"}, 0, 5);
  stage_.run();
  stage_.give({"a2 b2"}, 0, 6);
  stage_.run();
  stage_.a.complete(2, MR_RECORD_OK);
  stage_.run();
  EXPECT_EQ(stage_.b.take_log(), Lines{}); // the first is not done elsewhere
  stage_.a.complete(1, MR_RECORD_OK);
  stage_.run();
  EXPECT_EQ(stage_.b.take_log(), (Lines{"bind 2", "write 1 2(a1 b1,a2 b2) [0:5-7]"}));
  EXPECT_EQ(stage_.source.plugin.take_calls(), Lines{});
  stage_.b.complete(1, MR_RECORD_OK);
  stage_.run();
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:2", "2:2"}));
}

TEST_F(WithPositions, CoverWhatHasNothingForTheSink) {
  stage_.give({"-", "!"}, 0, 5);
  stage_.run();
  EXPECT_EQ(stage_.b.take_log(), (Lines{"write 1 [0:5-7] dead 1"}));
  stage_.b.complete(1, MR_RECORD_OK);
  stage_.run();
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:13(E1)"}));
}

TEST_F(WithPositions, WaitForADeadLetterThatTheRouterSendsElsewhere) {
  stage_.give({"?", "b1"}, 0, 5);
  stage_.run();
  EXPECT_EQ(stage_.a.take_log(), (Lines{"bind 3", "write 1 3(?)"}));
  EXPECT_EQ(stage_.b.take_log(), Lines{});
  stage_.a.complete(1, MR_RECORD_OK);
  stage_.run();
  EXPECT_EQ(stage_.b.take_log(), (Lines{"bind 2", "write 1 2(b1) [0:5-7]"}));
  stage_.b.complete(1, MR_RECORD_OK);
  stage_.run();
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:3(E1)2"}));
}

TEST_F(WithPositions, CarryADeadLetterThatIsRefusedElsewhere) {
  stage_.give({"?"}, 0, 5);
  stage_.run();
  stage_.a.complete(1, MR_RECORD_REJECTED);
  stage_.run();
  EXPECT_EQ(stage_.b.take_log(), (Lines{"write 1 [0:5-6] dead 1"}));
  stage_.b.complete(1, MR_RECORD_OK);
  stage_.run();
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:3(E1)"}));
}

TEST_F(WithPositions, CarryWhatAnotherSinkRefused) {
  stage_.give({"a1", "a2 b2"}, 0, 5);
  stage_.run();
  stage_.a.complete(1, MR_RECORD_OK, {outcome(0, 0, MR_RECORD_REJECTED)});
  stage_.run();
  EXPECT_EQ(stage_.b.take_log(), (Lines{"bind 2", "write 1 2(a2 b2) [0:5-7] dead 1"}));
  stage_.b.complete(1, MR_RECORD_OK);
  stage_.run();
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:3(X1)2"}));
}

TEST_F(WithPositions, SendARejectedRecordAgainAsADeadLetterInTheSameTransaction) {
  stage_.give({"b1", "b2"}, 0, 5);
  stage_.run();
  stage_.b.take_log();
  stage_.b.complete(1, MR_RECORD_TRANSIENT, {outcome(0, 0, MR_RECORD_REJECTED)});
  stage_.pass(kSecond);
  EXPECT_EQ(stage_.b.take_log(), (Lines{"write 2/1#2 2(b2) [0:5-7] dead 1"}));
  stage_.b.complete(2, MR_RECORD_OK);
  stage_.run();
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:3(X1)2"}));
}

TEST_F(WithPositions, ThatMovedAreNotTriedAgainButStartedOver) {
  stage_.give({"b1"}, 0, 5);
  stage_.run();
  stage_.give({"b2"}, 0, 6);
  stage_.run();
  stage_.b.take_log();
  stage_.b.complete(1, MR_RECORD_MOVED);
  stage_.pass(10 * kSecond);
  const Lines log = stage_.b.take_log();
  EXPECT_EQ(std::count_if(log.begin(), log.end(), [](const auto& line) { return line.starts_with("write"); }), 0);
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:5", "2:5", "moved 0"}));
}

TEST_F(WithPositions, AreAbandonedOnlyWhenTheOtherSinkGaveBack) {
  stage_.give({"a1 b1"}, 0, 5);
  stage_.run();
  stage_.b.stills = {MR_MOVED};
  stage_.pass(6 * kSecond);
  EXPECT_EQ(stage_.source.plugin.take_calls(), Lines{}); // sink a still reads the batch
  stage_.a.complete(1, MR_RECORD_OK);
  stage_.run();
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:5", "moved 0"}));
}

TEST_F(WithPositions, OfAPartOfADeliveryAreAViolation) {
  stage_.give({"b1", "b2"}, 0, 5);
  stage_.run();
  stage_.b.complete(1, MR_RECORD_OK, {outcome(0, 0, MR_RECORD_TRANSIENT)});
  stage_.run();
  EXPECT_EQ(stage_.violations.size(), 1u);
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:55", "moved 0"}));
}

TEST_F(WithPositions, AreAskedForWhenIdle) {
  stage_.pass(4 * kSecond);
  EXPECT_EQ(stage_.b.take_log(), Lines{});
  stage_.pass(12 * kSecond);
  EXPECT_EQ(stage_.b.take_log(), (Lines{"still", "still", "still"}));
}

TEST_F(WithPositions, OnlyTheAnswerToTheLatestClaimCounts) {
  stage_.claim(1, 7);
  stage_.claim(1, 8);
  stage_.run();
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"start 1@7"})); // once; what was first thought of it is stored
}

TEST_F(WithPositions, AreGivenBackInOrder) {
  stage_.give({"b1"}, 0, 5);
  stage_.run();
  stage_.b.take_log();
  stage_.release(0);
  stage_.run();
  EXPECT_EQ(stage_.b.take_log(), Lines{});
  stage_.b.complete(1, MR_RECORD_OK);
  stage_.run();
  EXPECT_EQ(stage_.b.take_log(), (Lines{"release 0"}));
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:2", "released 0"}));
}

TEST_F(WithPositions, ThatAreLostAreAbandonedAtOnce) {
  stage_.give({"a1 b1"}, 0, 5);
  stage_.run();
  stage_.release(0, true);
  stage_.a.complete(1, MR_RECORD_TRANSIENT);
  stage_.run();
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:5", "released 0"}));
}

TEST_F(WithPositions, AreInterruptedWhenARevokeTakesTooLong) {
  stage_.give({"b1"}, 0, 5);
  stage_.run();
  stage_.release(0);
  stage_.pass(9 * kSecond);
  EXPECT_EQ(stage_.b.interrupts, 0);
  stage_.pass(2 * kSecond);
  EXPECT_GT(stage_.b.interrupts, 3);
  stage_.b.complete(1, MR_RECORD_TRANSIENT);
  stage_.run();
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:5", "released 0"}));
}

TEST_F(WithPositions, StartOverWhenTheirSinkIsReplaced) {
  stage_.give({"b1"}, 0, 5);
  stage_.run();
  ScriptedSink next;
  next.positions[0] = 5;
  std::string answer = "none";
  stage_.worker->swap_sink(1, stage_.sink_instance(next, true, false, "sink.b"), stage_.now + kSecond,
                           [&](std::string_view error) { answer = error; });
  stage_.pass(2 * kSecond);
  EXPECT_EQ(answer, "");
  EXPECT_EQ(stage_.source.plugin.take_calls(), (Lines{"1:5", "moved 0"}));
  stage_.claim(0, 5);
  stage_.run();
  EXPECT_EQ(next.take_log(), (Lines{"claim 0"}));
  stage_.worker.reset();
}

// ---- life
// ----------------------------------------------------------------------------------------------------------------------

TEST(Worker, StartsSinksThenRouterThenSourceAndTriesAgain) {
  Stage stage;
  stage.a.starts = {MR_TRANSIENT, MR_TRANSIENT};
  stage.run();
  EXPECT_EQ(stage.worker->state(), WorkerState::kStarting);
  EXPECT_EQ(stage.source.plugin.polls, 0);
  stage.pass(kSecond);
  EXPECT_EQ(stage.worker->state(), WorkerState::kRunning);
  EXPECT_EQ(stage.source.plugin.polls, 1);
}

TEST(Worker, FinishesWhenTheSourceEndsAndAllIsSettled) {
  Stage stage;
  stage.source.plugin.exhausted = true;
  stage.give({"a1"});
  stage.run();
  EXPECT_EQ(stage.worker->state(), WorkerState::kRunning);
  stage.a.complete(1, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.worker->state(), WorkerState::kFinished);
}

// While a sink hangs, events that come one by one are a call of route and a group each.
TEST(Worker, CountsWhatEventsThatComeOneByOneCostBesideTheirBytes) {
  Stage stage;
  for (int i = 0; i < 20; ++i) {
    stage.give({"a1"});
    stage.run();
  }
  EXPECT_GE(stage.worker->counters().bytes_in_flight.get(), 20u * (5u << 10));
}

TEST(Worker, DrainsToTheLastBatchAndStopsInOrder) {
  Stage stage;
  stage.give({"a1"});
  stage.run();
  stage.worker->drain(stage.now + 10 * kSecond);
  stage.run();
  EXPECT_EQ(stage.worker->state(), WorkerState::kDraining);
  stage.a.complete(1, MR_RECORD_OK);
  stage.run();
  EXPECT_EQ(stage.worker->state(), WorkerState::kStopped);
  EXPECT_EQ(stage.worker->step(stage.now), kNever) << "its deadline is ten seconds away and of no interest any more";
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:2", "stop"}));
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 1", "write 1 1(a1)", "stop", "destroy"}));
  EXPECT_TRUE(stage.router.destroyed);
}

TEST(Worker, AbandonsTheRestAtTheDeadline) {
  Stage stage;
  stage.give({"a1"});
  stage.run();
  stage.worker->drain(stage.now + kSecond);
  stage.pass(2 * kSecond);
  EXPECT_EQ(stage.worker->state(), WorkerState::kStopped);
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:5", "stop"}));
}

TEST(Worker, OffersWhatIsOpenToANewInstanceOfASink) {
  Stage stage;
  stage.give({"a1"});
  stage.run();
  ScriptedSink next;
  next.at_once = true;
  stage.worker->swap_sink(0, stage.sink_instance(next, false, false, "sink.a"), stage.now + kSecond,
                          [](std::string_view) {});
  stage.run();
  EXPECT_EQ(stage.a.take_log(), (Lines{"bind 1", "write 1 1(a1)", "drain"}));
  stage.pass(2 * kSecond);
  EXPECT_EQ(stage.a.take_log(), (Lines{"stop", "destroy"}));
  EXPECT_EQ(next.take_log(), (Lines{"bind 1", "write 2/1#2 1(a1)"}));
  EXPECT_EQ(stage.source.plugin.take_calls(), (Lines{"1:2"}));
  stage.worker.reset();
}

TEST(Worker, PutsNoNewSinkInPlaceOnceItStops) {
  Options options;
  options.source_on_lane = true;
  Stage stage(options);
  stage.run();
  stage.finish_source_call();
  stage.run();
  stage.finish_source_call();
  stage.worker->drain(stage.now); // the source is being stopped, the sinks are
  stage.run();
  ScriptedSink next;
  std::string answer;
  stage.worker->swap_sink(0, stage.sink_instance(next, false, false, "sink.a"), stage.now,
                          [&](std::string_view error) { answer = error; });
  for (int i = 0; i < 10; ++i) {
    stage.run();
    stage.finish_source_call();
  }
  stage.run();
  EXPECT_EQ(stage.worker->state(), WorkerState::kStopped);
  EXPECT_EQ(answer, "the worker stops");
  EXPECT_EQ(next.take_log(), (Lines{"destroy"}));
}

TEST(Worker, AnswersAnOrderThatComesAfterTheEnd) {
  Stage stage;
  stage.worker->drain(stage.now);
  stage.run();
  ASSERT_EQ(stage.worker->state(), WorkerState::kStopped);
  ScriptedRouter next;
  std::string answer;
  stage.worker->swap_router(stage.router_instance(next), [&](std::string_view error) { answer = error; });
  stage.run();
  EXPECT_EQ(answer, "the worker stops");
  EXPECT_TRUE(next.destroyed);
}

} // namespace
} // namespace millrace::flow
