// The numbers that a worker runs by. Nanoseconds of the clock that it is stepped with.
#pragma once

#include <cstdint>

namespace millrace::flow {

inline constexpr std::int64_t kMillisecond = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000 * kMillisecond;

// Waits double from `first_ns` to `max_ns`; each is drawn between half of it and all of it.
struct BackoffSettings {
  std::int64_t first_ns = 50 * kMillisecond;
  std::int64_t max_ns = 10 * kSecond;
};

// A delivery is closed when one of the three is reached, and never holds less than one batch.
struct SinkSettings {
  std::uint64_t max_events = 20'000;
  std::uint64_t max_bytes = 16u << 20;
  std::int64_t max_age_ns = 0; // how long the oldest batch waits for company; 0: not at all
};

struct WorkerSettings {
  std::uint64_t max_events = 100'000;              // in flight, from poll to settle
  std::uint64_t max_bytes = 64u << 20;             // in flight: events, memory from alloc, rows
  std::uint64_t route_events = 8'192;              // per call of route()
  std::int64_t write_deadline_ns = 60 * kSecond;   // a write, or the wait for its complete; then interrupt
  std::int64_t release_deadline_ns = 10 * kSecond; // for what is under way of a partition that is to be given back
  std::int64_t interrupt_every_ns = 100 * kMillisecond;
  std::int64_t still_every_ns = 5 * kSecond; // how long a sink that stores positions may be idle without being asked
  bool refuse_invalid = false;               // what the router rejects is refused for good, not dead-lettered
  BackoffSettings retry;                     // deliveries, binds, claims, route, poll, start
  BackoffSettings moved{200 * kMillisecond, 30 * kSecond}; // claims after MR_MOVED came repeatedly
  std::uint64_t seed = 1;                                  // of the jitter
};

} // namespace millrace::flow
