// See router_stage.hpp.
#include "engine/flow/router_stage.hpp"

#include <algorithm>
#include <utility>

#include "engine/flow/dead_letter.hpp"

namespace millrace::flow {

RouterStage::RouterStage(Context& context, Instance router, const SinkNames& sinks, std::string source_name)
    : context_(context),
      sinks_(sinks),
      source_name_(std::move(source_name)),
      current_(std::make_unique<RouterVersion>(std::move(router), context.inbox, sinks)) {
  context_.counters.routers.set(1);
}

// ---- life
// ----------------------------------------------------------------------------------------------------------------------

namespace {

Answer start_call(Caller& caller) {
  mr_error error{};
  return answer_of(caller.plugin().start(caller.self(), &error), error);
}

} // namespace

void RouterStage::start() {
  if (current_->started || broken_ || starting_ || context_.now_ns < not_before_ns_) {
    return;
  }
  starting_ = true;
  RouterVersion& version = *current_;
  version.caller.call(
      context_.now_ns, [&version] { return start_call(version.caller); },
      [this, &version](const Answer& answer) {
        starting_ = false;
        if (answer.status == MR_OK) {
          version.started = true;
          failures_ = 0;
          not_before_ns_ = 0;
          return;
        }
        if (answer.status == MR_TRANSIENT) {
          not_before_ns_ = context_.now_ns + backoff(context_.settings.retry, ++failures_, context_.random);
          context_.watcher.log(MR_LOG_WARN, version.caller.name(), "cannot start yet: " + answer.text);
          return;
        }
        if (answer.status == MR_INVALID) {
          context_.watcher.refused(version.caller.name(), answer.text);
        }
        broken_ = true;
        context_.watcher.broken(Role::kRouter, 0, version.caller.name(), "start failed: " + answer.text);
      });
}

void RouterStage::said_failed(const mr_error& error) {
  if (!std::exchange(broken_, true)) {
    context_.watcher.broken(Role::kRouter, 0, current_->caller.name(), error.text);
  }
}

void RouterStage::swap(Instance next, std::function<void(std::string_view)> done) {
  swaps_.push_back({std::move(next), std::move(done)});
}

void RouterStage::begin_swap() {
  next_ = std::make_unique<RouterVersion>(std::move(swaps_.front().next), context_.inbox, sinks_);
  RouterVersion& version = *next_;
  version.caller.call(
      context_.now_ns, [&version] { return start_call(version.caller); },
      [this, &version](const Answer& answer) {
        if (answer.status == MR_OK) {
          version.started = true;
          return; // taken by advance(), between two calls
        }
        const Swap swap = std::move(swaps_.front());
        swaps_.pop_front();
        old_.push_back(std::move(next_));
        context_.counters.routers.set(old_.size() + 1);
        swap.done("the new router does not start: " + answer.text);
      });
}

// Its last batch is settled, or it never had one.
void RouterStage::retire(RouterVersion& version) {
  version.retiring = true;
  const bool started = version.started;
  version.caller.call(
      context_.now_ns,
      [&version, started] {
        if (started) {
          version.caller.plugin().stop(version.caller.self());
        }
        version.caller.plugin().destroy(version.caller.self());
        return 0;
      },
      [this, &version](int) { destroyed(version); });
}

void RouterStage::destroyed(RouterVersion& version) {
  version.caller.let_go();
  std::vector<std::uint32_t> named;
  const auto add = [&named](RouterVersion& other) {
    const std::vector<std::uint32_t> ids = other.targets.ids(other.caller.port());
    named.insert(named.end(), ids.begin(), ids.end());
  };
  for (const auto& other : old_) {
    if (other.get() != &version && !other->caller.gone()) {
      add(*other);
    }
  }
  for (RouterVersion* other : {current_.get(), next_.get()}) {
    if (other && other != &version && !other->caller.gone()) {
      add(*other);
    }
  }
  for (const std::uint32_t id : version.targets.ids(version.caller.port())) {
    if (std::find(named.begin(), named.end(), id) == named.end()) {
      unnamed_.push_back(id);
    }
  }
}

bool RouterStage::stop() {
  if (next_ && next_->caller.busy()) {
    next_->caller.interrupt();
    return false;
  }
  for (Swap& swap : std::exchange(swaps_, {})) {
    // The first may have been created as next_; none is in use, and each is destroyed like an old one.
    old_.push_back(next_ ? std::move(next_)
                         : std::make_unique<RouterVersion>(std::move(swap.next), context_.inbox, sinks_));
    swap.done("the worker stops");
  }
  if (current_->caller.busy()) {
    current_->caller.interrupt();
    return false;
  }
  bool all_gone = current_->caller.gone();
  if (!all_gone && !current_->retiring) {
    retire(*current_);
    all_gone = current_->caller.gone();
  }
  for (const auto& version : old_) {
    if (!version->caller.gone() && !version->retiring && !version->caller.busy()) {
      retire(*version);
    }
    all_gone = all_gone && version->caller.gone();
  }
  return all_gone;
}

// ---- routing
// -------------------------------------------------------------------------------------------------------------------

void RouterStage::accept(Batch& batch) {
  waiting_.push_back(&batch);
  waiting_events_ += batch.count;
  waiting_bytes_ += batch.bytes;
}

void RouterStage::drop_abandoned() {
  const auto in_call = waiting_.begin() + static_cast<std::ptrdiff_t>(calling_);
  const auto dropped =
      std::stable_partition(in_call, waiting_.end(), [](const Batch* batch) { return !batch->abandoned; });
  const std::vector<Batch*> gone(dropped, waiting_.end());
  waiting_.erase(dropped, waiting_.end());
  for (Batch* batch : gone) {
    waiting_events_ -= batch->count;
    waiting_bytes_ -= batch->bytes;
    context_.ledger.raise_all(*batch, MR_ABANDONED);
    context_.ledger.end(*batch);
  }
}

std::int64_t RouterStage::due_ns() const {
  const bool wants = !broken_ && (current_->started ? !waiting_.empty() && calling_ == 0 : !starting_);
  return wants && not_before_ns_ > context_.now_ns ? not_before_ns_ : kNever;
}

bool RouterStage::advance() {
  bool progress = false;
  for (std::size_t i = 0; i < old_.size(); ++i) {
    RouterVersion& version = *old_[i];
    if (version.caller.gone()) {
      old_.erase(old_.begin() + static_cast<std::ptrdiff_t>(i--));
      context_.counters.routers.set(old_.size() + 1);
    } else if (version.groups == 0 && !version.retiring && !version.caller.busy()) {
      retire(version);
      progress = true;
    }
  }
  if (!swaps_.empty() && !next_) {
    begin_swap();
    progress = true;
  }
  if (next_ && next_->started && calling_ == 0 && !current_->caller.busy()) {
    const Swap swap = std::move(swaps_.front());
    swaps_.pop_front();
    old_.push_back(std::exchange(current_, std::move(next_)));
    broken_ = false;
    not_before_ns_ = 0;
    context_.counters.router_swaps.add();
    context_.counters.routers.set(old_.size() + 1);
    swap.done({});
    progress = true;
  }
  if (!current_->started || broken_ || calling_ > 0 || waiting_.empty() || context_.now_ns < not_before_ns_) {
    return progress;
  }
  const std::uint64_t may_take = context_.credit.for_output(waiting_bytes_);
  if (may_take < needs_) {
    return progress; // what is settled makes room
  }
  std::size_t batches = 0;
  std::uint64_t events = 0;
  std::uint64_t output = 0;
  for (; batches < std::min(waiting_.size(), at_most_); ++batches) {
    output += context_.credit.expected_output(waiting_[batches]->bytes);
    if (batches > 0 && (events >= context_.settings.route_events || output > may_take)) {
      break;
    }
    events += waiting_[batches]->count;
  }
  route(batches, may_take);
  return true;
}

void RouterStage::route(std::size_t batches, std::uint64_t may_take) {
  may_take_ = may_take;
  called_.assign(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(batches));
  calling_ = batches;
  events_.clear();
  for (const Batch* batch : called_) {
    for (std::size_t i = 0; i < batch->count; ++i) {
      events_.push_back(&batch->events[i]);
    }
  }
  group_ = new_group();
  RouterVersion& version = *current_;
  emission_.begin(*group_, called_, version.in_call, version.caller.port(), may_take);
  if (events_.empty()) { // progress only: nothing to ask a router about
    routed(batches, {});
    return;
  }
  context_.watcher.routing(events_);
  context_.counters.route_calls.add();
  version.caller.call(
      context_.now_ns,
      [this, &version] {
        mr_error error{};
        const mr_plugin& plugin = version.caller.plugin();
        const mr_status status =
            plugin.router->route(version.caller.self(), events_.data(), events_.size(), emission_.calls(), &error);
        return answer_of(status, error);
      },
      [this, batches](const Answer& answer) { routed(batches, answer); });
}

void RouterStage::routed(std::size_t batches, const Answer& answer) {
  calling_ = 0;
  if (!emission_.blame().empty()) {
    blame(emission_.blame());
  }
  if (answer.status == MR_OK && !emission_.fatal()) {
    at_most_ = at_most_ > SIZE_MAX / 2 ? SIZE_MAX : at_most_ * 2;
    failures_ = 0;
    needs_ = 0;
    take_result();
    return;
  }
  group_->clear();
  spare_.push_back(std::move(group_));
  drop_abandoned();
  if (answer.status == MR_TRANSIENT && !emission_.fatal()) {
    context_.counters.route_retries.add();
    if (emission_.starved()) { // waits for room, not for a time
      at_most_ = std::max<std::size_t>(batches / 2, 1);
      needs_ = batches > 1 ? 1 : std::max<std::uint64_t>(2 * may_take_, 1);
      return;
    }
    not_before_ns_ = context_.now_ns + backoff(context_.settings.retry, ++failures_, context_.random);
    return;
  }
  const std::string why = emission_.fatal() ? emission_.blame() : "route failed: " + answer.text;
  if (!emission_.fatal() && answer.status != MR_FATAL) {
    blame("route answered status " + std::to_string(answer.status) + ", which it may not");
  }
  broken_ = true;
  context_.watcher.broken(Role::kRouter, 0, current_->caller.name(), why);
}

namespace {

// What a group costs beside what the router makes: its lists and the first chunk of its memory. Events that come one by
// one are a group each, and while a sink hangs there is nothing else of which there is more.
constexpr std::uint64_t kBesideGroup = 5u << 10;

} // namespace

void RouterStage::blame(std::string_view text) {
  context_.counters.router_violations.add();
  context_.watcher.violation(current_->caller.name(), text);
}

void RouterStage::take_result() {
  RouteGroup& group = *group_;
  group.router = current_.get();
  group.unsettled = called_.size();
  group.bytes = emission_.taken() + kBesideGroup;
  group.slot = groups_.size();
  groups_.push_back(std::move(group_));
  ++current_->groups;
  context_.credit.take(0, group.bytes);

  std::size_t event_index = 0;
  std::uint64_t bytes = 0;
  for (Batch* batch : called_) {
    batch->group = &group;
    bytes += batch->bytes;
    context_.credit.unreserve(std::exchange(batch->reserved, 0));
    waiting_events_ -= batch->count;
    waiting_bytes_ -= batch->bytes;
    if (batch->abandoned) {
      context_.ledger.raise_all(*batch, MR_ABANDONED);
      event_index += batch->count;
      continue;
    }
    for (std::size_t i = 0; i < batch->count; ++i, ++event_index) {
      if (emission_.fates()[event_index] == Fate::kNothing) {
        context_.ledger.raise(*batch, batch->events[i], MR_FILTERED);
      }
    }
  }
  context_.credit.learn(bytes, emission_.taken());
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(called_.size()));

