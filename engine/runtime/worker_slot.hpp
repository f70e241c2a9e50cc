// The place of one worker in a pipeline: it is built, runs, and is built anew after a source or router broke. Also the
// worker's watcher: what it hears becomes log lines, metrics, health, and orders to replace what is broken.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/flow/watcher.hpp"
#include "engine/host/log.hpp"
#include "engine/host/metrics.hpp"
#include "engine/runtime/generation.hpp"
#include "engine/runtime/sampler.hpp"
#include "engine/runtime/status.hpp"
#include "engine/runtime/worker_thread.hpp"

namespace millrace::runtime {

class WorkerSlot;

// What the slot wants done. Called on the worker's thread, which must not be the last to hold the slot; returns at
// once.
struct SlotOrders {
  using Slot = std::weak_ptr<WorkerSlot>;
  std::function<void(Slot, std::size_t sink)> replace_sink;
  std::function<void(Slot)> drain;              // at once: something in the worker broke
  std::function<void(Slot)> rebuild;            // the worker stopped because something in it broke
  std::function<void(std::string why)> give_up; // it never ran, and cannot as it is configured
  std::function<void()> changed;                // of state
};

class WorkerSlot final : public flow::Watcher, public std::enable_shared_from_this<WorkerSlot> {
 public:
  WorkerSlot(std::string pipeline, std::size_t index, Generation generation, host::Log& log, host::Metrics& metrics,
             const host::Clock& clock, Sampler& sampler, SlotOrders orders);
  // The worker has stopped by then, or never ran.
  ~WorkerSlot() override;

  const std::string& name() const { return name_; } // "ingest/0"
  std::size_t index() const { return index_; }

  // A fresh thread with its inbox, for a worker that is about to be built. The one before has stopped.
  std::shared_ptr<flow::Inbox> fresh_inbox();
  void run(std::unique_ptr<flow::Worker> worker);
  // [any] The worker that runs, if one does.
  void drain(std::int64_t deadline_ns) const;
  // Joins the thread of a worker that has stopped.
  void join();

  // [any] What its worker is built by, or has been changed to since.
  Generation generation() const;
  void set_generation(Generation generation);

  // [any] False: another one is in its place, or is still, while both run. Nothing is built anew here then.
  bool in_place() const { return in_place_.load(); }
  void set_in_place(bool in_place) { in_place_.store(in_place); }

  // [any] Nothing while it starts; empty when it runs; otherwise why it does not.
  std::optional<std::string> verdict() const;

  // [any]
  flow::WorkerState state() const { return state_.load(); }
  bool broken() const { return broken_.load(); }
  // Why it is not ready, one sentence each; empty: it is.
  std::vector<std::string> reasons() const;
  // What runs now; null before the first run. Shared, since whoever asks may still look while a new one takes the
  // place.
  std::shared_ptr<WorkerThread> running() const;
  // Of this worker and those before it in this place.
  Totals totals() const;
  // What it said of itself when it was not well; nothing: it always was.
  std::optional<Trouble> last_trouble() const;
  // Of the thread that runs or is about to.
  std::shared_ptr<flow::Inbox> inbox() const;
  // Whether a sink of the worker that runs is broken and was not replaced yet.
  bool broken_sink(std::size_t sink) const;
  void mended_sink(std::size_t sink);
  // The worker before has stopped and there is no new one, for this reason.
  void not_rebuilt(std::string_view why);
  // How long to wait before the next attempt to rebuild or replace, doubling.
  std::int64_t next_wait_ns();

  // flow::Watcher, on the worker's thread
  void log(std::uint32_t level, std::string_view instance, std::string_view text) override;
  void violation(std::string_view instance, std::string_view text) override;
  void refused(std::string_view instance, std::string_view text) override;
  void broken(flow::Role role, std::size_t sink, std::string_view instance, std::string_view text) override;
  void routing(std::span<const mr_event* const> events) override { sampler_.offer(events); }
  void delivered(std::size_t sink, std::int64_t latency_ns, std::size_t records) override;
  void settled(std::int64_t latency_ns, std::size_t events) override;

 private:
  void state_changed(flow::WorkerState state);
  void note_trouble(std::string_view instance, std::string_view text); // with the lock
  Totals totals_now() const;                                           // with the lock

  const std::string name_;
  const std::size_t index_;
  host::Log& log_;
  host::Metrics& metrics_;
  const host::Clock& clock_;
  Sampler& sampler_;
  const SlotOrders orders_;
  std::vector<std::uint32_t> delivered_; // histograms, by sink
  std::uint32_t settled_ = 0;
  std::atomic<flow::WorkerState> state_ = flow::WorkerState::kStarting;
  std::atomic<bool> broken_ = false;
  std::atomic<bool> ran_ = false; // once
  std::atomic<bool> in_place_ = true;
  mutable std::mutex mutex_; // guards what follows
  Generation generation_;
  std::shared_ptr<WorkerThread> thread_;
  bool runs_ = false;
  Totals before_;                                   // of the workers that ran before
  std::map<std::size_t, std::string> broken_sinks_; // and why
  std::string trouble_;                             // the last warning while it is not running well
  std::optional<Trouble> last_trouble_;
  std::int64_t wait_ns_ = 0;
  std::int64_t waited_at_ns_ = 0;
};

} // namespace millrace::runtime
