#include "engine/flow/ledger.hpp"

#include <gtest/gtest.h>

#include <array>

namespace millrace::flow {
namespace {

class LedgerTest : public testing::Test {
 protected:
  Batch& open(std::uint64_t id, Partition* partition = nullptr) {
    mr_batch given{id, &covers_, events_.data(), events_.size()};
    return ledger_.open(given, partition, 100, 0);
  }
  std::vector<std::uint64_t> ready() {
    std::vector<std::uint64_t> ids;
    while (Batch* batch = ledger_.next_ready()) {
      ids.push_back(batch->id);
      ledger_.close(*batch);
    }
    return ids;
  }

  mr_range covers_{};
  std::array<mr_event, 2> events_{};
  Ledger ledger_;
};

using Ids = std::vector<std::uint64_t>;

TEST_F(LedgerTest, SettlesOnceWhenTheLastBranchEnds) {
  Batch& batch = open(1);
  ledger_.branch(batch);
  ledger_.branch(batch);
  ledger_.end(batch);
  ledger_.end(batch);
  EXPECT_EQ(ready(), Ids{});
  ledger_.end(batch);
  EXPECT_EQ(ready(), Ids{1});
  EXPECT_EQ(ready(), Ids{});
  EXPECT_EQ(ledger_.unsettled(), 0u);
}

TEST_F(LedgerTest, KeepsTheWorstOutcomeWhateverTheOrder) {
  Batch& batch = open(1);
  ledger_.raise(batch, events_[0], MR_DEAD_LETTERED);
  ledger_.raise(batch, events_[0], MR_DELIVERED);
  ledger_.raise(batch, events_[1], MR_DELIVERED);
  ledger_.raise(batch, events_[1], MR_FAILED);
  EXPECT_EQ(batch.verdicts[0].outcome, static_cast<std::uint32_t>(MR_DEAD_LETTERED));
  EXPECT_EQ(batch.verdicts[1].outcome, static_cast<std::uint32_t>(MR_FAILED));
}

TEST_F(LedgerTest, KeepsTheFirstReason) {
  const mr_reason first{};
  const mr_reason second{};
  Batch& batch = open(1);
  ledger_.raise(batch, events_[0], 0, &first);
  ledger_.raise(batch, events_[0], MR_DEAD_LETTERED, &second);
  EXPECT_EQ(batch.verdicts[0].reason, &first);
  EXPECT_EQ(batch.verdicts[1].reason, nullptr);
}

TEST_F(LedgerTest, AbandonsAnEventOfWhichNothingIsKnown) {
  Batch& batch = open(1);
  ledger_.raise(batch, events_[0], MR_DELIVERED);
  ledger_.end(batch);
  Batch* ready = ledger_.next_ready();
  ASSERT_NE(ready, nullptr);
  EXPECT_EQ(ready->verdicts[0].outcome, static_cast<std::uint32_t>(MR_DELIVERED));
  EXPECT_EQ(ready->verdicts[1].outcome, static_cast<std::uint32_t>(MR_ABANDONED));
}

TEST_F(LedgerTest, SettlesInOrderWithinAPartition) {
  Partition partition;
  Batch& first = open(1, &partition);
  Batch& second = open(2, &partition);
  Batch& third = open(3, &partition);
  ledger_.end(second);
  ledger_.end(third);
  EXPECT_EQ(ready(), Ids{});
  ledger_.end(first);
  EXPECT_EQ(ready(), (Ids{1, 2, 3}));
  EXPECT_TRUE(partition.unsettled.empty());
}

TEST_F(LedgerTest, LetsOtherPartitionsAndBatchesWithoutOnePass) {
  Partition slow;
  Partition fast;
  open(1, &slow);
  Batch& other = open(2, &fast);
  Batch& loose = open(3);
  ledger_.end(loose);
  ledger_.end(other);
  EXPECT_EQ(ready(), (Ids{3, 2}));
  ASSERT_NE(ledger_.oldest(), nullptr);
  EXPECT_EQ(ledger_.oldest()->id, 1u);
  EXPECT_EQ(ledger_.oldest()->newer, nullptr);
}

TEST_F(LedgerTest, StartsAReusedBatchWithNothingKnown) {
  Batch& batch = open(1);
  ledger_.raise_all(batch, MR_DELIVERED);
  batch.abandoned = true;
  batch.dead.push_back({&events_[0], nullptr});
  ledger_.end(batch);
  EXPECT_EQ(ready(), Ids{1});
  Batch& again = open(2);
  EXPECT_EQ(&again, &batch);
  EXPECT_EQ(again.verdicts[0].outcome, 0u);
  EXPECT_FALSE(again.abandoned);
  EXPECT_TRUE(again.dead.empty());
}

} // namespace
} // namespace millrace::flow