  if (!group.rejections.empty()) {
    std::stable_sort(group.rejections.begin(), group.rejections.end(),
                     [](const Rejection& a, const Rejection& b) { return a.event_index < b.event_index; });
    std::size_t batch = 0;
    std::size_t end = called_.front()->count;
    for (const Rejection& rejection : group.rejections) {
      while (rejection.event_index >= end) {
        end += called_[++batch]->count;
      }
      reject(rejection, *called_[batch]);
    }
  }
  for (std::size_t sink = 0; sink < group.records.size(); ++sink) {
    make_legs(sink);
  }
  routed_.insert(routed_.end(), called_.begin(), called_.end());
}

void RouterStage::reject(const Rejection& rejection, Batch& batch) {
  if (batch.abandoned) {
    return;
  }
  RouteGroup& group = *batch.group;
  if (context_.settings.refuse_invalid) {
    context_.ledger.raise(batch, *rejection.event, MR_REJECTED_EVENT, rejection.reason);
    return;
  }
  KnownTargets& targets = group.router->targets;
  const Port& port = group.router->caller.port();
  std::uint32_t id = rejection.dead_letter;
  const KnownTargets::Entry* to = targets.find(port, id);
  if (id != 0 && (!to || to->target->form != MR_MESSAGES)) {
    blame("wants target " + std::to_string(id) +
          " for dead letters, which takes no messages or was never granted to it");
    id = 0;
  }
  if (id == 0 && context_.positions_sink != kNoSink) { // stored in the transaction that moves on
    context_.ledger.raise(batch, *rejection.event, 0, rejection.reason);
    context_.counters.dead_letters.add();
    batch.dead.push_back({rejection.event, rejection.reason});
    return;
  }
  if (id == 0) {
    id = targets.dead_letter(port);
    to = targets.find(port, id);
  }
  if (!to) {
    context_.ledger.raise(batch, *rejection.event, MR_REJECTED_EVENT, rejection.reason);
    return;
  }
  context_.ledger.raise(batch, *rejection.event, 0, rejection.reason);
  context_.counters.dead_letters.add();
  Record record;
  record.event = rejection.event;
  record.message = new (group.arena.take(sizeof(mr_message)))
      mr_message(dead_letter_message(group.arena, *rejection.event, *rejection.reason, id, source_name_));
  record.target = id;
  record.event_index = rejection.event_index;
  record.dead_letter = true;
  group.records[to->sink].push_back(record);
}

