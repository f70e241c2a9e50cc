// The layout of the contract's structs on x86-64, pinned: an edit that moves a member breaks every plugin that was
// built before.
#include <gtest/gtest.h>

#include <millrace/ext/claims.h>
#include <millrace/ext/metrics.h>
#include <millrace/ext/positions.h>
#include <millrace/plugin.h>
#include <cstddef>

namespace {

TEST(Abi, StructsKeepTheirSize) {
  EXPECT_EQ(sizeof(mr_str), 16U);
  EXPECT_EQ(sizeof(mr_error), 512U);
  EXPECT_EQ(sizeof(mr_reason), 80U);
  EXPECT_EQ(sizeof(mr_field), 56U);
  EXPECT_EQ(sizeof(mr_value), 72U);
  EXPECT_EQ(sizeof(mr_range), 48U);
  EXPECT_EQ(sizeof(mr_event), 72U);
  EXPECT_EQ(sizeof(mr_batch), 32U);
  EXPECT_EQ(sizeof(mr_verdict), 16U);
  EXPECT_EQ(sizeof(mr_target), 64U);
  EXPECT_EQ(sizeof(mr_message), 80U);
  EXPECT_EQ(sizeof(mr_emit), 40U);
  EXPECT_EQ(sizeof(mr_part), 48U);
  EXPECT_EQ(sizeof(mr_delivery), 72U);
  EXPECT_EQ(sizeof(mr_outcome), 96U);
  EXPECT_EQ(sizeof(mr_host), 136U);
  EXPECT_EQ(sizeof(mr_plugin), 120U);
  EXPECT_EQ(sizeof(mr_module), 32U);
  EXPECT_EQ(sizeof(mr_position), 16U);
}

TEST(Abi, MembersStayWhereTheyAre) {
  EXPECT_EQ(offsetof(mr_event, payload), 24U);
  EXPECT_EQ(offsetof(mr_event, position), 56U);
  EXPECT_EQ(offsetof(mr_delivery, ranges), 40U);
  EXPECT_EQ(offsetof(mr_delivery, dead), 56U);
  EXPECT_EQ(offsetof(mr_plugin, create), 48U);
  EXPECT_EQ(offsetof(mr_plugin, sink), 112U);
  EXPECT_EQ(offsetof(mr_host, complete), 128U);
  EXPECT_EQ(offsetof(mr_outcome, reason), 16U);
}

TEST(Abi, NothingThatAcknowledgesIsZero) {
  EXPECT_NE(MR_FILTERED, 0);
  EXPECT_NE(MR_DELIVERED, 0);
  EXPECT_NE(MR_DEAD_LETTERED, 0);
  EXPECT_NE(MR_RECORD_OK, 0);
  EXPECT_NE(MR_RECORD_STORED_DEAD, 0);
}

TEST(Abi, TheWorstVerdictIsTheGreatest) {
  EXPECT_LT(MR_FILTERED, MR_DELIVERED);
  EXPECT_LT(MR_DELIVERED, MR_DEAD_LETTERED);
  EXPECT_LT(MR_DEAD_LETTERED, MR_REJECTED_EVENT);
  EXPECT_LT(MR_REJECTED_EVENT, MR_ABANDONED);
  EXPECT_LT(MR_ABANDONED, MR_FAILED);
}

} // namespace
