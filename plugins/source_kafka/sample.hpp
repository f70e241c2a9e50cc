// The records of one topic for tools that look at them: read without a group, so that nothing of it is left in the
// cluster.
#pragma once

#include "plugins/source_kafka/settings.hpp"

#include <millrace/ext/draft/sample.h>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace millrace::source_kafka {

// The offsets [first, end) of a partition.
struct Stretch {
  std::int32_t partition = 0;
  std::int64_t first = 0;
  std::int64_t end = 0;

  bool operator==(const Stretch&) const = default;
};

// What of it is among the newest `limit` in all: each partition's last, as many of each as there are. 0: all.
std::vector<Stretch> newest(std::vector<Stretch> all, std::uint64_t limit);

// As millrace.sample/1. Throws transient() when the brokers do not answer, Failure(MR_REJECTED) for an unknown topic.
void sample_topic(const Settings& settings, const Host& host, std::string_view topic, std::uint64_t limit,
                  std::chrono::nanoseconds patience, const mr_samples& samples);

} // namespace millrace::source_kafka