namespace {

std::uint64_t size_of(const Record& record) {
  if (!record.message) {
    return record.rows->bytes_per_row;
  }
  const mr_message& message = *record.message;
  return message.key.size + (message.payload.data ? message.payload.size : record.event->payload.size);
}

} // namespace

// One leg for each batch that has records for the sink; for the sink that stores positions one for each batch.
void RouterStage::make_legs(std::size_t sink) {
  RouteGroup& group = *groups_.back();
  std::vector<Record>& records = group.records[sink];
  const auto earlier = [](const Record& a, const Record& b) { return a.event_index < b.event_index; };
  if (!std::is_sorted(records.begin(), records.end(), earlier)) {
    std::stable_sort(records.begin(), records.end(), earlier);
  }
  const bool every_batch = sink == context_.positions_sink;
  std::size_t next = 0;
  std::size_t end_index = 0;
  for (Batch* batch : called_) {
    end_index += batch->count;
    const std::size_t first = next;
    while (next < records.size() && records[next].event_index < end_index) {
      ++next;
    }
    if (batch->abandoned || (next == first && !every_batch)) {
      continue;
    }
    Leg& leg = group.legs.emplace_back();
    leg.batch = batch;
    leg.sink = sink;
    for (std::size_t i = first; i < next; ++i) {
      records[i].leg = &leg;
      leg.bytes += size_of(records[i]);
    }
    leg.records = std::span(records).subspan(first, next - first);
    context_.ledger.branch(*batch);
    if (every_batch) {
      batch->positions = &leg;
    }
    legs_.push_back(&leg);
  }
}

