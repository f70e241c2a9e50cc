// The bookkeeping of claim, revoke and rewind, alone.
#include <gtest/gtest.h>

#include <millrace/positions.hpp>

namespace millrace {
namespace {

using Book = Positions<>;

// A partition that runs from `position`.
Book::Partition& running(Book& book, std::uint64_t position) {
  Book::Partition& partition = book.hold("t", 0);
  book.ask_at(partition, 0);
  EXPECT_EQ(book.due(0).size(), 1U);
  EXPECT_TRUE(book.start_at(partition, position, 0));
  return partition;
}

TEST(Positions, ClaimsNothingBeforeItMayAsk) {
  Book book;
  Book::Partition& partition = book.hold("t", 0);
  EXPECT_TRUE(book.due(1'000).empty());
  EXPECT_FALSE(book.next_due_ns());
  book.ask_at(partition, 2'000);
  EXPECT_TRUE(book.due(1'999).empty());
  EXPECT_EQ(book.next_due_ns(), 2'000);
  EXPECT_EQ(book.due(2'000).size(), 1U);
  EXPECT_TRUE(book.due(2'000).empty()) << "it is claimed once";
}

TEST(Positions, AnAnswerThatNobodyAskedForDoesNotCount) {
  Book book;
  Book::Partition& partition = book.hold("t", 0);
  EXPECT_FALSE(book.start_at(partition, 5, 0));
  book.ask_at(partition, 0);
  book.due(0);
  EXPECT_TRUE(book.start_at(partition, 5, 0));
  EXPECT_FALSE(book.start_at(partition, 9, 0));
  EXPECT_EQ(partition.next, 5U);
}

TEST(Positions, SettledMovesOnlyOverAGaplessRun) {
  Book book;
  Book::Partition& partition = running(book, 10);
  const std::uint64_t first = book.hand_out(partition, 20, 0xa);
  const std::uint64_t second = book.hand_out(partition, 30, 0xb);
  const std::uint64_t third = book.hand_out(partition, 40, 0xc);
  book.settle(third, MR_DELIVERED, 0);
  book.settle(second, MR_FILTERED, 0);
  EXPECT_EQ(partition.settled, 10U);
  book.settle(first, MR_DEAD_LETTERED, 0);
  EXPECT_EQ(partition.settled, 40U);
  EXPECT_EQ(partition.settled_mark, 0xcU);
}

TEST(Positions, NothingPassesABatchThatFailed) {
  Book book;
  Book::Partition& partition = running(book, 0);
  const std::uint64_t first = book.hand_out(partition, 1, 0);
  const std::uint64_t bad = book.hand_out(partition, 2, 0);
  const std::uint64_t last = book.hand_out(partition, 3, 0);
  book.settle(last, MR_DELIVERED, 0);
  EXPECT_EQ(book.settle(bad, MR_FAILED, 0).settled, Book::Settled::stopped);
  book.settle(first, MR_DELIVERED, 0);
  EXPECT_EQ(partition.settled, 1U);
  EXPECT_EQ(partition.state, Book::State::stopped);
  book.moved(partition, 0);
  EXPECT_TRUE(book.due(INT64_MAX - 1).empty()) << "a stopped partition stays stopped";
}

TEST(Positions, ARefusedEventStopsAPartitionThatCouldReplayIt) {
  Book book;
  Book::Partition& partition = running(book, 0);
  const std::uint64_t batch = book.hand_out(partition, 1, 0);
  EXPECT_EQ(book.settle(batch, MR_REJECTED_EVENT, 0).settled, Book::Settled::stopped);
  EXPECT_EQ(partition.settled, 0U);
}

TEST(Positions, AnAbandonedBatchIsClaimedAgainFromWhatIsSettled) {
  Book book;
  Book::Partition& partition = running(book, 0);
  const std::uint64_t first = book.hand_out(partition, 1, 0x1);
  const std::uint64_t second = book.hand_out(partition, 2, 0x2);
  EXPECT_EQ(book.settle(second, MR_ABANDONED, 7).settled, Book::Settled::again);
  EXPECT_TRUE(book.due(7).empty()) << "something of it is still under way";
  book.settle(first, MR_DELIVERED, 8);
  ASSERT_EQ(book.due(8).size(), 1U);
  EXPECT_EQ(partition.settled, 1U);
  EXPECT_EQ(partition.settled_mark, 0x1U);
}

TEST(Positions, AbandonedAndThenMovedClaimsOnce) {
  Book book;
  Book::Partition& partition = running(book, 0);
  book.settle(book.hand_out(partition, 1, 0), MR_ABANDONED, 5);
  book.moved(partition, 5);
  EXPECT_EQ(book.due(5).size(), 1U);
  EXPECT_TRUE(book.due(5).empty());
}

TEST(Positions, MovedWhileClaimingMakesTheOldAnswerVoid) {
  Book book;
  Book::Partition& partition = book.hold("t", 0);
  book.ask_at(partition, 0);
  book.due(0);
  book.moved(partition, 0);
  EXPECT_FALSE(book.start_at(partition, 3, 0));
  EXPECT_EQ(book.due(0).size(), 1U);
  EXPECT_TRUE(book.start_at(partition, 4, 0));
}

TEST(Positions, RepeatedRewindsBackOffUntilSomethingIsSettled) {
  Book book;
  Book::Partition& partition = running(book, 0);
  const auto rewind_at = [&](std::int64_t now) {
    book.moved(partition, now);
    const std::int64_t due = *book.next_due_ns();
    book.due(due);
    book.start_at(partition, 0, 0);
    return due - now;
  };
  EXPECT_EQ(rewind_at(1'000), 0);
  EXPECT_EQ(rewind_at(1'000), 100'000'000);
  EXPECT_EQ(rewind_at(1'000), 200'000'000);
  for (int i = 0; i < 20; ++i) {
    rewind_at(1'000);
  }
  EXPECT_EQ(rewind_at(1'000), 30'000'000'000);
  book.settle(book.hand_out(partition, 1, 0), MR_DELIVERED, 0);
  EXPECT_EQ(rewind_at(1'000), 0);
}

TEST(Positions, AReleasedPartitionIsNeitherRewoundNorClaimed) {
  Book book;
  Book::Partition& partition = running(book, 0);
  const std::uint64_t first = book.hand_out(partition, 1, 0);
  const std::uint64_t second = book.hand_out(partition, 2, 0);
  book.release(partition);
  book.settle(first, MR_DELIVERED, 0);
  book.settle(second, MR_ABANDONED, 0);
  book.moved(partition, 0);
  EXPECT_TRUE(book.due(INT64_MAX - 1).empty());
  EXPECT_EQ(partition.settled, 1U);
  book.forget(partition);
  EXPECT_EQ(book.find("t", 0), nullptr);
}

TEST(Positions, ABatchOfAForgottenPartitionIsUnknown) {
  Book book;
  Book::Partition& partition = running(book, 0);
  const std::uint64_t batch = book.hand_out(partition, 1, 0);
  book.forget(partition);
  EXPECT_EQ(book.settle(batch, MR_DELIVERED, 0).settled, Book::Settled::unknown);
  EXPECT_EQ(book.hold("t", 0).under_way(), 0U);
}

TEST(Positions, TheNameOfAStreamOutlivesItsPartition) {
  Book book;
  const std::string_view name = book.hold(std::string("a topic with a long name that is not stored inline"), 1).stream;
  book.forget(*book.find(name, 1));
  EXPECT_EQ(name, "a topic with a long name that is not stored inline");
}

TEST(Positions, TheWorstVerdictDecidesAndNoneIsNoSuccess) {
  const mr_verdict verdicts[] = {{MR_DELIVERED, 0, nullptr}, {MR_FILTERED, 0, nullptr}};
  EXPECT_EQ(worst(verdicts), MR_DELIVERED);
  const mr_verdict unset[] = {{MR_DELIVERED, 0, nullptr}, {0, 0, nullptr}};
  EXPECT_EQ(worst(unset), MR_ABANDONED);
  EXPECT_EQ(worst({}), MR_FILTERED);
}

} // namespace
} // namespace millrace
