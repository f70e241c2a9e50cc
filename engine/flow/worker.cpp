// See worker.hpp. Here the parts are put together; each does its own work.
#include "engine/flow/worker.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "engine/flow/claims.hpp"
#include "engine/flow/context.hpp"
#include "engine/flow/router_stage.hpp"
#include "engine/flow/sink_driver.hpp"
#include "engine/flow/source_driver.hpp"

namespace millrace::flow {

namespace {

SinkNames names_of(const WorkerParts& parts) {
  SinkNames names;
  for (std::size_t i = 0; i < parts.sinks.size(); ++i) {
    names[parts.sinks[i].name] = i;
  }
  return names;
}

std::vector<std::unique_ptr<SinkDriver>> drivers_of(Context& context, WorkerParts& parts) {
  std::vector<std::unique_ptr<SinkDriver>> drivers;
  for (SinkParts& sink : parts.sinks) {
    const std::size_t index = drivers.size();
    drivers.push_back(std::make_unique<SinkDriver>(context, index, sink.name, std::move(sink.instance), sink.settings));
    if (drivers.back()->stores_positions()) {
      context.positions_sink = index;
    }
  }
  return drivers;
}

} // namespace

class Worker::Core final : public Upward {
 public:
  Core(std::shared_ptr<Inbox> inbox, WorkerParts parts, const WorkerSettings& settings, Watcher& watcher)
      : context_(std::move(inbox), settings, watcher, parts.sinks.size(), *this),
        names_(names_of(parts)),
        sinks_(drivers_of(context_, parts)),
        router_(context_, std::move(parts.router), names_, parts.source.name),
        source_(context_, std::move(parts.source)),
        claims_(context_, source_, router_, sinks_) {
    source_.set_claims(claims_);
    context_.counters.max_events.set(settings.max_events);
    context_.counters.max_bytes.set(settings.max_bytes);
  }

  std::int64_t step(std::int64_t now_ns);
  void drain(std::int64_t deadline_ns);
  void configure(const WorkerSettings& settings, const std::vector<SinkSettings>& sinks);
  void streams_changed();
  void swap_router(Instance router, SwapDone done);
  void swap_sink(std::size_t sink, Instance instance, std::int64_t deadline_ns, SwapDone done);

  ~Core() override { context_.inbox->close(); }

  WorkerState state() const { return state_.load(std::memory_order_acquire); }
  const WorkerCounters& counters() const { return context_.counters; }

  // Upward.
  void leg_ended(Leg& leg) override;
  void refused(const Record& record, const mr_reason& reason) override;
  void stored_dead(const Record& record, const mr_reason& reason) override;
  void moved(std::string_view why) override { claims_.moved(why); }
  void positions_stored() override { claims_.positions_stored(); }
  void settled(Batch& batch) override;
  void claim_answered(Partition& partition, const Answer& answer, mr_position position) override {
    claims_.answered(partition, answer, position);
  }
  void claim_released(Partition& partition) override { claims_.sink_released(partition); }

 private:
  bool read_letters();
  void read(Letter& letter);
  bool live();
  void start();
  bool stop();
  void set_state(WorkerState state) { state_.store(state, std::memory_order_release); }
  bool move_events();
  void take_from_source();
  void take_from_router();
  void end_branch(Batch& batch);
  void take_turn(Batch& batch);
  void give_turn(Leg& leg);
  bool settle_ready();
  std::int64_t due_ns() const;
  void update_gauges();

