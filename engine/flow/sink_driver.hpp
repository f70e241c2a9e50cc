// Drives one sink: binds targets, builds deliveries of whole consecutive batches, keeps to the order that was promised,
// takes outcomes, tries again, asks for claims, and starts, swaps and stops the instance. No outcome leaves it before
// the sink gave the delivery back.
#pragma once

#include <millrace/ext/positions.h>
#include <millrace/plugin.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/flow/context.hpp"
#include "engine/flow/delivery.hpp"

namespace millrace::flow {

class SinkDriver {
 public:
  using SwapDone = std::function<void(std::string_view)>;

  SinkDriver(Context& context, std::size_t index, std::string name, Instance instance, SinkSettings settings);

  // Life. start() is repeated by advance() while the answer is TRANSIENT. stop() and destroy() are called again until
  // they answer true; stop() interrupts what runs, and what is open afterwards is blamed on the sink and comes back as
  // if it had failed.
  void start();
  bool is_up() const { return life_ == Life::kRunning; }
  bool stop();
  bool destroy();
  void swap(Instance next, std::int64_t deadline_ns, SwapDone done);
  // Deliveries are no longer held back for company.
  void flush() { flushing_ = true; }
  // If the sink has something of the partition, it is interrupted until it gave it back.
  void hurry(const Partition& partition);

  bool stores_positions() const { return positions_ != nullptr; }

  // Everything in the order in which it is to be made durable. The leg's branch is open in the ledger.
  void accept(Leg& leg);
  void complete(Completed completed);
  void said_failed(const mr_error& error) { set_broken(error.text); }
  bool is_port(std::uint64_t serial) const { return caller_->port().serial() == serial; }
  // Ends legs of abandoned batches that are in no open delivery.
  void drop_abandoned();
  // No router names the target any more.
  void unbind(std::uint32_t id);

  // Queued; answered through Upward.
  void claim(Partition& partition) { claims_.push_back({&partition, false}); }
  void release(Partition& partition) { claims_.push_back({&partition, true}); }
  // Takes back a claim that was not asked yet; false: there is none, or it is being asked just now.
  bool forget_claim(const Partition& partition);
  void set_claims_held(std::size_t held) { claims_held_ = held; }
  void configure(const SinkSettings& settings) { settings_ = settings; }

  // Makes the calls that can be made now; true: something happened.
  bool advance();
  // Later than now; kNever: nothing to wait for but what comes through the inbox.
  std::int64_t due_ns() const;

 private:
  enum class Life : std::uint8_t { kNew, kStarting, kRunning, kDraining, kStopping, kStopped, kDestroying, kGone };
  enum class Bound : std::uint8_t { kNo, kWanted, kBinding, kYes };
  struct Bind {
    const mr_target* target = nullptr;
    Bound state = Bound::kNo;
    bool unwanted = false; // to be unbound, unless somebody wants it before
    std::uint32_t failures = 0;
    std::int64_t not_before_ns = 0;
  };
  // Legs in order. A sink that promises order has one queue for each partition, with one delivery at a time.
  struct Queue {
    std::deque<Leg*> legs;
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    std::uint32_t open = 0;    // deliveries that the sink has
    std::uint32_t waiting = 0; // deliveries that wait to be tried again
    bool held = false;         // its first leg names a target that is not bound
    bool listed = false;
    std::uint64_t scan = 0; // scratch
  };
  struct ClaimCall {
    Partition* partition = nullptr;
    bool release = false;
  };
  struct Swap {
    Instance next;
    std::int64_t deadline_ns = 0;
    SwapDone done;
  };
  // What became of a delivery, by flat place.
  struct Result {
    std::vector<std::uint32_t> outcomes;
    std::vector<const mr_reason*> reasons; // empty: none
    bool stored = false;                   // ranges and dead letters are durable
    bool moved = false;
  };
  using DeliveryPtr = std::unique_ptr<Delivery>;

  // sink_life.cpp
  void started(const Answer& answer);
  void set_broken(std::string_view why);
  bool advance_swap();
  void take_next_instance();
  void make_queues_anew(bool ordered);
  void call_stop();
  void give_back_open();
  void interrupt_if_due();
  bool call_claim();
  void call_release(Partition& partition);
  bool call_bind();
  bool call_unbind();
  void bound(std::uint32_t id, const Answer& answer);
  void no_longer_refused(Bind& bind);
  void ask_no_more(std::uint32_t id);
  void release_held();
  bool call_still();

