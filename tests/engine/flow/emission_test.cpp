#include "engine/flow/emission.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/flow/fake_plugin.hpp"

namespace millrace::flow {
namespace {

using fake::str;

class EmissionTest : public testing::Test {
 protected:
  EmissionTest() {
    port_->named(1, messages_);
    port_->named(2, rows_);
    group_.records.resize(names_.size());
    for (std::size_t i = 0; i < batches_.size(); ++i) {
      batches_[i].events = &events_[i * 2];
      batches_[i].count = 2;
      list_.push_back(&batches_[i]);
    }
    begin(UINT64_MAX);
  }
  ~EmissionTest() override { group_.clear(); }

  void begin(std::uint64_t may_take) {
    group_.clear();
    emission_.begin(group_, list_, targets_, *port_, may_take);
  }
  mr_status message(std::size_t event, std::uint32_t target = 1) {
    mr_message message{};
    message.event = &events_[event];
    message.target = target;
    return emit().messages(emit().context, &message, 1);
  }
  mr_status reject(std::size_t event) {
    const mr_reason reason{str("E1"), {}, {}, {}, {}};
    return emit().reject(emit().context, &events_[event], 0, &reason);
  }
  ArrowArray array(std::int64_t rows) {
    ArrowArray out{};
    out.length = rows;
    out.private_data = &released_;
    out.release = [](ArrowArray* array) {
      ++*static_cast<int*>(array->private_data);
      array->release = nullptr;
    };
    return out;
  }
  const mr_emit& emit() { return *emission_.calls(); }

  SinkNames names_{{"a", 0}, {"b", 1}};
  mr_target messages_{str("a"), str("clicks"), MR_MESSAGES, 0, nullptr, 0, nullptr};
  mr_target rows_{str("b"), str("clicks"), MR_ROWS, 0, nullptr, 0, nullptr};
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>([] {});
  std::shared_ptr<Port> port_ = inbox_->open_port();
  KnownTargets targets_{names_};
  std::array<mr_event, 6> events_{};
  std::array<Batch, 3> batches_{};
  std::vector<Batch*> list_;
  RouteGroup group_;
  Emission emission_;
  int released_ = 0;
};

TEST_F(EmissionTest, KeepsRecordsBySinkWithTheIndexOfTheirEvent) {
  const std::size_t order[] = {0, 1, 3, 5, 2};
  for (const std::size_t event : order) {
    EXPECT_EQ(message(event), MR_OK);
  }
  ASSERT_EQ(group_.records[0].size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(group_.records[0][i].event_index, order[i]);
  }
  EXPECT_EQ(emission_.fates()[4], Fate::kNothing);
  EXPECT_EQ(emission_.fates()[5], Fate::kEmitted);
  EXPECT_FALSE(emission_.fatal());
}

TEST_F(EmissionTest, TakesOverRowsAndReleasesThemOnce) {
  ArrowArray given = array(2);
  const mr_event* of_row[] = {&events_[1], &events_[4]};
  EXPECT_EQ(emit().rows(emit().context, 2, &given, of_row, 2, 64), MR_OK);
  EXPECT_EQ(given.release, nullptr);
  EXPECT_EQ(group_.records[1][1].row, 1u);
  EXPECT_EQ(group_.records[1][1].event_index, 4u);
  EXPECT_EQ(released_, 0);
  group_.clear();
  EXPECT_EQ(released_, 1);
}

TEST_F(EmissionTest, LeavesRowsThatItRefusesToTheRouter) {
  ArrowArray given = array(3);
  const mr_event* of_row[] = {&events_[1], &events_[4]};
  EXPECT_EQ(emit().rows(emit().context, 2, &given, of_row, 2, 64), MR_INVALID);
  EXPECT_NE(given.release, nullptr);
  EXPECT_TRUE(emission_.fatal());
  given.release(&given);
  EXPECT_TRUE(group_.records[1].empty());
}

TEST_F(EmissionTest, RefusesTargetsThatWereNeverGranted) {
  EXPECT_EQ(message(0, 7), MR_INVALID);
  EXPECT_TRUE(emission_.fatal());
  EXPECT_NE(emission_.blame().find("target 7"), std::string::npos);
}

TEST_F(EmissionTest, RefusesMessagesForATargetOfRows) {
  EXPECT_EQ(message(0, 2), MR_INVALID);
  EXPECT_TRUE(emission_.fatal());
}

TEST_F(EmissionTest, RefusesAnEventOfAnotherCall) {
  mr_event stranger{};
  mr_message message{};
  message.event = &stranger;
  message.target = 1;
  EXPECT_EQ(emit().messages(emit().context, &message, 1), MR_INVALID);
  EXPECT_TRUE(emission_.fatal());
}

TEST_F(EmissionTest, LearnsATargetThatIsNamedInsideTheCall) {
  const mr_target late{str("b"), str("late"), MR_MESSAGES, 0, nullptr, 0, nullptr};
  port_->named(12, late);
  EXPECT_EQ(message(0, 12), MR_OK);
  EXPECT_EQ(group_.records[1].size(), 1u);
}

TEST_F(EmissionTest, LetsTheFirstOfEmitAndRejectStandAndBlamesTheRouter) {
  EXPECT_EQ(message(0), MR_OK);
  EXPECT_EQ(reject(0), MR_INVALID);
  EXPECT_EQ(reject(1), MR_OK);
  EXPECT_EQ(message(1), MR_INVALID);
  EXPECT_FALSE(emission_.fatal());
  EXPECT_FALSE(emission_.blame().empty());
  EXPECT_EQ(group_.records[0].size(), 1u);
  EXPECT_EQ(group_.rejections.size(), 1u);
}

TEST_F(EmissionTest, KeepsTheFirstRejectionOfAnEvent) {
  EXPECT_EQ(reject(0), MR_OK);
  EXPECT_EQ(reject(0), MR_OK);
  EXPECT_EQ(group_.rejections.size(), 1u);
  EXPECT_TRUE(emission_.blame().empty());
}

TEST_F(EmissionTest, RefusesMemoryPastTheCeiling) {
  begin(100);
  EXPECT_NE(emit().alloc(emit().context, 60), nullptr);
  EXPECT_EQ(emit().alloc(emit().context, 60), nullptr);
  EXPECT_TRUE(emission_.starved());
  EXPECT_NE(emit().alloc(emit().context, 40), nullptr);
}

TEST_F(EmissionTest, AlignsMemoryToSixteenAndKeepsLargePieces) {
  for (const std::size_t size : {1u, 17u, 100'000u, 3u, 70'000u, 16u}) {
    auto* bytes = static_cast<unsigned char*>(emit().alloc(emit().context, size));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes) % 16, 0u);
    std::fill(bytes, bytes + size, static_cast<unsigned char>(size));
  }
}

} // namespace
} // namespace millrace::flow