  Context context_;
  SinkNames names_;
  std::vector<std::unique_ptr<SinkDriver>> sinks_;
  RouterStage router_;
  SourceDriver source_;
  Claims claims_;
  std::vector<Letter> letters_;
  std::atomic<WorkerState> state_{WorkerState::kStarting};
  std::int64_t drain_deadline_ns_ = kNever;
  bool draining_ = false;
  bool sinks_stopped_ = false;
  bool source_stopped_ = false;
};

// ---- step
// ----------------------------------------------------------------------------------------------------------------------

std::int64_t Worker::Core::step(std::int64_t now_ns) {
  constexpr int kRounds = 16; // then whoever steps has its turn
  context_.now_ns = now_ns;
  for (int round = 0; round < kRounds; ++round) {
    bool progress = read_letters();
    progress = live() || progress;
    progress = move_events() || progress;
    if (!progress && context_.inbox->rest()) {
      update_gauges();
      return due_ns();
    }
  }
  update_gauges();
  return now_ns;
}

bool Worker::Core::read_letters() {
  letters_.clear();
  context_.inbox->take(letters_);
  for (Letter& letter : letters_) {
    read(letter);
    // What a call that returned brought stands where the next letter, which may abandon it, can find it.
    take_from_source();
    take_from_router();
  }
  return !letters_.empty();
}

void Worker::Core::read(Letter& letter) {
  if (Order* order = std::get_if<Order>(&letter.what)) {
    (*order)();
    return;
  }
  if (source_.is_port(letter.port)) {
    if (const Claimed* claimed = std::get_if<Claimed>(&letter.what)) {
      claims_.claim(*claimed);
    } else if (const Released* released = std::get_if<Released>(&letter.what)) {
      claims_.release(*released);
    } else if (const SaidFailed* failed = std::get_if<SaidFailed>(&letter.what)) {
      source_.said_failed(failed->error);
    }
    return;
  }
  if (router_.is_port(letter.port)) {
    if (const SaidFailed* failed = std::get_if<SaidFailed>(&letter.what)) {
      router_.said_failed(failed->error);
    }
    return;
  }
  for (const auto& sink : sinks_) {
    if (!sink->is_port(letter.port)) {
      continue;
    }
    if (Completed* completed = std::get_if<Completed>(&letter.what)) {
      sink->complete(std::move(*completed));
    } else if (const SaidFailed* failed = std::get_if<SaidFailed>(&letter.what)) {
      sink->said_failed(failed->error);
    }
    return;
  }
}

bool Worker::Core::move_events() {
  if (state() == WorkerState::kStopped) {
    return false;
  }
  if (state() == WorkerState::kStarting) { // a start may hang, and an instance may be swapped before it is over
    bool progress = router_.advance();
    for (const auto& sink : sinks_) {
      progress = sink->advance() || progress;
    }
    return progress;
  }
  const std::uint64_t wanted = context_.settings.route_events;
  const std::uint64_t waiting = router_.waiting_events();
  bool progress = source_.advance(waiting < wanted ? wanted - waiting : 0);
  take_from_source();
  progress = router_.advance() || progress;
  take_from_router();
  for (const auto& sink : sinks_) {
    progress = sink->advance() || progress;
  }
  progress = settle_ready() || progress;
  progress = claims_.advance() || progress;
  return settle_ready() || progress; // what a release that came too late abandoned
}

void Worker::Core::take_from_source() {
  for (Batch* batch : source_.take_batches()) {
    if (batch->abandoned) { // by a later batch of the same poll that could not be taken
      context_.ledger.raise_all(*batch, MR_ABANDONED);
      end_branch(*batch);
    } else {
      router_.accept(*batch);
    }
  }
}

void Worker::Core::take_from_router() {
  for (Leg* leg : router_.take_legs()) {
    if (leg->sink != context_.positions_sink) {
      sinks_[leg->sink]->accept(*leg);
    } else if (leg->batch->partition) {
      leg->batch->partition->turn.push_back(leg);
    }
  }
  for (Batch* batch : router_.take_routed()) {
    end_branch(*batch);
  }
  for (const std::uint32_t target : router_.take_unnamed()) {
    for (const auto& sink : sinks_) {
      sink->unbind(target);
    }
  }
}

bool Worker::Core::settle_ready() {
  bool any = false;
  while (Batch* batch = context_.ledger.next_ready()) {
    source_.settle(*batch);
    any = true;
  }
  return any;
}

std::int64_t Worker::Core::due_ns() const {
  if (state() == WorkerState::kStopped) { // whoever wants something of it says so; no deadline is of any interest
    return kNever;
  }
  std::int64_t due = std::min({source_.due_ns(), router_.due_ns(), claims_.due_ns()});
  for (const auto& sink : sinks_) {
    due = std::min(due, sink->due_ns());
  }
  if (draining_ && drain_deadline_ns_ > context_.now_ns) {
    due = std::min(due, drain_deadline_ns_);
  }
  if (state() == WorkerState::kStopping) { // what runs is interrupted until it returns
    due = std::min(due, context_.now_ns + context_.settings.interrupt_every_ns);
  }
  return due;
}

void Worker::Core::update_gauges() {
  context_.counters.events_in_flight.set(context_.credit.events());
  context_.counters.bytes_in_flight.set(context_.credit.bytes());
}

// ---- branches
// ------------------------------------------------------------------------------------------------------------------

void Worker::Core::end_branch(Batch& batch) {
  context_.ledger.end(batch);
  if (batch.open == 1 && batch.positions && batch.positions->sequence == 0) {
    take_turn(batch);
  }
}

// The sink that stores positions comes last, when all others are done with a batch, and in order per partition.
void Worker::Core::take_turn(Batch& batch) {
  if (!batch.partition) {
    give_turn(*batch.positions);
    return;
  }
  std::deque<Leg*>& turn = batch.partition->turn;
  while (!turn.empty() && turn.front()->batch->open == 1) {
    Leg& leg = *turn.front();
    turn.pop_front();
    give_turn(leg);
  }
}

void Worker::Core::give_turn(Leg& leg) {
  const bool nothing_to_store = !leg.batch->partition && leg.records.empty() && leg.batch->dead.empty();
  if (nothing_to_store) {
    leg_ended(leg);
    return;
  }
  sinks_[leg.sink]->accept(leg);
}

void Worker::Core::leg_ended(Leg& leg) {
  Batch& batch = *leg.batch;
  if (batch.positions == &leg) {
    batch.positions = nullptr;
  }
  end_branch(batch);
}

void Worker::Core::refused(const Record& record, const mr_reason& reason) {
  Batch& batch = *record.leg->batch;
  if (record.dead_letter && batch.positions) { // the sink that stores positions takes what another one could not
    batch.dead.push_back({record.event, batch.verdicts[static_cast<std::size_t>(record.event - batch.events)].reason});
    return;
  }
  if (record.dead_letter) {
    const std::string why(reason.text.data ? reason.text.data : "", reason.text.size);
    context_.watcher.log(MR_LOG_ERROR, source_.name(), "a dead letter was refused: " + why);
    context_.ledger.raise(batch, *record.event, MR_FAILED);
    return;
  }
  if (Leg* leg = router_.refuse(batch, *record.event, reason)) {
    sinks_[leg->sink]->accept(*leg);
  }
}

void Worker::Core::stored_dead(const Record& record, const mr_reason& reason) {
  Batch& batch = *record.leg->batch;
  context_.ledger.raise(batch, *record.event, MR_DEAD_LETTERED, router_.keep(batch, reason));
  context_.counters.dead_letters.add();
}

void Worker::Core::settled(Batch& batch) {
  context_.watcher.settled(context_.now_ns - batch.polled_ns, batch.count);
  for (const mr_verdict& verdict : batch.verdicts) {
    context_.counters.verdicts[verdict.outcome].add();
  }
  context_.counters.batches_settled.add();
  context_.credit.give_back(batch.count, batch.bytes);
  context_.credit.unreserve(batch.reserved);
  if (batch.group) {
    router_.batch_closed(*batch.group);
  }
  context_.ledger.close(batch);
}

// ---- life
// ----------------------------------------------------------------------------------------------------------------------

bool Worker::Core::live() {
  const WorkerState before = state();
  const bool late = draining_ && context_.now_ns >= drain_deadline_ns_;
  switch (before) {
    case WorkerState::kStarting:
      if (draining_) {
        set_state(WorkerState::kStopping);
      } else {
        start();
      }
      break;
    case WorkerState::kRunning:
    case WorkerState::kFinished: {
      const bool finished = source_.ended() && source_.is_quiet() && context_.ledger.unsettled() == 0;
      set_state(draining_ ? WorkerState::kDraining : finished ? WorkerState::kFinished : WorkerState::kRunning);
      if (draining_) {
        source_.drain();
        for (const auto& sink : sinks_) {
          sink->flush();
        }
      }
      break;
    }
    case WorkerState::kDraining: {
      const bool no_more = (source_.ended() && source_.is_quiet()) || source_.is_broken();
      if (late || (no_more && context_.ledger.unsettled() == 0)) {
        set_state(WorkerState::kStopping);
      }
      break;
    }
    case WorkerState::kStopping:
      if (stop()) {
        set_state(WorkerState::kStopped);
      }
      break;
    case WorkerState::kStopped: // orders may still come
      router_.stop();
      for (const auto& sink : sinks_) {
        sink->stop();
        sink->destroy();
      }
      break;
  }
  return state() != before;
}

void Worker::Core::start() {
  bool all_up = true;
  for (const auto& sink : sinks_) {
    sink->start();
    all_up = sink->is_up() && all_up;
  }
  if (!all_up) {
    return;
  }
  router_.start();
  if (!router_.is_up()) {
    return;
  }
  source_.start();
  if (source_.is_up()) {
    set_state(WorkerState::kRunning);
  }
}

// Sinks stop, the rest settles ABANDONED, the source stops, then the routers, whose bytes it may have read until then.
bool Worker::Core::stop() {
  source_.stop_polling();
  if (!sinks_stopped_) {
    bool all = true;
    for (const auto& sink : sinks_) {
      all = sink->stop() && all;
    }
    sinks_stopped_ = all;
    if (!all) {
      source_.interrupt_if_busy();
      return false;
    }
  }
  if (!source_stopped_) {
    claims_.abandon_everything();
    settle_ready();
    if (context_.ledger.unsettled() > 0 || !source_.is_quiet()) {
      source_.interrupt_if_busy();
      return false;
    }
    source_stopped_ = source_.stop();
    if (!source_stopped_) {
      return false;
    }
  }
  if (!router_.stop()) {
    return false;
  }
  bool all_gone = true;
  for (const auto& sink : sinks_) {
    all_gone = sink->stop() && sink->destroy() && all_gone; // once more for a swap that came meanwhile
  }
  return source_.destroy() && all_gone;
}

void Worker::Core::drain(std::int64_t deadline_ns) {
  context_.inbox->order([this, deadline_ns] {
    draining_ = true;
    drain_deadline_ns_ = std::min(drain_deadline_ns_, deadline_ns);
  });
}

void Worker::Core::configure(const WorkerSettings& settings, const std::vector<SinkSettings>& sinks) {
  context_.inbox->order([this, settings, sinks] {
    context_.settings = settings;
    context_.credit.set_ceiling(settings.max_events, settings.max_bytes);
    context_.counters.max_events.set(settings.max_events);
    context_.counters.max_bytes.set(settings.max_bytes);
    for (std::size_t i = 0; i < std::min(sinks.size(), sinks_.size()); ++i) {
      sinks_[i]->configure(sinks[i]);
    }
  });
}

void Worker::Core::streams_changed() {
  context_.inbox->order([this] { source_.streams_changed(); });
}

namespace {

// For a swap that came after the worker had stopped.
void turn_away(const Instance& late, const SwapDone& done) {
  late.plugin->destroy(late.self);
  done("the worker stops");
}

} // namespace

void Worker::Core::swap_router(Instance router, SwapDone done) {
  // An order is copied, an instance is not.
  const auto next = std::make_shared<Instance>(std::move(router));
  context_.inbox->order([this, next, done = std::move(done)] {
    if (state() == WorkerState::kStopped) {
      turn_away(*next, done);
    } else {
      router_.swap(std::move(*next), done);
    }
  });
}

void Worker::Core::swap_sink(std::size_t sink, Instance instance, std::int64_t deadline_ns, SwapDone done) {
  const auto next = std::make_shared<Instance>(std::move(instance));
  context_.inbox->order([this, sink, next, deadline_ns, done = std::move(done)] {
    if (state() == WorkerState::kStopped) {
      turn_away(*next, done);
    } else {
      sinks_[sink]->swap(std::move(*next), deadline_ns, done);
    }
  });
}

// ---- face
// ----------------------------------------------------------------------------------------------------------------------

Worker::Worker(std::shared_ptr<Inbox> inbox, WorkerParts parts, WorkerSettings settings, Watcher& watcher)
    : core_(std::make_unique<Core>(std::move(inbox), std::move(parts), settings, watcher)) {}

Worker::~Worker() = default;

std::int64_t Worker::step(std::int64_t now_ns) { return core_->step(now_ns); }

void Worker::drain(std::int64_t deadline_ns) { core_->drain(deadline_ns); }

void Worker::configure(const WorkerSettings& settings, std::vector<SinkSettings> sinks) {
  core_->configure(settings, sinks);
}

void Worker::streams_changed() { core_->streams_changed(); }

void Worker::swap_router(Instance router, SwapDone done) { core_->swap_router(std::move(router), std::move(done)); }

void Worker::swap_sink(std::size_t sink, Instance instance, std::int64_t deadline_ns, SwapDone done) {
  core_->swap_sink(sink, std::move(instance), deadline_ns, std::move(done));
}

WorkerState Worker::state() const { return core_->state(); }

const WorkerCounters& Worker::counters() const { return core_->counters(); }

} // namespace millrace::flow
