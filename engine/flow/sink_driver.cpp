// See sink_driver.hpp. Here: from a leg to an outcome. Life, binds and claims are in sink_life.cpp.
#include "engine/flow/sink_driver.hpp"

#include <algorithm>
#include <utility>

#include "engine/flow/router_stage.hpp"

namespace millrace::flow {

namespace {

// How many deliveries that wait are looked at for one that can be offered.
constexpr std::size_t kScanned = 256;

std::uint64_t events_of(const Leg& leg) { return std::max<std::uint64_t>(leg.records.size(), 1); }

} // namespace

// ---- queues
// --------------------------------------------------------------------------------------------------------------------

std::size_t SinkDriver::queue_of(const Leg& leg) const {
  return ordered_ && leg.batch->partition ? leg.batch->partition->index + 1 : 0;
}

SinkDriver::Queue& SinkDriver::queue(std::size_t index) {
  while (index >= queues_.size()) {
    queues_.emplace_back();
  }
  return queues_[index];
}

// A queue is listed while something of it may be offered.
void SinkDriver::list(std::size_t index) {
  Queue& of = queue(index);
  if (of.listed || of.held || of.legs.empty() || (index > 0 && of.open + of.waiting > 0)) {
    return;
  }
  of.listed = true;
  listed_.push_back(index);
}

void SinkDriver::push(std::size_t index, Leg& leg) {
  Queue& to = queue(index);
  to.legs.push_back(&leg);
  to.events += events_of(leg);
  to.bytes += leg.bytes;
  list(index);
}

Leg& SinkDriver::pop(Queue& from) {
  Leg& leg = *from.legs.front();
  from.legs.pop_front();
  from.events -= events_of(leg);
  from.bytes -= leg.bytes;
  return leg;
}

void SinkDriver::accept(Leg& leg) {
  leg.sequence = next_sequence_++;
  leg.accepted_ns = context_.now_ns;
  push(queue_of(leg), leg);
}

void SinkDriver::drop_abandoned() {
  std::vector<Leg*> dropped;
  const auto take_from = [&dropped](auto& legs) {
    const auto gone =
        std::stable_partition(legs.begin(), legs.end(), [](const Leg* leg) { return !leg->batch->abandoned; });
    dropped.insert(dropped.end(), gone, legs.end());
    legs.erase(gone, legs.end());
  };
  for (std::size_t index = 0; index < queues_.size(); ++index) {
    Queue& of = queues_[index];
    take_from(of.legs);
    of.events = of.bytes = 0;
    for (const Leg* leg : of.legs) {
      of.events += events_of(*leg);
      of.bytes += leg->bytes;
    }
    if (of.held) { // perhaps by a leg that is gone now
      of.held = false;
      list(index);
    }
  }
  take_from(held_);
  for (Leg* leg : dropped) {
    give_up_slice({leg, leg->records, {}, leg->dead_stored, leg->batch->dead.size()}, leg->records, leg->range_stored);
  }
  std::vector<DeliveryPtr> emptied;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    Delivery& delivery = **at;
    for_each_queue(delivery, [](Queue& of) { --of.waiting; });
    std::erase_if(delivery.slices, [&](const Delivery::Slice& slice) {
      if (!slice.leg->batch->abandoned) {
        return false;
      }
      give_up_slice(slice, slice.records, slice.leg->range_stored);
      return true;
    });
    for_each_queue(delivery, [](Queue& of) { ++of.waiting; });
    at = delivery.slices.empty() ? waiting_.erase(at) : std::next(at);
  }
  std::erase_if(listed_, [this](std::size_t index) {
    Queue& of = queues_[index];
    of.listed = !of.legs.empty();
    return !of.listed;
  });
  for (std::size_t index = 1; index < queues_.size(); ++index) {
    list(index);
  }
  update_gauges();
}

// The leg ends without having been made durable: what is left of it is not known here.
void SinkDriver::give_up_slice(const Delivery::Slice& slice, std::span<const Record> left, bool stored) {
  Batch& batch = *slice.leg->batch;
  for (const Record& record : left) {
    context_.ledger.raise(batch, *record.event, MR_ABANDONED);
  }
  if (positions_) {
    for (std::size_t i = slice.leg->dead_stored; i < batch.dead.size(); ++i) {
      context_.ledger.raise(batch, *batch.dead[i].event, MR_ABANDONED);
    }
    if (batch.partition && !stored) {
      context_.ledger.raise_all(batch, MR_ABANDONED);
    }
  }
  context_.upward.leg_ended(*slice.leg);
}

