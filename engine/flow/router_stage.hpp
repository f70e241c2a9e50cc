// Takes batches from the source driver, puts several into one call of route(), and hands what came of it on as legs.
// Old routers live here until the last batch that they routed is settled.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/flow/context.hpp"
#include "engine/flow/emission.hpp"
#include "engine/flow/route_group.hpp"

namespace millrace::flow {

// One instance of the router.
struct RouterVersion {
  RouterVersion(Instance instance, std::shared_ptr<Inbox> inbox, const SinkNames& sinks)
      : caller(std::move(instance), std::move(inbox)), in_call(sinks), targets(sinks) {}

  Caller caller;
  KnownTargets in_call; // for whoever runs route(), perhaps on a lane
  KnownTargets targets; // for the worker
  std::size_t groups = 0;
  bool started = false;
  bool retiring = false; // its stop is under way
};

class RouterStage {
 public:
  RouterStage(Context& context, Instance router, const SinkNames& sinks, std::string source_name);

  // Life. start() may answer TRANSIENT and is then repeated by advance(); is_up() says when it has started.
  void start();
  bool is_up() const { return current_->started; }
  void said_failed(const mr_error& error);
  bool is_port(std::uint64_t serial) const { return current_->caller.port().serial() == serial; }
  void swap(Instance next, std::function<void(std::string_view)> done);
  // Ends every version; call again until it answers true. All batches are settled.
  bool stop();

  // The batch has its routing branch open in the ledger.
  void accept(Batch& batch);
  std::uint64_t waiting_events() const { return waiting_events_; }
  // Ends the routing branch of abandoned batches that wait here.
  void drop_abandoned();

  // Makes at most one call of route(); true: something happened.
  bool advance();
  std::int64_t due_ns() const;

  // In order. Each leg's branch is open in the ledger, and so is still the routing branch of each batch that was
  // routed.
  std::vector<Leg*> take_legs() { return std::exchange(legs_, {}); }
  std::vector<Batch*> take_routed() { return std::exchange(routed_, {}); }
  // Targets that no router names any more, for the sinks to unbind.
  std::vector<std::uint32_t> take_unnamed() { return std::exchange(unnamed_, {}); }

  // A sink refused the event: its dead letter as a leg of its own. Null: it has one already, or it was put on the batch
  // for the sink that stores positions, or there is no target for it (then the verdict says so).
  Leg* refuse(Batch& batch, const mr_event& event, const mr_reason& reason);
  // The reason, kept as long as the batch.
  const mr_reason* keep(Batch& batch, const mr_reason& reason);
  // One of its batches is settled; with the last one everything that the call made goes.
  void batch_closed(RouteGroup& group);

 private:
  struct Swap {
    Instance next;
    std::function<void(std::string_view)> done;
  };

  void route(std::size_t batches, std::uint64_t may_take);
  void routed(std::size_t batches, const Answer& answer);
  void take_result();
  void reject(const Rejection& rejection, Batch& batch);
  void make_legs(std::size_t sink);
  void begin_swap();
  void retire(RouterVersion& version);
  void destroyed(RouterVersion& version);
  void blame(std::string_view text);
  std::unique_ptr<RouteGroup> new_group();

  Context& context_;
  const SinkNames& sinks_;
  const std::string source_name_;
  std::unique_ptr<RouterVersion> current_;
  std::vector<std::unique_ptr<RouterVersion>> old_;
  std::unique_ptr<RouterVersion> next_; // being started
  std::deque<Swap> swaps_;

  std::deque<Batch*> waiting_; // to be routed; the first `calling_` of them are in the call
  std::uint64_t waiting_events_ = 0;
  std::uint64_t waiting_bytes_ = 0;
  std::size_t calling_ = 0;
  std::size_t at_most_ = SIZE_MAX; // batches in a call, fewer after memory did not suffice
  std::uint64_t may_take_ = 0;     // of the call that is under way
  std::uint64_t needs_ = 0;        // bytes for its output before it is asked again, after memory did not suffice
  std::uint32_t failures_ = 0;
  std::int64_t not_before_ns_ = 0;
  bool starting_ = false;
  bool broken_ = false;

  Emission emission_;
  std::unique_ptr<RouteGroup> group_; // of the call under way
  std::vector<Batch*> called_;
  std::vector<const mr_event*> events_;
  std::vector<std::unique_ptr<RouteGroup>> groups_; // in use
  std::vector<std::unique_ptr<RouteGroup>> spare_;

  std::vector<Leg*> legs_;
  std::vector<Batch*> routed_;
  std::vector<std::uint32_t> unnamed_;
};

} // namespace millrace::flow