const mr_reason* RouterStage::keep(Batch& batch, const mr_reason& reason) {
  RouteGroup& group = *batch.group;
  group.late_texts.emplace_back(reason);
  return &group.late_reasons.emplace_back(group.late_texts.back().view());
}

Leg* RouterStage::refuse(Batch& batch, const mr_event& event, const mr_reason& reason) {
  mr_verdict& verdict = batch.verdicts[static_cast<std::size_t>(&event - batch.events)];
  if (verdict.reason) {
    return nullptr;
  }
  RouteGroup& group = *batch.group;
  const mr_reason& kept = *keep(batch, reason);
  if (batch.positions) {
    context_.ledger.raise(batch, event, 0, &kept);
    context_.counters.dead_letters.add();
    batch.dead.push_back({&event, &kept});
    return nullptr;
  }
  KnownTargets& targets = group.router->targets;
  const Port& port = group.router->caller.port();
  const std::uint32_t id = targets.dead_letter(port);
  const KnownTargets::Entry* to = targets.find(port, id);
  if (!to) {
    context_.ledger.raise(batch, event, MR_REJECTED_EVENT, &kept);
    return nullptr;
  }
  context_.ledger.raise(batch, event, 0, &kept);
  context_.counters.dead_letters.add();
  Record& record = group.late_records.emplace_back();
  record.event = &event;
  record.message = new (group.arena.take(sizeof(mr_message)))
      mr_message(dead_letter_message(group.arena, event, kept, id, source_name_));
  record.target = id;
  record.dead_letter = true;
  Leg& leg = group.legs.emplace_back();
  leg.batch = &batch;
  leg.sink = to->sink;
  leg.records = std::span(&record, 1);
  leg.bytes = size_of(record);
  record.leg = &leg;
  context_.ledger.branch(batch);
  return &leg;
}

// ---- groups
// --------------------------------------------------------------------------------------------------------------------

std::unique_ptr<RouteGroup> RouterStage::new_group() {
  if (spare_.empty()) {
    spare_.push_back(std::make_unique<RouteGroup>());
    spare_.back()->records.resize(sinks_.size());
  }
  std::unique_ptr<RouteGroup> group = std::move(spare_.back());
  spare_.pop_back();
  return group;
}

void RouterStage::batch_closed(RouteGroup& group) {
  if (--group.unsettled > 0) {
    return;
  }
  context_.credit.give_back(0, group.bytes);
  --group.router->groups;
  group.router = nullptr;
  group.clear();
  const std::size_t slot = group.slot;
  std::swap(groups_[slot], groups_.back());
  groups_[slot]->slot = slot;
  spare_.push_back(std::move(groups_.back()));
  groups_.pop_back();
}

} // namespace millrace::flow