// ---- offering
// ------------------------------------------------------------------------------------------------------------------

bool SinkDriver::all_bound(const Leg& leg, std::span<const Record> records) {
  bool all = true;
  std::uint32_t last = 0;
  for (const Record& record : records) {
    if (record.target == last) {
      continue;
    }
    last = record.target;
    if (record.target >= binds_.size()) {
      binds_.resize(record.target + 1);
    }
    Bind& bind = binds_[record.target];
    bind.unwanted = false;
    if (!bind.target) {
      RouterVersion& router = *leg.batch->group->router;
      bind.target = router.targets.find(router.caller.port(), record.target)->target;
    }
    if (bind.state == Bound::kNo) {
      bind.state = Bound::kWanted;
      to_bind_.push_back(record.target);
    }
    all = all && bind.state == Bound::kYes;
  }
  return all;
}

bool SinkDriver::may_offer() {
  if (context_.now_ns < offers_not_before_ns_) {
    return false;
  }
  std::uint32_t most = caller_->plugin().sink->max_in_flight(caller_->self());
  if (most == 0) {
    blame("max_in_flight answered 0; it is at least 1");
    most = 1;
  }
  return open_.size() < most;
}

bool SinkDriver::ripe() const {
  if (settings_.max_age_ns == 0 || flushing_) {
    return true;
  }
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  for (const std::size_t index : listed_) {
    const Queue& of = queues_[index];
    events += of.events;
    bytes += of.bytes;
    if (of.legs.front()->accepted_ns + settings_.max_age_ns <= context_.now_ns) {
      return true;
    }
  }
  return events >= settings_.max_events || bytes >= settings_.max_bytes;
}

bool SinkDriver::offer_retry() {
  if (waiting_.empty() || !may_offer()) {
    return false;
  }
  const std::uint64_t scan = ++scan_;
  std::size_t scanned = 0;
  for (auto at = waiting_.begin(); at != waiting_.end() && scanned < kScanned; ++at, ++scanned) {
    Delivery& delivery = **at;
    bool offerable = delivery.due_ns <= context_.now_ns;
    for (const Delivery::Slice& slice : delivery.slices) {
      const std::size_t index = queue_of(*slice.leg);
      if (index > 0 && (queue(index).open > 0 || queue(index).scan == scan)) {
        offerable = false; // something of the partition is with the sink, or waits in front of this
      }
      if (offerable && !all_bound(*slice.leg, slice.records)) {
        offerable = false;
      }
    }
    if (offerable) {
      DeliveryPtr next = std::move(*at);
      waiting_.erase(at);
      for_each_queue(*next, [](Queue& of) { --of.waiting; });
      counters().retries.add();
      offer(std::move(next));
      return true;
    }
    for (const Delivery::Slice& slice : delivery.slices) {
      queue(queue_of(*slice.leg)).scan = scan;
    }
  }
  return false;
}

bool SinkDriver::offer_fresh() {
  if (listed_.empty() || !may_offer() || !ripe()) {
    return false;
  }
  DeliveryPtr delivery = new_delivery();
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  bool full = false;
  for (std::size_t queues = listed_.size(); queues > 0 && !full; --queues) {
    const std::size_t index = listed_.front();
    listed_.pop_front();
    Queue& of = queues_[index];
    of.listed = false;
    if (index > 0 && of.open + of.waiting > 0) {
      continue; // became busy since; finish() lists it again
    }
    while (!of.legs.empty()) {
      Leg& leg = *of.legs.front();
      full = !delivery->slices.empty() &&
             (events + events_of(leg) > settings_.max_events || bytes + leg.bytes > settings_.max_bytes);
      if (full) {
        break;
      }
      if (leg.bound_epoch != bound_epoch_ && !all_bound(leg, leg.records)) {
        if (index == 0) {
          held_.push_back(&pop(of));
          continue;
        }
        of.held = true;
        break;
      }
      leg.bound_epoch = bound_epoch_;
      events += events_of(leg);
      bytes += leg.bytes;
      delivery->slices.push_back({&pop(of), leg.records, {}, leg.dead_stored, leg.batch->dead.size()});
    }
    if (full && (index == 0 || delivery->slices.empty() || queue_of(*delivery->slices.back().leg) != index)) {
      of.listed = true; // goes on first next time
      listed_.push_front(index);
    } else if (index == 0) {
      list(index);
    }
  }
  if (delivery->slices.empty()) {
    spare_.push_back(std::move(delivery));
    return false;
  }
  offer(std::move(delivery));
  return true;
}

