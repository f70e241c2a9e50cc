#include "engine/flow/delivery.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/flow/fake_plugin.hpp"

namespace millrace::flow {
namespace {

using fake::str;

class DeliveryTest : public testing::Test {
 protected:
  // One batch of one event each, with the records that are added to it.
  DeliveryTest() {
    for (std::size_t i = 0; i < legs_.size(); ++i) {
      events_[i].position = i;
      batches_[i].covers = &ranges_[i];
      batches_[i].events = &events_[i];
      batches_[i].count = 1;
      legs_[i].batch = &batches_[i];
    }
  }
  void add_message(std::size_t leg, std::uint32_t target) {
    Record record;
    record.event = &events_[leg];
    record.message = &message_;
    record.target = target;
    records_[leg].push_back(record);
  }
  void add_row(std::size_t leg, RowsCall& rows, std::uint32_t row, std::uint32_t target) {
    Record record;
    record.event = &events_[leg];
    record.rows = &rows;
    record.row = row;
    record.target = target;
    records_[leg].push_back(record);
  }
  const mr_delivery& build(std::initializer_list<std::size_t> legs, bool positions = false) {
    delivery_.slices.clear();
    for (const std::size_t leg : legs) {
      delivery_.slices.push_back({&legs_[leg], records_[leg], {}, 0, batches_[leg].dead.size()});
    }
    delivery_.build(++stamp_, positions);
    return delivery_.wire();
  }
  // "target(positions of events; rows)" for each part.
  static std::string parts_of(const mr_delivery& delivery) {
    std::string out;
    for (std::size_t p = 0; p < delivery.part_count; ++p) {
      const mr_part& part = delivery.parts[p];
      out += (p ? " " : "") + std::to_string(part.target) + (part.rows ? "r" : "m") + "(";
      for (std::size_t i = 0; i < part.count; ++i) {
        out += std::to_string(part.events[i]->position);
      }
      if (part.rows) {
        out += ";";
        for (std::size_t i = 0; part.row && i < part.count; ++i) {
          out += std::to_string(part.row[i]);
        }
      }
      out += ")";
    }
    return out;
  }

  std::array<mr_event, 4> events_{};
  std::array<mr_range, 4> ranges_{};
  std::array<Batch, 4> batches_{};
  std::array<Leg, 4> legs_{};
  std::array<std::vector<Record>, 4> records_;
  mr_message message_{};
  Delivery delivery_;
  std::uint64_t stamp_ = 0;
};

TEST_F(DeliveryTest, GathersTheMessagesOfATargetInOnePartInEventOrder) {
  add_message(0, 1);
  add_message(0, 2);
  add_message(1, 2);
  add_message(1, 1);
  add_message(2, 1);
  EXPECT_EQ(parts_of(build({0, 1, 2})), "1m(012) 2m(01)");
}

TEST_F(DeliveryTest, KeepsEachRowsCallAPartAndThePartsOfATargetTogether) {
  RowsCall first;
  RowsCall other;
  RowsCall second;
  first.array.length = 1;
  other.array.length = 1;
  second.array.length = 1;
  add_row(0, first, 0, 1);
  add_row(1, other, 0, 2);
  add_row(2, second, 0, 1);
  EXPECT_EQ(parts_of(build({0, 1, 2})), "1r(0;) 1r(2;) 2r(1;)");
}

TEST_F(DeliveryTest, SelectsRowsUnlessAllOfACallAreThere) {
  RowsCall rows;
  rows.array.length = 3;
  for (std::uint32_t i = 0; i < 3; ++i) {
    add_row(i, rows, i, 1);
  }
  EXPECT_EQ(parts_of(build({0, 1, 2})), "1r(012;)");
  EXPECT_EQ(parts_of(build({1, 2})), "1r(12;12)");
}

TEST_F(DeliveryTest, SelectsRowsThatAreAllThereButNotInTheirOwnOrder) {
  RowsCall rows;
  rows.array.length = 2;
  add_row(0, rows, 1, 1);
  add_row(1, rows, 0, 1);
  EXPECT_EQ(parts_of(build({0, 1})), "1r(01;10)");
}

TEST_F(DeliveryTest, NamesOneRangeForEachPartitionSorted) {
  Partition a;
  Partition b;
  ranges_[0] = {str("s"), 2, 0, 10, 12, 12};
  ranges_[1] = {str("s"), 1, 0, 5, 6, 6};
  ranges_[2] = {str("s"), 2, 0, 12, 20, 20};
  batches_[0].partition = batches_[2].partition = &a;
  batches_[1].partition = &b;
  const mr_delivery& wire = build({0, 1, 2, 3}, true); // the last has no log behind it
  ASSERT_EQ(wire.range_count, 2u);
  EXPECT_EQ(wire.ranges[0].partition, 1);
  EXPECT_EQ(wire.ranges[1].first, 10u);
  EXPECT_EQ(wire.ranges[1].next, 20u);
  EXPECT_EQ(wire.ranges[1].mark, 20u);
}

TEST_F(DeliveryTest, CarriesRangesAndDeadLettersOnlyForASinkThatStoresThem) {
  Partition partition;
  const mr_reason reason{};
  batches_[0].partition = &partition;
  batches_[0].dead.push_back({&events_[0], &reason});
  EXPECT_EQ(build({0}, true).dead_count, 1u);
  EXPECT_EQ(build({0}, true).range_count, 1u);
  EXPECT_EQ(build({0}, false).dead_count, 0u);
  EXPECT_EQ(build({0}, false).range_count, 0u);
}

TEST_F(DeliveryTest, FindsTheRecordThatAnOutcomeNames) {
  add_message(0, 1);
  add_message(0, 2);
  add_message(1, 1);
  build({0, 1});
  EXPECT_EQ(delivery_.flat(0, 1), delivery_.flat_of(2)); // the second of target 1 came third
  EXPECT_EQ(delivery_.flat(1, 0), delivery_.flat_of(1));
  EXPECT_FALSE(delivery_.flat(1, 1).has_value());
  EXPECT_FALSE(delivery_.flat(2, 0).has_value());
}

} // namespace
} // namespace millrace::flow
