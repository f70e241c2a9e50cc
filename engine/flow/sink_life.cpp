// The other half of sink_driver.hpp: start, swap, stop, binds, claims, and what keeps a running call from running for
// ever.
#include <algorithm>
#include <utility>

#include "engine/flow/sink_driver.hpp"

namespace millrace::flow {

SinkDriver::SinkDriver(Context& context, std::size_t index, std::string name, Instance instance, SinkSettings settings)
    : context_(context),
      index_(index),
      name_(std::move(name)),
      settings_(settings),
      caller_(std::make_unique<Caller>(std::move(instance), context.inbox)) {
  const mr_plugin& plugin = caller_->plugin();
  positions_ = static_cast<const mr_sink_positions*>(plugin.extension ? plugin.extension(MR_POSITIONS) : nullptr);
  ordered_ = positions_ || caller_->has_flag(MR_ORDERED);
}

// ---- start, swap, stop
// ---------------------------------------------------------------------------------------------------------

void SinkDriver::start() {
  if (life_ != Life::kNew || broken_ || caller_->busy() || context_.now_ns < not_before_ns_) {
    return;
  }
  life_ = Life::kStarting;
  Caller& caller = *caller_;
  caller.call(
      context_.now_ns,
      [&caller] {
        mr_error error{};
        return answer_of(caller.plugin().start(caller.self(), &error), error);
      },
      [this](const Answer& answer) { started(answer); });
}

void SinkDriver::started(const Answer& answer) {
  life_ = Life::kNew;
  last_call_ns_ = context_.now_ns;
  if (answer.status == MR_TRANSIENT) {
    not_before_ns_ = context_.now_ns + backoff(context_.settings.retry, ++failures_, context_.random);
    log(MR_LOG_WARN, "cannot start yet: " + answer.text);
    return;
  }
  const SwapDone swapped = std::exchange(swapped_, nullptr);
  if (answer.status != MR_OK) {
    set_broken("start failed: " + answer.text);
    if (swapped) {
      swapped("the new instance does not start: " + answer.text);
    }
    return;
  }
  if (swapped) {
    swapped({});
  }
  life_ = Life::kRunning;
  was_started_ = true;
  failures_ = failed_in_a_row_ = 0;
  offers_not_before_ns_ = 0;
  for (const DeliveryPtr& delivery : waiting_) {
    delivery->due_ns = context_.now_ns; // what another instance could not do says nothing about this one
  }
}

void SinkDriver::set_broken(std::string_view why) {
  if (broken_) {
    return;
  }
  broken_ = true;
  context_.watcher.broken(Role::kSink, index_, caller_->name(), why);
}

void SinkDriver::swap(Instance next, std::int64_t deadline_ns, SwapDone done) {
  swaps_.push_back({std::move(next), deadline_ns, std::move(done)});
}

bool SinkDriver::advance_swap() {
  if (swaps_.empty() || stopping_) {
    return false;
  }
  const bool late = context_.now_ns >= swaps_.front().deadline_ns;
  if (late && life_ != Life::kGone) {
    hurried_ = true;
  }
  if (caller_->busy()) {
    return false;
  }
  switch (life_) {
    case Life::kNew:
      life_ = Life::kStopped;
      return true;
    case Life::kRunning: {
      if (broken_) {
        call_stop();
        return true;
      }
      life_ = Life::kDraining;
      Caller& caller = *caller_;
      caller.call(
          context_.now_ns,
          [&caller] {
            caller.plugin().drain(caller.self());
            return 0;
          },
          [](int) {});
      return true;
    }
    case Life::kDraining:
      if (!open_.empty() && !late && !broken_) {
        return false;
      }
      call_stop();
      return true;
    case Life::kStopped: {
      if (positions_) {
        context_.upward.moved(name_ + ": its instance is replaced");
      }
      destroy();
      return true;
    }
    case Life::kGone:
      take_next_instance();
      return true;
    case Life::kStarting:
    case Life::kStopping:
    case Life::kDestroying:
      return false;
  }
  return false;
}

void SinkDriver::take_next_instance() {
  Swap& swap = swaps_.front();
  caller_ = std::make_unique<Caller>(std::move(swap.next), context_.inbox);
  const mr_plugin& plugin = caller_->plugin();
  positions_ = static_cast<const mr_sink_positions*>(plugin.extension ? plugin.extension(MR_POSITIONS) : nullptr);
  make_queues_anew(positions_ || caller_->has_flag(MR_ORDERED));
  for (Bind& bind : binds_) {
    bind = {bind.target};
  }
  to_bind_.clear();
  to_unbind_.clear();
  counters().held.set(0);
  ++bound_epoch_;
  broken_ = hurried_ = was_started_ = false;
  failures_ = 0;
  not_before_ns_ = 0;
  life_ = Life::kNew;
  context_.counters.sink_swaps.add();
  swapped_ = std::move(swap.done);
  swaps_.pop_front();
  start();
}

// Another version of a plugin may promise order where the old one did not. No delivery is open.
void SinkDriver::make_queues_anew(bool ordered) {
  std::vector<Leg*> legs(held_.begin(), held_.end());
  for (const Queue& of : queues_) {
    legs.insert(legs.end(), of.legs.begin(), of.legs.end());
  }
  std::sort(legs.begin(), legs.end(), [](const Leg* a, const Leg* b) { return a->sequence < b->sequence; });
  held_.clear();
  queues_.clear();
  listed_.clear();
  ordered_ = ordered;
  for (const DeliveryPtr& waiting : waiting_) {
    for_each_queue(*waiting, [](Queue& of) { ++of.waiting; });
  }
  for (Leg* leg : legs) {
    push(queue_of(*leg), *leg);
  }
}

void SinkDriver::call_stop() {
  life_ = Life::kStopping;
  Caller& caller = *caller_;
  caller.call(
      context_.now_ns,
      [&caller] {
        caller.plugin().stop(caller.self());
        return 0;
      },
      [this](int) {
        // What it completed before it returned stands in the inbox in front of this.
        context_.inbox->order([this] {
          give_back_open();
          life_ = Life::kStopped;
        });
      });
}

void SinkDriver::give_back_open() {
  for (DeliveryPtr& open : std::exchange(open_, {})) {
    blame("stop returned, but delivery " + std::to_string(open->id) + " was never completed");
    const Completed failed{open->id, MR_RECORD_TRANSIENT, {}, {}};
    finish(std::move(open), failed);
  }
}

bool SinkDriver::stop() {
  for (Swap& swap : std::exchange(swaps_, {})) {
    never_used_.push_back(std::make_unique<Caller>(std::move(swap.next), context_.inbox));
    swap.done("the worker stops");
  }
  if (const SwapDone swapped = std::exchange(swapped_, nullptr)) {
    swapped("the worker stops");
  }
  stopping_ = true;
  if (life_ == Life::kStopped || life_ == Life::kGone) {
    return true;
  }
  hurried_ = true;
  if (caller_->busy() || life_ == Life::kStopping || life_ == Life::kDestroying) {
    interrupt_if_due();
    return false;
  }
  if (!was_started_) {
    life_ = Life::kStopped;
    return true;
  }
  call_stop();
  return false;
}

bool SinkDriver::destroy() {
  const auto destroy_one = [this](Caller& caller, auto then) {
    caller.call(
        context_.now_ns,
        [&caller] {
          caller.plugin().destroy(caller.self());
          return 0;
        },
        [&caller, then](int) {
          caller.let_go();
          then();
        });
  };
  bool all_gone = life_ == Life::kGone;
  if (life_ == Life::kStopped) {
    life_ = Life::kDestroying;
    destroy_one(*caller_, [this] { life_ = Life::kGone; });
    all_gone = life_ == Life::kGone;
  }
  for (const auto& caller : never_used_) {
    if (caller->busy()) {
      caller->interrupt();
    } else if (!caller->gone()) {
      destroy_one(*caller, [] {});
    }
    all_gone = all_gone && caller->gone();
  }
  return all_gone;
}

// ---- interrupts
// ----------------------------------------------------------------------------------------------------------------

void SinkDriver::hurry(const Partition& partition) {
  for (const DeliveryPtr& open : open_) {
    for (const Delivery::Slice& slice : open->slices) {
      hurried_ = hurried_ || slice.leg->batch->partition == &partition;
    }
  }
  interrupt_if_due();
}

// One sent just before a call would be lost, so that it is repeated for as long as there is a reason.
void SinkDriver::interrupt_if_due() {
  const std::int64_t deadline = context_.settings.write_deadline_ns;
  bool reason = caller_->busy() && (hurried_ || caller_->busy_since_ns() + deadline <= context_.now_ns);
  for (const DeliveryPtr& open : open_) {
    const std::int64_t age = context_.now_ns - open->offered_ns;
    reason = reason || hurried_ || age >= deadline;
    if (age >= deadline && !std::exchange(open->overdue, true)) {
      log(MR_LOG_ERROR, "has not completed delivery " + std::to_string(open->id) + " in time; it is interrupted");
    }
    if (age >= 2 * deadline && life_ == Life::kRunning) {
      set_broken("delivery " + std::to_string(open->id) + " does not come back");
    }
  }
  if (!caller_->busy() && open_.empty() && life_ == Life::kRunning) {
    hurried_ = false;
  }
  if (!reason || context_.now_ns < next_interrupt_ns_) {
    return;
  }
  next_interrupt_ns_ = context_.now_ns + context_.settings.interrupt_every_ns;
  counters().interrupts.add();
  caller_->interrupt();
}

// ---- claims
// --------------------------------------------------------------------------------------------------------------------

bool SinkDriver::forget_claim(const Partition& partition) {
  return std::erase_if(claims_, [&](const ClaimCall& call) { return call.partition == &partition && !call.release; }) >
         0;
}

bool SinkDriver::call_claim() {
  if (claims_.empty()) {
    return false;
  }
  const ClaimCall next = claims_.front();
  claims_.pop_front();
  if (next.release) {
    call_release(*next.partition);
    return true;
  }
  struct Claimed {
    Answer answer;
    mr_position position{};
  };
  Caller& caller = *caller_;
  Partition& partition = *next.partition;
  // The source's first idea since it got the partition, not its latest: what it knows by now comes from verdicts, and a
  // sink that has nothing of the partition may have lost all of that.
  const mr_position if_new{partition.first_own, partition.first_own_mark};
  context_.counters.claims.add();
  caller.call(
      context_.now_ns,
      [&caller, &partition, if_new, positions = positions_] {
        Claimed claimed;
        mr_error error{};
        const mr_str stream{partition.stream.data(), partition.stream.size()};
        const mr_status status =
            positions->claim(caller.self(), stream, partition.number, &if_new, &claimed.position, &error);
        claimed.answer = answer_of(status, error);
        return claimed;
      },
      [this, &partition](const Claimed& claimed) {
        last_call_ns_ = context_.now_ns;
        if (claimed.answer.status == MR_FATAL) {
          set_broken(claimed.answer.text);
        }
        context_.upward.claim_answered(partition, claimed.answer, claimed.position);
      });
  return true;
}

void SinkDriver::call_release(Partition& partition) {
  Caller& caller = *caller_;
  caller.call(
      context_.now_ns,
      [&caller, &partition, positions = positions_] {
        positions->release(caller.self(), {partition.stream.data(), partition.stream.size()}, partition.number);
        return 0;
      },
      [this, &partition](int) {
        last_call_ns_ = context_.now_ns;
        context_.upward.claim_released(partition);
      });
}

bool SinkDriver::call_still() {
  const std::int64_t due = last_call_ns_ + context_.settings.still_every_ns;
  if (!positions_ || claims_held_ == 0 || !open_.empty() || context_.now_ns < due) {
    return false;
  }
  counters().stills.add();
  Caller& caller = *caller_;
  caller.call(
      context_.now_ns,
      [&caller, positions = positions_] {
        mr_error error{};
        return answer_of(positions->still(caller.self(), &error), error);
      },
      [this](const Answer& answer) {
        last_call_ns_ = context_.now_ns;
        if (answer.status == MR_MOVED) {
          context_.upward.moved(name_ + ": " + answer.text);
        } else if (answer.status == MR_FATAL) {
          set_broken(answer.text);
        } else if (answer.status != MR_OK) {
          log(MR_LOG_WARN, "does not answer: " + answer.text);
        }
      });
  return true;
}

// ---- binds
// ---------------------------------------------------------------------------------------------------------------------

bool SinkDriver::call_bind() {
  const auto ready = std::find_if(to_bind_.begin(), to_bind_.end(),
                                  [&](std::uint32_t id) { return binds_[id].not_before_ns <= context_.now_ns; });
  if (ready == to_bind_.end()) {
    return call_unbind();
  }
  const std::uint32_t id = *ready;
  to_bind_.erase(ready);
  Bind& bind = binds_[id];
  bind.state = Bound::kBinding;
  Caller& caller = *caller_;
  caller.call(
      context_.now_ns,
      [&caller, id, target = bind.target] {
        mr_error error{};
        return answer_of(caller.plugin().sink->bind(caller.self(), id, target, &error), error);
      },
      [this, id](const Answer& answer) { bound(id, answer); });
  return true;
}

void SinkDriver::bound(std::uint32_t id, const Answer& answer) {
  Bind& bind = binds_[id];
  if (answer.status == MR_OK) {
    bind.state = Bound::kYes;
    no_longer_refused(bind);
    release_held();
  } else {
    bind.state = Bound::kWanted;
    const bool wrong = answer.status != MR_TRANSIENT && answer.status != MR_MOVED;
    const BackoffSettings& wait = context_.settings.retry;
    if (bind.failures++ == 0) {
      counters().held.add();
    }
    bind.not_before_ns = context_.now_ns + (wrong ? wait.max_ns : backoff(wait, bind.failures, context_.random));
    to_bind_.push_back(id);
    const std::string name(bind.target->name.data, bind.target->name.size);
    log(wrong ? MR_LOG_ERROR : MR_LOG_WARN, "target " + name + " is held: " + answer.text);
  }
  if (answer.status == MR_FATAL) {
    set_broken(answer.text);
  } else if (answer.status == MR_MOVED && positions_) {
    context_.upward.moved(name_ + ": " + answer.text);
  }
}

void SinkDriver::no_longer_refused(Bind& bind) {
  if (std::exchange(bind.failures, 0) > 0) {
    counters().held.set(counters().held.get() - 1);
  }
}

void SinkDriver::release_held() {
  for (; !held_.empty(); held_.pop_back()) {
    Queue& first = queue(0);
    Leg& leg = *held_.back();
    first.legs.push_front(&leg);
    first.events += std::max<std::uint64_t>(leg.records.size(), 1);
    first.bytes += leg.bytes;
  }
  for (std::size_t index = 0; index < queues_.size(); ++index) {
    queues_[index].held = false;
    list(index);
  }
}

void SinkDriver::unbind(std::uint32_t id) {
  if (id >= binds_.size() || !binds_[id].target) {
    return;
  }
  Bind& bind = binds_[id];
  if (bind.state == Bound::kWanted) {
    ask_no_more(id);
    return;
  }
  bind.unwanted = true;
  to_unbind_.push_back(id);
}

void SinkDriver::ask_no_more(std::uint32_t id) {
  Bind& bind = binds_[id];
  std::erase(to_bind_, id);
  bind.state = Bound::kNo;
  no_longer_refused(bind);
}

bool SinkDriver::call_unbind() {
  while (!to_unbind_.empty()) {
    const std::uint32_t id = to_unbind_.front();
    to_unbind_.pop_front();
    Bind& bind = binds_[id];
    if (!std::exchange(bind.unwanted, false)) {
      continue;
    }
    if (bind.state == Bound::kWanted) { // refused after nobody wanted it any more
      ask_no_more(id);
    }
    if (bind.state != Bound::kYes) {
      continue;
    }
    bind = {bind.target};
    ++bound_epoch_;
    Caller& caller = *caller_;
    caller.call(
        context_.now_ns,
        [&caller, id] {
          caller.plugin().sink->unbind(caller.self(), id);
          return 0;
        },
        [](int) {});
    return true;
  }
  return false;
}

// ---- step
// ----------------------------------------------------------------------------------------------------------------------

bool SinkDriver::advance() {
  // Enough to keep a sink busy, little enough to let the others have their turn.
  constexpr int kCalls = 64;
  bool progress = advance_swap();
  if (life_ == Life::kNew && !broken_ && not_before_ns_ > 0) {
    start(); // again
  }
  for (int calls = 0; calls < kCalls && runs(); ++calls) {
    // The second time for what an offer found not to be bound.
    if (!call_claim() && !call_bind() && !offer_retry() && !offer_fresh() && !call_bind() && !call_still()) {
      break;
    }
    progress = true;
  }
  interrupt_if_due();
  return progress;
}

std::int64_t SinkDriver::due_ns() const {
  std::int64_t due = kNever;
  const auto at = [&](std::int64_t time) {
    if (time > context_.now_ns) { // what is due already waits for something else
      due = std::min(due, time);
    }
  };
  const std::int64_t deadline = context_.settings.write_deadline_ns;
  if (!swaps_.empty()) {
    at(swaps_.front().deadline_ns);
  }
  if (caller_->busy() || !open_.empty()) {
    at(next_interrupt_ns_);
  }
  if (caller_->busy()) {
    at(caller_->busy_since_ns() + deadline);
  }
  for (const DeliveryPtr& open : open_) {
    at(open->offered_ns + deadline);
    at(open->offered_ns + 2 * deadline);
  }
  if (life_ == Life::kNew) {
    at(not_before_ns_);
  }
  if (life_ != Life::kRunning || broken_ || caller_->busy()) {
    return due;
  }
  at(offers_not_before_ns_);
  for (const DeliveryPtr& waiting : waiting_) {
    at(waiting->due_ns);
  }
  for (const std::uint32_t id : to_bind_) {
    at(binds_[id].not_before_ns);
  }
  if (positions_ && claims_held_ > 0) {
    at(last_call_ns_ + context_.settings.still_every_ns);
  }
  if (settings_.max_age_ns > 0) {
    for (const std::size_t index : listed_) {
      at(queues_[index].legs.front()->accepted_ns + settings_.max_age_ns);
    }
  }
  return due;
}

} // namespace millrace::flow