SinkDriver::DeliveryPtr SinkDriver::new_delivery() {
  if (spare_.empty()) {
    spare_.push_back(std::make_unique<Delivery>());
  }
  DeliveryPtr delivery = std::move(spare_.back());
  spare_.pop_back();
  delivery->slices.clear();
  delivery->first_id = 0;
  delivery->attempt = 1;
  delivery->due_ns = 0;
  return delivery;
}

void SinkDriver::offer(DeliveryPtr offered) {
  Delivery& delivery = *offered;
  delivery.id = next_delivery_++;
  if (delivery.first_id == 0) {
    delivery.first_id = delivery.id;
  }
  delivery.offered_ns = context_.now_ns;
  delivery.returned = delivery.overdue = false;
  delivery.completed.reset();
  delivery.build(++stamp_, positions_ != nullptr);
  for_each_queue(delivery, [](Queue& of) { ++of.open; });
  open_.push_back(std::move(offered));
  counters().deliveries.add();
  update_gauges();
  Caller& caller = *caller_;
  caller.call(
      context_.now_ns,
      [&caller, &delivery] {
        mr_error error{};
        return answer_of(caller.plugin().sink->write(caller.self(), &delivery.wire(), &error), error);
      },
      [this, id = delivery.id](const Answer& answer) { written(id, answer); });
}

void SinkDriver::written(std::uint64_t id, const Answer& answer) {
  const auto at = std::find_if(open_.begin(), open_.end(), [id](const DeliveryPtr& open) { return open->id == id; });
  Delivery& delivery = **at; // leaves only after it returned
  delivery.returned = true;
  if (answer.status == MR_OK && !delivery.completed) {
    return;
  }
  DeliveryPtr given_back = std::move(*at);
  open_.erase(at);
  if (answer.status == MR_OK) {
    const Completed completed = std::move(*given_back->completed);
    finish(std::move(given_back), completed);
    return;
  }
  if (given_back->completed) {
    blame("completed delivery " + std::to_string(id) + ", although write had not accepted it");
  }
  Completed refused{id, MR_RECORD_TRANSIENT, {}, answer.text};
  switch (answer.status) {
    case MR_TRANSIENT:
      break;
    case MR_REJECTED:
      refused.rest = MR_RECORD_REJECTED;
      break;
    case MR_MOVED:
      refused.rest = MR_RECORD_MOVED;
      break;
    case MR_INVALID:
      log(MR_LOG_ERROR, "delivery " + std::to_string(id) + " is held, the configuration is wrong: " + answer.text);
      break;
    case MR_FATAL:
      set_broken(answer.text);
      break;
    default:
      blame("write answered status " + std::to_string(answer.status) + ", which it may not");
      break;
  }
  finish(std::move(given_back), refused);
}

// ---- outcomes
// ------------------------------------------------------------------------------------------------------------------

void SinkDriver::complete(Completed completed) {
  const auto at =
      std::find_if(open_.begin(), open_.end(), [&](const DeliveryPtr& open) { return open->id == completed.delivery; });
  if (at == open_.end() || (*at)->completed) {
    blame("completed delivery " + std::to_string(completed.delivery) +
          (completed.delivery < next_delivery_ ? ", which is not open: twice, or after write had not accepted it"
                                               : ", which it was never offered"));
    return;
  }
  if (!(*at)->returned) {
    (*at)->completed = std::move(completed);
    return;
  }
  DeliveryPtr given_back = std::move(*at);
  open_.erase(at);
  finish(std::move(given_back), completed);
}

