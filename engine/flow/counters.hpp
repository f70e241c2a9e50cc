// What a worker counts where it happens. Written by the worker's thread alone, read by any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>

namespace millrace::flow {

class Count {
 public:
  void add(std::uint64_t n = 1) { value_.store(get() + n, std::memory_order_relaxed); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct SinkCounters {
  Count deliveries; // offered, every attempt
  Count records;    // durable, also as dead letters
  Count retries;    // deliveries that were offered again
  Count rejected;   // records that the sink refused
  Count moved;      // MR_MOVED
  Count stills;     // times that the idle sink was asked
  Count interrupts;
  Count violations; // of the contract, by this sink
  Count open;       // gauge: deliveries that it has now
  Count waiting;    // gauge: deliveries that wait to be tried again
  Count held;       // gauge: targets that bind refused, and has not accepted since
};

struct WorkerCounters {
  explicit WorkerCounters(std::size_t sink_count) : sinks(sink_count) {}

  Count batches_in;
  Count events_in;
  Count bytes_in;
  Count batches_settled;
  std::array<Count, 7> verdicts; // events, by MR_FILTERED … MR_FAILED; [0] stays 0
  Count dead_letters;            // events handed to a dead letter
  Count route_calls;
  Count route_retries;
  Count router_swaps;
  Count sink_swaps;
  Count claims;
  Count releases;
  Count moved; // times that all claims were void
  Count source_violations;
  Count router_violations;
  Count events_in_flight; // gauge
  Count bytes_in_flight;  // gauge
  Count max_events;       // the ceilings
  Count max_bytes;
  Count routers;                  // gauge: versions alive
  Count partitions;               // gauge: claimed
  std::deque<SinkCounters> sinks; // in the order of the pipeline
};

} // namespace millrace::flow
