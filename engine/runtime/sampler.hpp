// Copies of events on their way into the router, for whoever watches: no more than each of them wants, and at the cost
// of one look at a number when nobody does.
#pragma once

#include <millrace/plugin.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace::runtime {

struct SampledEvent {
  std::string stream;
  std::int32_t partition = -1;
  std::uint64_t position = 0;
  std::string payload;
  std::vector<std::pair<std::string, std::string>> headers;
  std::int64_t time_us = 0;
};

// Wakes one who waits for samples, of several readers if need be. [any]
class SampleBell {
 public:
  void ring();
  // Until it rings, or rang since the last wait; false: the time passed without. Never longer.
  bool wait(std::chrono::nanoseconds patience);

 private:
  std::mutex mutex_; // guards what follows
  std::condition_variable rings_;
  bool rang_ = false;
};

// Whoever watches. [any]
class SampleReader {
 public:
  // `bell` rings when something was copied.
  explicit SampleReader(std::shared_ptr<SampleBell> bell) : bell_(std::move(bell)) {}

  // Wants so many more, of at most so many bytes together; takes the place of what was wanted before.
  void want(std::uint64_t events, std::uint64_t bytes);
  // What was copied since the last call.
  std::vector<SampledEvent> take();
  // Events that went by so far, copied or not.
  std::uint64_t seen() const;

 private:
  friend class Sampler;
  void offer(std::span<const mr_event* const> events);
  bool copy_some(std::span<const mr_event* const> events);

  const std::shared_ptr<SampleBell> bell_; // shared with whoever waits; a worker may ring it when that one has gone
  mutable std::mutex mutex_;               // guards what follows
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t seen_ = 0;
  std::vector<SampledEvent> taken_;
};

class Sampler {
 public:
  // [any] Watches until the last copy of it goes. The sampler outlives it.
  std::shared_ptr<SampleReader> open(std::shared_ptr<SampleBell> bell = std::make_shared<SampleBell>());

  // [any] What a worker is about to route.
  void offer(std::span<const mr_event* const> events) {
    if (open_.load(std::memory_order_relaxed) > 0) {
      offer_all(events);
    }
  }

 private:
  void offer_all(std::span<const mr_event* const> events);

  std::atomic<int> open_ = 0;
  std::mutex mutex_; // guards what follows
  std::vector<std::weak_ptr<SampleReader>> readers_;
};

} // namespace millrace::runtime