void SinkDriver::finish(DeliveryPtr given_back, const Completed& completed) {
  Delivery& delivery = *given_back;
  last_call_ns_ = context_.now_ns;
  context_.watcher.delivered(index_, context_.now_ns - delivery.offered_ns, delivery.record_count());
  for_each_queue(delivery, [](Queue& of) { --of.open; });
  std::deque<mr_reason> kept;
  const Result result = judge(delivery, completed, kept);
  pace(result, std::all_of(result.outcomes.begin(), result.outcomes.end(),
                           [](std::uint32_t outcome) { return outcome == MR_RECORD_TRANSIENT; }));
  if (result.moved) {
    context_.upward.moved(name_ + ": " + (completed.error.empty() ? "its claims are void" : completed.error));
  }
  if (result.stored && delivery.has_ranges()) {
    context_.upward.positions_stored();
  }
  std::vector<Delivery::Slice> again;
  bool only_dead_letters = true;
  for (std::size_t i = 0; i < delivery.slices.size(); ++i) {
    Delivery::Slice left;
    if (take_slice(delivery, i, result, left)) {
      only_dead_letters = only_dead_letters && result.stored && left.records.empty();
      again.push_back(std::move(left));
    }
  }
  if (!again.empty()) {
    if (!completed.error.empty() && !result.moved) {
      log(MR_LOG_WARN, "delivery " + std::to_string(delivery.id) + ", attempt " + std::to_string(delivery.attempt) +
                           ", will be tried again: " + completed.error);
    }
    const std::int64_t wait =
        only_dead_letters ? 0 : backoff(context_.settings.retry, delivery.attempt, context_.random);
    retry(delivery, std::move(again), context_.now_ns + wait);
  }
  for (const Delivery::Slice& slice : delivery.slices) {
    list(queue_of(*slice.leg));
  }
  update_gauges();
  spare_.push_back(std::move(given_back));
}

void SinkDriver::pace(const Result& result, bool nothing_durable) {
  const bool failed = nothing_durable && !result.stored && !result.moved;
  failed_in_a_row_ = failed ? failed_in_a_row_ + 1 : 0;
  // The first failure may be the delivery's own.
  offers_not_before_ns_ =
      failed_in_a_row_ < 2 ? 0
                           : context_.now_ns + backoff(context_.settings.retry, failed_in_a_row_ - 1, context_.random);
}

SinkDriver::Result SinkDriver::judge(const Delivery& delivery, const Completed& completed,
                                     std::deque<mr_reason>& kept) {
  Result result;
  std::uint32_t rest = completed.rest;
  if (rest < MR_RECORD_OK || rest > MR_RECORD_MOVED) {
    blame("completed delivery " + std::to_string(delivery.id) + " with rest " + std::to_string(rest) +
          ", which is no outcome");
    rest = MR_RECORD_TRANSIENT;
  }
  result.moved = rest == MR_RECORD_MOVED;
  result.outcomes.assign(delivery.record_count(), rest);
  if (rest == MR_RECORD_REJECTED) {
    constexpr std::string_view kCode = "refused";
    kept.push_back({{kCode.data(), kCode.size()}, {completed.error.data(), completed.error.size()}, {}, {}, {}});
    result.reasons.assign(delivery.record_count(), &kept.back());
  }
  if (!completed.outcomes.empty()) {
    result.reasons.resize(delivery.record_count(), nullptr);
  }
  for (const Outcome& given : completed.outcomes) {
    const auto flat = delivery.flat(given.part, given.record);
    if (!flat) {
      blame("named record " + std::to_string(given.record) + " of part " + std::to_string(given.part) +
            " in delivery " + std::to_string(delivery.id) + ", which has no such record");
      continue;
    }
    std::uint32_t outcome = given.outcome;
    if (outcome < MR_RECORD_OK || outcome > MR_RECORD_STORED_DEAD) {
      blame("gave a record of delivery " + std::to_string(delivery.id) + " the outcome " + std::to_string(outcome) +
            ", which it may not");
      result.moved = result.moved || outcome == MR_RECORD_MOVED;
      outcome = MR_RECORD_TRANSIENT;
    }
    result.outcomes[*flat] = outcome;
    result.reasons[*flat] = &kept.emplace_back(given.reason.view());
  }
  result.stored = positions_ && (rest == MR_RECORD_OK || rest == MR_RECORD_STORED_DEAD);
  if (positions_ && delivery.has_ranges() && !result.moved) {
    judge_positions(delivery, rest, result);
  }
  if (result.moved) {
    result.stored = false;
    std::fill(result.outcomes.begin(), result.outcomes.end(), MR_RECORD_TRANSIENT);
    if (!positions_) {
      blame("answered MOVED, but it stores no positions");
      result.moved = false;
    }
  }
  return result;
}

