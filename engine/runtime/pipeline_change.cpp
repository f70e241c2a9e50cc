// How a pipeline goes over to another configuration while it runs: one worker after the other, and back again where one
// of them does not come up. See pipeline.hpp.
#include <fmt/format.h>
#include <millrace/ext/claims.h>
#include <millrace/ext/positions.h>

#include <algorithm>
#include <utility>

#include "engine/host/failpoint.hpp"
#include "engine/modules/instance.hpp"
#include "engine/runtime/pipeline.hpp"

namespace millrace::runtime {
namespace {

// What a worker that was interrupted at its deadline may still need.
constexpr std::int64_t kGrace = 5 * flow::kSecond;

bool stores_positions(const config::Instance& sink) { return sink.plugin.table->extension(MR_POSITIONS) != nullptr; }

// Whether two instances of it would read the same events: the old one has to end before the new one begins. What others
// hand in exists once, so that the new one may begin first, and nobody who sends finds the door closed.
bool reads_a_log(const config::Instance& source) {
  const mr_plugin& plugin = *source.plugin.table;
  return (plugin.flags & MR_REPLAYS) != 0 || plugin.extension(MR_CLAIMS) != nullptr;
}

bool has_stopped(const WorkerSlot& slot) { return slot.state() == flow::WorkerState::kStopped; }

} // namespace

Generation Pipeline::next(const config::Pipeline& configured, std::shared_ptr<const config::Engine> engine) const {
  const Generation now = generation();
  Generation out{std::make_shared<const config::Pipeline>(configured), std::move(engine), now.targets};
  if (replaces(now, out)) {
    out.targets = targets_of(configured);
  }
  return out;
}

bool Pipeline::replaces(const Generation& before, const Generation& after) {
  const auto same_place = [](const config::Instance& left, const config::Instance& right) {
    return left.name == right.name && left.plugin.table->flags == right.plugin.table->flags &&
           stores_positions(left) == stores_positions(right);
  };
  return !(before.configured->source == after.configured->source) ||
         !std::ranges::equal(before.configured->sinks, after.configured->sinks, same_place);
}

void Pipeline::rehearse(const Generation& next) const {
  const Generation now = generation();
  for (std::size_t worker = 0; worker < next.configured->workers; ++worker) {
    const bool comes = worker >= now.configured->workers;
    if (comes || !(now.configured->source == next.configured->source)) {
      make(next.configured->source, next, worker, nullptr);
    }
    for (const config::Instance& sink : next.configured->sinks) {
      if (comes || std::ranges::find(now.configured->sinks, sink) == now.configured->sinks.end()) {
        make(sink, next, worker, nullptr);
      }
    }
  }
}

std::int64_t Pipeline::start_deadline() const {
  return services_.clock.now_ns() + generation().engine->check_deadline.count();
}

std::int64_t Pipeline::stop_deadline() const {
  return services_.clock.now_ns() + generation().engine->stop_deadline.count();
}

// ---- all of it

void Pipeline::change(const Steps& steps, const Generation& next, const LiveRules& rules) {
  const Generation before = generation();
  const LiveRules rules_before = this->rules();
  changing_.store(true);
  const std::shared_ptr<void> changed(nullptr, [this](void*) {
    changing_.store(false);
    changed_(); // it may have stopped meanwhile
  });
  try {
    become(steps, next, replaces(before, next) ? rules : rules_before);
    bring(steps, next);
  } catch (const std::exception& error) {
    services_.log.write(MR_LOG_ERROR, {name(), ""}, "a change of the configuration is taken back",
                        {{"reason", error.what()}});
    become(steps, before, rules_before);
    try {
      bring(steps, before);
    } catch (const std::exception& again) {
      services_.log.write(MR_LOG_ERROR, {name(), ""},
                          "a change of the configuration could not be taken back as a whole",
                          {{"reason", again.what()}});
    }
    throw NotChanged(error.what());
  }
}

void Pipeline::start_on_trial() {
  for (const Slot& slot : slots()) {
    slot->set_in_place(false); // so that one that cannot start ends this pipeline and not the engine
  }
  start();
}

void Pipeline::await_start(const Steps& steps) {
  changing_.store(true);
  const std::shared_ptr<void> changed(nullptr, [this](void*) { changing_.store(false); });
  for (const Slot& slot : slots()) {
    await_run(steps, slot);
  }
  for (const Slot& slot : slots()) {
    settle(steps, slot);
  }
}

void Pipeline::stop(const Steps& steps) {
  const std::int64_t deadline = stop_deadline();
  for (const Slot& slot : slots()) {
    slot->set_in_place(false);
  }
  steps.on_control([this, deadline] { drain(deadline); });
  steps.await([this] { return stopped(); }, deadline + kGrace);
}

void Pipeline::set_memory(std::uint64_t bytes) {
  memory_bytes_.store(bytes);
  for (const Slot& slot : all_slots()) {
    configure(slot);
  }
}

void Pipeline::configure(const Slot& slot) const {
  const std::shared_ptr<WorkerThread> thread = slot->running();
  if (thread == nullptr) {
    return; // it is built with them
  }
  const Generation generation = slot->generation();
  thread->worker().configure(
      worker_settings(generation, slot->index()),
      std::vector<flow::SinkSettings>(generation.configured->sinks.size(), sink_settings(generation)));
}

// What is built from now on.
void Pipeline::become(const Steps& steps, const Generation& generation, const LiveRules& rules) {
  steps.on_control([&] {
    {
      const std::lock_guard lock(mutex_);
      generation_ = generation;
    }
    generation.targets->set_limit(generation.configured->targets);
    activate(rules);
  });
}

// Those that are there, then those that are still missing, then those that are too many.
void Pipeline::bring(const Steps& steps, const Generation& generation) {
  const std::size_t wanted = generation.configured->workers;
  const std::vector<Slot> before = slots();
  for (std::size_t i = 0; i < before.size() && i < wanted; ++i) {
    bring(steps, before[i], generation);
    host::failpoint("exchange");
  }
  for (std::size_t i = before.size(); i < wanted; ++i) {
    const Slot fresh = arrive(steps, i, generation);
    {
      const std::lock_guard lock(mutex_);
      std::erase(others_, fresh);
      slots_.push_back(fresh);
    }
    settle(steps, fresh);
  }
  for (std::size_t i = before.size(); i > wanted; --i) {
    {
      const std::lock_guard lock(mutex_);
      slots_.pop_back();
      others_.push_back(before[i - 1]);
      before[i - 1]->set_in_place(false);
    }
    leave(steps, before[i - 1]);
  }
}

// ---- one worker

void Pipeline::bring(const Steps& steps, const Slot& slot, const Generation& generation) {
  const Generation before = slot->generation();
  if (replaces(before, generation)) {
    replace(steps, slot, generation);
    return;
  }
  exchange_sinks(steps, slot, before, generation);
  slot->set_generation(generation);
  configure(slot);
  settle(steps, slot); // it may have stopped for one that was to replace it and did not come up
}

// One that runs beside the others and has no place yet.
Pipeline::Slot Pipeline::arrive(const Steps& steps, std::size_t index, const Generation& generation) {
  const Slot fresh = make_slot(index, generation);
  fresh->set_in_place(false);
  steps.on_control([&] {
    if (draining_.load() != 0) {
      throw NotChanged("the engine is stopping");
    }
    run(fresh, make_crew(*fresh));
    const std::lock_guard lock(mutex_);
    others_.push_back(fresh);
  });
  try {
    await_run(steps, fresh);
  } catch (const NotChanged&) {
    leave(steps, fresh);
    throw;
  }
  return fresh;
}

void Pipeline::await_run(const Steps& steps, const Slot& slot) {
  const bool in_time = steps.await([&] { return slot->verdict().has_value(); }, start_deadline());
  if (const std::string why = slot->verdict().value_or("it did not start in time"); !why.empty()) {
    const std::vector<std::string> reasons = slot->reasons();
    throw NotChanged(in_time || reasons.empty() ? fmt::format("{}: {}", slot->name(), why)
                                                : fmt::format("{}, and did not come up in time", reasons.front()));
  }
}

// In its place whatever breaks is built anew, also what broke on the way there.
void Pipeline::settle(const Steps& steps, const Slot& slot) {
  slot->set_in_place(true);
  if (has_stopped(*slot)) {
    steps.on_control([&] { rebuild(slot); });
  }
}

// Whether it did in time.
bool Pipeline::end(const Steps& steps, const Slot& slot) {
  const std::int64_t deadline = stop_deadline();
  steps.on_control([&] { slot->drain(deadline); });
  return steps.await([&] { return has_stopped(*slot); }, deadline + kGrace);
}

// Where it does not end in time it goes on ending by itself; nothing is built in its place.
void Pipeline::leave(const Steps& steps, const Slot& slot) {
  end(steps, slot);
  // They join their threads, which may still tell somebody that something changed: not with the lock.
  std::vector<Slot> gone;
  const std::lock_guard lock(mutex_);
  const auto stopped =
      std::stable_partition(others_.begin(), others_.end(), [](const Slot& other) { return !has_stopped(*other); });
  std::for_each(stopped, others_.end(), [this](const Slot& other) { gone_ += other->totals(); });
  std::move(stopped, others_.end(), std::back_inserter(gone));
  others_.erase(stopped, others_.end());
}

void Pipeline::replace(const Steps& steps, const Slot& slot, const Generation& generation) {
  const bool one_after_the_other =
      reads_a_log(slot->generation().configured->source) || reads_a_log(generation.configured->source);
  const auto take_place = [&](const Slot& fresh) {
    {
      const std::lock_guard lock(mutex_);
      std::erase(others_, fresh);
      *std::ranges::find(slots_, slot) = fresh;
      others_.push_back(slot);
      slot->set_in_place(false);
    }
    settle(steps, fresh);
  };
  if (!one_after_the_other) {
    take_place(arrive(steps, slot->index(), generation));
    leave(steps, slot);
    return;
  }
  slot->set_in_place(false);
  const bool ended = end(steps, slot);
  const std::shared_ptr<void> still_in_place(nullptr, [&](void*) {
    const std::lock_guard lock(mutex_);
    slot->set_in_place(std::ranges::find(slots_, slot) != slots_.end());
  });
  if (!ended) {
    throw NotChanged(fmt::format("{} did not stop in time", slot->name()));
  }
  take_place(arrive(steps, slot->index(), generation));
  leave(steps, slot);
}

// ---- one sink

void Pipeline::exchange_sinks(const Steps& steps, const Slot& slot, const Generation& before, const Generation& after) {
  std::vector<std::size_t> done;
  for (std::size_t i = 0; i < after.configured->sinks.size(); ++i) {
    if (before.configured->sinks[i] == after.configured->sinks[i]) {
      continue;
    }
    done.push_back(i);
    try {
      exchange_sink(steps, slot, i, after);
    } catch (const std::exception&) {
      for (const std::size_t sink : done) {
        try {
          exchange_sink(steps, slot, sink, before);
        } catch (const std::exception&) { // as it was: it does not come up either, and is asked again and again
        }
      }
      throw;
    }
  }
}

void Pipeline::exchange_sink(const Steps& steps, const Slot& slot, std::size_t sink, const Generation& after) {
  struct Answer {
    std::atomic<bool> given = false;
    std::string error; // before `given`
  };
  const auto answer = std::make_shared<Answer>();
  const config::Instance& configured = after.configured->sinks[sink];
  const std::int64_t deadline = stop_deadline();
  steps.on_control([&] {
    const std::shared_ptr<WorkerThread> thread = slot->running();
    if (thread == nullptr || has_stopped(*slot)) {
      answer->given.store(true); // it is built anew, and then with this one
      return;
    }
    Created fresh = make(configured, after, slot->index(), thread->inbox());
    thread->worker().swap_sink(sink, std::move(fresh).take(), deadline,
                               [answer, changed = changed_](std::string_view error) {
                                 answer->error = error;
                                 answer->given.store(true);
                                 changed();
                               });
  });
  const std::int64_t started_by = deadline + generation().engine->check_deadline.count();
  if (!steps.await([&] { return answer->given.load(); }, started_by)) {
    const auto trouble = slot->last_trouble();
    throw NotChanged(fmt::format("{} of {} did not come up in time{}", configured.label(), slot->name(),
                                 trouble ? ": " + trouble->text : std::string()));
  }
  if (!answer->error.empty()) {
    throw NotChanged(fmt::format("{} of {}: {}", configured.label(), slot->name(), answer->error));
  }
  slot->mended_sink(sink);
}

} // namespace millrace::runtime
