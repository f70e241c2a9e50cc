// One worker: a source, a router and its sinks, and everything between poll and settle. Single-threaded and without I/O
// of its own: whoever runs it brings the clock, the lanes for instances that block, and calls step() when it is due or
// notified.
//
//   auto inbox = std::make_shared<Inbox>([&] { loop.post(run_step); });
//   Instance source{plugin, self, "source.http", port, ...};        // port = inbox->open_port(), given to its host
//   before create Worker worker(inbox, {std::move(source), std::move(router), std::move(sinks)}, settings, watcher);
//   next = worker.step(clock());                                    // again at `next`, or as soon as notify is called
//   worker.drain(clock() + deadline);                               // … step until state() is kStopped, then destroy
//   it
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/flow/counters.hpp"
#include "engine/flow/inbox.hpp"
#include "engine/flow/instance.hpp"
#include "engine/flow/settings.hpp"
#include "engine/flow/watcher.hpp"

namespace millrace::flow {

struct SinkParts {
  std::string name; // as targets name it: the `events` of "sink.events"
  Instance instance;
  SinkSettings settings;
};

struct WorkerParts {
  Instance source;
  Instance router;
  std::vector<SinkParts> sinks; // at most one with millrace.positions/1
};

enum class WorkerState : std::uint8_t {
  kStarting, // an instance answered TRANSIENT to start and is asked again, or none was asked yet
  kRunning,
  kFinished, // running, but the source has no more and everything is settled: time to drain
  kDraining, // the source takes nothing new in
  kStopping, // sinks stop, the rest settles ABANDONED, source and routers stop
  kStopped   // every instance is destroyed
};

// What became of a swap; runs on the thread that steps. `error` is empty when the new instance is in use, and says
// otherwise why the old one stays (or, for a sink, why there is none in use now; the watcher heard `broken`).
using SwapDone = std::function<void(std::string_view error)>;

class Worker {
 public:
  // Instances are created and not started. `watcher` outlives the worker.
  Worker(std::shared_ptr<Inbox> inbox, WorkerParts parts, WorkerSettings settings, Watcher& watcher);
  // Before kStopped this is a crash: no plugin is called, deliveries are forgotten. Only a simulation does that.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Does what is to be done now, a bounded amount of it. Answers when to step again (now: at once, kNever: when
  // notified). One thread at a time; the time never goes back.
  std::int64_t step(std::int64_t now_ns);

  // [any] The source announces the end; what is not settled at the deadline is interrupted and abandoned. May be
  // repeated with an earlier deadline.
  void drain(std::int64_t deadline_ns);
  // [any] Other numbers to run by, those of the sinks in their order; what is in flight stays. `seed` is not taken.
  void configure(const WorkerSettings& settings, std::vector<SinkSettings> sinks);
  // [any] The active router declares other streams now: tells a source that has millrace.streams/1.
  void streams_changed();
  // [any] Takes the new router between two calls of route(); what is under way finishes with the old one.
  void swap_router(Instance router, SwapDone done);
  // [any] Drains and destroys the old instance (interrupted after the deadline), then starts the new one and offers
  // what is open again.
  void swap_sink(std::size_t sink, Instance instance, std::int64_t deadline_ns, SwapDone done);

  // [any]
  WorkerState state() const;
  const WorkerCounters& counters() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

} // namespace millrace::flow