// A delivery with ranges is one transaction: it is there as a whole or not at all.
void SinkDriver::judge_positions(const Delivery& delivery, std::uint32_t rest, Result& result) {
  const auto has = [&](std::uint32_t outcome) {
    return std::find(result.outcomes.begin(), result.outcomes.end(), outcome) != result.outcomes.end();
  };
  const std::string which = "delivery " + std::to_string(delivery.id) + ", which carries positions";
  if (result.stored ? has(MR_RECORD_TRANSIENT) : has(MR_RECORD_OK) || has(MR_RECORD_STORED_DEAD)) {
    blame("stored a part of " + which);
    result.moved = true; // only a new claim tells what is there
    return;
  }
  if (result.stored && has(MR_RECORD_REJECTED)) {
    blame("stored " + which + ", and rejected a record of it that it had to store as a dead letter");
  }
  if (!result.stored && rest == MR_RECORD_REJECTED && result.outcomes.empty()) {
    log(MR_LOG_ERROR, "rejected " + which + " but no record; it is tried again");
  }
}

// True: something of it has to be tried again, which `again` then holds.
bool SinkDriver::take_slice(const Delivery& delivery, std::size_t index, const Result& result, Delivery::Slice& again) {
  const Delivery::Slice& slice = delivery.slices[index];
  Leg& leg = *slice.leg;
  Batch& batch = *leg.batch;
  std::vector<Record> left;
  std::uint64_t durable = 0;
  for (std::size_t i = delivery.slice_begin(index); i < delivery.slice_begin(index + 1); ++i) {
    const Record& record = delivery.records()[i];
    const std::size_t flat = delivery.flat_of(i);
    const mr_reason* reason = result.reasons.empty() ? nullptr : result.reasons[flat];
    switch (result.outcomes[flat]) {
      case MR_RECORD_OK:
        ++durable;
        context_.ledger.raise(batch, *record.event, record.dead_letter ? MR_DEAD_LETTERED : MR_DELIVERED);
        break;
      case MR_RECORD_STORED_DEAD:
        ++durable;
        context_.upward.stored_dead(record, reason ? *reason : mr_reason{});
        break;
      case MR_RECORD_REJECTED:
        if (batch.abandoned) {
          left.push_back(record);
          break;
        }
        counters().rejected.add();
        context_.upward.refused(record, reason ? *reason : mr_reason{});
        break;
      default:
        left.push_back(record);
        break;
    }
  }
  counters().records.add(durable);
  if (result.stored) {
    for (std::size_t i = slice.dead_first; i < slice.dead_end; ++i) {
      context_.ledger.raise(batch, *batch.dead[i].event, MR_DEAD_LETTERED);
    }
    leg.dead_stored = slice.dead_end;
    leg.range_stored = true;
  }
  const bool position_left = positions_ && batch.partition && !leg.range_stored;
  const bool dead_left = positions_ && leg.dead_stored < batch.dead.size();
  if (left.empty() && !position_left && !dead_left) {
    context_.upward.leg_ended(leg);
    return false;
  }
  if (batch.abandoned) {
    give_up_slice(slice, left, leg.range_stored);
    return false;
  }
  again.leg = &leg;
  again.kept = std::move(left);
  again.records = again.kept;
  again.dead_first = leg.dead_stored;
  again.dead_end = batch.dead.size();
  return true;
}

void SinkDriver::retry(const Delivery& failed, std::vector<Delivery::Slice> slices, std::int64_t due_ns) {
  const std::uint32_t attempt = failed.attempt + 1;
  const std::size_t group = attempt >= kAloneFrom ? 1 : slices.size();
  for (std::size_t first = 0; first < slices.size(); first += group) {
    DeliveryPtr next = new_delivery();
    next->first_id = failed.first_id;
    next->attempt = attempt;
    next->due_ns = due_ns;
    for (std::size_t i = first; i < first + group; ++i) {
      next->slices.push_back(std::move(slices[i]));
    }
    for_each_queue(*next, [](Queue& of) { ++of.waiting; });
    const std::uint64_t sequence = next->slices.front().leg->sequence;
    const auto after = std::find_if(waiting_.rbegin(), waiting_.rend(), [sequence](const DeliveryPtr& other) {
      return other->slices.front().leg->sequence < sequence;
    });
    waiting_.insert(after.base(), std::move(next));
  }
}

void SinkDriver::blame(std::string_view text) {
  counters().violations.add();
  context_.watcher.violation(caller_->name(), text);
}

void SinkDriver::log(std::uint32_t level, std::string_view text) { context_.watcher.log(level, caller_->name(), text); }

void SinkDriver::update_gauges() {
  counters().open.set(open_.size());
  counters().waiting.set(waiting_.size());
}

} // namespace millrace::flow
