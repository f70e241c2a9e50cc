// How much is handed to librdkafka at a time. A producer that never stores twice has one request under way to a
// partition; while a next one is ready, its thread turns in a loop without a pause until the acknowledgement comes, at
// the cost of a core. So records are handed over in bursts, two of which may be
// under way: what comes meanwhile makes the next one. One that is old does not count, lest a partition without a leader
// hold up all others. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace millrace::sink_kafka {

class Bursts {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kBytes = 2U << 20U; // about two full requests to a single partition
  static constexpr std::size_t kAtOnce = 2;
  static constexpr std::chrono::milliseconds kOld{50};

  // Whether one more record may be handed over.
  bool may_send(Clock::time_point now) const {
    if (open_) {
      return true;
    }
    return count_young(now) < kAtOnce;
  }
  // It was; the number is for acknowledged().
  std::uint64_t sent(std::size_t bytes, Clock::time_point now) {
    if (!open_) {
      bursts_.push_back({0, now});
      bytes_ = 0;
      open_ = true;
    }
    ++bursts_.back().left;
    bytes_ += bytes;
    const std::uint64_t number = first_ + bursts_.size() - 1;
    open_ = bytes_ < kBytes;
    return number;
  }
  // Nothing more is waiting: the next record begins another one.
  void pause() { open_ = false; }
  // The record has its delivery report.
  void acknowledged(std::uint64_t number) {
    --bursts_[number - first_].left;
    while (!bursts_.empty() && bursts_.front().left == 0 && (bursts_.size() > 1 || !open_)) {
      bursts_.pop_front();
      ++first_;
    }
  }
  // When one more is old, if may_send() says no.
  Clock::time_point next_old(Clock::time_point now) const {
    Clock::time_point next = Clock::time_point::max();
    for (const Burst& burst : bursts_) {
      if (burst.left > 0 && now < burst.began + kOld) {
        next = std::min(next, burst.began + kOld);
      }
    }
    return next;
  }

 private:
  struct Burst {
    std::size_t left; // records without a report
    Clock::time_point began;
  };

  std::size_t count_young(Clock::time_point now) const {
    std::size_t count = 0;
    for (auto burst = bursts_.rbegin(); burst != bursts_.rend() && now < burst->began + kOld; ++burst) {
      count += burst->left > 0 ? 1 : 0;
    }
    return count;
  }

  std::deque<Burst> bursts_; // oldest first
  std::uint64_t first_ = 0;  // number of the oldest
  std::size_t bytes_ = 0;    // of the newest
  bool open_ = false;        // the newest takes more
};

} // namespace millrace::sink_kafka