  // sink_driver.cpp
  bool runs() const { return life_ == Life::kRunning && !broken_ && !stopping_ && !caller_->busy(); }
  std::size_t queue_of(const Leg& leg) const;
  Queue& queue(std::size_t index);
  void list(std::size_t index);
  void push(std::size_t index, Leg& leg);
  Leg& pop(Queue& queue);
  bool all_bound(const Leg& leg, std::span<const Record> records);
  bool may_offer();
  void pace(const Result& result, bool nothing_durable);
  bool ripe() const;
  bool offer_retry();
  bool offer_fresh();
  void offer(DeliveryPtr delivery);
  void written(std::uint64_t id, const Answer& answer);
  void finish(DeliveryPtr delivery, const Completed& completed);
  Result judge(const Delivery& delivery, const Completed& completed, std::deque<mr_reason>& kept);
  void judge_positions(const Delivery& delivery, std::uint32_t rest, Result& result);
  bool take_slice(const Delivery& delivery, std::size_t index, const Result& result, Delivery::Slice& again);
  void give_up_slice(const Delivery::Slice& slice, std::span<const Record> left, bool stored);
  void retry(const Delivery& failed, std::vector<Delivery::Slice> slices, std::int64_t due_ns);
  // Each queue of the delivery once, of a sink that promises order.
  template <class Change>
  void for_each_queue(const Delivery& delivery, Change change) {
    if (!ordered_) {
      return;
    }
    ++scan_;
    for (const Delivery::Slice& slice : delivery.slices) {
      const std::size_t index = queue_of(*slice.leg);
      Queue& of = queue(index);
      if (index > 0 && std::exchange(of.scan, scan_) != scan_) {
        change(of);
      }
    }
  }
  DeliveryPtr new_delivery();
  void blame(std::string_view text);
  void log(std::uint32_t level, std::string_view text);
  void update_gauges();
  SinkCounters& counters() { return context_.counters.sinks[index_]; }

  Context& context_;
  const std::size_t index_;
  const std::string name_;
  SinkSettings settings_;
  std::unique_ptr<Caller> caller_;
  std::vector<std::unique_ptr<Caller>> never_used_; // of swaps that the end of the worker overtook
  const mr_sink_positions* positions_ = nullptr;
  bool ordered_ = false;

  Life life_ = Life::kNew;
  bool was_started_ = false; // stop is owed
  bool broken_ = false;
  bool flushing_ = false;
  bool hurried_ = false;
  bool stopping_ = false;      // for good
  std::uint32_t failures_ = 0; // of start
  std::int64_t not_before_ns_ = 0;
  std::int64_t next_interrupt_ns_ = 0;
  std::deque<Swap> swaps_;
  SwapDone swapped_; // told when the new instance has started

  std::vector<Bind> binds_; // by target id
  std::deque<std::uint32_t> to_bind_;
  std::deque<std::uint32_t> to_unbind_;
  std::uint64_t bound_epoch_ = 1; // changes when something that was bound is not any more

  std::deque<Queue> queues_; // 0: without order; 1 + index of the partition
  std::deque<std::size_t> listed_;
  std::deque<Leg*> held_; // of queue 0, until something is bound
  std::uint64_t next_sequence_ = 1;

  // While nothing at all succeeds the sink is offered one thing at a time, ever more slowly: it is the sink, not what
  // it gets.
  std::uint32_t failed_in_a_row_ = 0;
  std::int64_t offers_not_before_ns_ = 0;

  std::uint64_t next_delivery_ = 1;
  std::uint64_t stamp_ = 0;
  std::uint64_t scan_ = 0;
  std::vector<DeliveryPtr> open_;
  std::list<DeliveryPtr> waiting_; // in the order of their first legs
  std::vector<DeliveryPtr> spare_;

  std::deque<ClaimCall> claims_;
  std::size_t claims_held_ = 0;
  std::int64_t last_call_ns_ = 0; // that touched the session
};

} // namespace millrace::flow
