#include "plugins/source_kafka/sample.hpp"

#include <gtest/gtest.h>

namespace millrace::source_kafka {
namespace {

const std::vector<Stretch> kThree = {{0, 100, 110}, {1, 5, 7}, {2, 0, 0}};

TEST(Sample, WithoutALimitEachPartitionIsReadWhole) { EXPECT_EQ(newest(kThree, 0), kThree); }

TEST(Sample, ALimitTakesTheLastOfEachPartition) {
  EXPECT_EQ(newest(kThree, 4), (std::vector<Stretch>{{0, 108, 110}, {1, 5, 7}, {2, 0, 0}}));
  EXPECT_EQ(newest(kThree, 1), (std::vector<Stretch>{{0, 109, 110}, {1, 7, 7}, {2, 0, 0}}));
}

TEST(Sample, WhatAShortPartitionDoesNotHaveComesFromTheOthers) {
  EXPECT_EQ(newest(kThree, 9), (std::vector<Stretch>{{0, 103, 110}, {1, 5, 7}, {2, 0, 0}}));
}

TEST(Sample, ALimitBeyondWhatThereIsTakesAll) {
  EXPECT_EQ(newest(kThree, 13), kThree);
  EXPECT_EQ(newest(kThree, UINT64_MAX), kThree);
}

} // namespace
} // namespace millrace::source_kafka
