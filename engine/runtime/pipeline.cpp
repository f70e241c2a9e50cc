#include "engine/runtime/pipeline.hpp"

#include <fmt/format.h>
#include <millrace/ext/draft/rules_files.h>
#include <millrace/ext/draft/ruleset.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/modules/instance.hpp"

namespace millrace::runtime {

std::shared_ptr<host::Targets> targets_of(const config::Pipeline& configured) {
  std::vector<host::SinkForms> sinks;
  for (const config::Instance& sink : configured.sinks) {
    sinks.push_back({sink.name, sink.plugin.table->flags});
  }
  return std::make_shared<host::Targets>(std::move(sinks), configured.targets);
}

Pipeline::Pipeline(const config::Pipeline& configured, std::shared_ptr<const config::Engine> engine,
                   std::uint64_t memory_bytes, std::string owner, const host::Services& services, Later later,
                   std::function<void(std::string why)> give_up, std::function<void()> changed)
    : name_(configured.name),
      owner_(std::move(owner)),
      services_(services),
      later_(std::move(later)),
      give_up_(std::move(give_up)),
      changed_(std::move(changed)),
      memory_bytes_(memory_bytes),
      generation_{std::make_shared<const config::Pipeline>(configured), std::move(engine), targets_of(configured)} {
  for (std::size_t i = 0; i < configured.workers; ++i) {
    slots_.push_back(make_slot(i, generation_));
  }
}

Pipeline::~Pipeline() {
  created_.clear(); // in front of the threads that their hosts would notify
  for (const Slot& slot : all_slots()) {
    slot->join();
  }
}

Pipeline::Slot Pipeline::make_slot(std::size_t index, const Generation& generation) {
  using Weak = std::weak_ptr<WorkerSlot>;
  const auto wait = [](const Weak& slot) {
    const Slot found = slot.lock();
    return found == nullptr ? 0 : found->next_wait_ns();
  };
  SlotOrders orders{
      [this, wait](const Weak& slot, std::size_t sink) {
        order(slot, wait(slot), [sink](Pipeline& self, const Slot& found) { self.replace_sink(found, sink); });
      },
      [this](const Weak& slot) {
        order(slot, 0, [](Pipeline& self, const Slot& found) { found->drain(self.services_.clock.now_ns()); });
      },
      [this, wait](const Weak& slot) { order(slot, wait(slot), &Pipeline::rebuild); }, give_up_, changed_};
  return std::make_shared<WorkerSlot>(name_, index, generation, services_.log, services_.metrics, services_.clock,
                                      sampler_, std::move(orders));
}

void Pipeline::order(const std::weak_ptr<WorkerSlot>& slot, std::int64_t delay_ns,
                     std::function<void(Pipeline& self, const Slot& slot)> call) {
  later_(delay_ns, [pipeline = weak_from_this(), slot, call = std::move(call)] {
    const std::shared_ptr<Pipeline> self = pipeline.lock();
    if (const Slot found = slot.lock(); self != nullptr && found != nullptr) {
      call(*self, found);
    }
  });
}

Generation Pipeline::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

std::vector<Pipeline::Slot> Pipeline::slots() const {
  const std::lock_guard lock(mutex_);
  return slots_;
}

std::vector<Pipeline::Slot> Pipeline::all_slots() const {
  const std::lock_guard lock(mutex_);
  std::vector<Slot> out = slots_;
  out.insert(out.end(), others_.begin(), others_.end());
  return out;
}

host::Identity Pipeline::identity(std::uint32_t kind, const std::string& instance, std::size_t worker) const {
  return {kind, name(), instance, name() + "/" + std::to_string(worker),
          owner_ + ":" + name() + "/" + std::to_string(worker)};
}

Created Pipeline::make(const config::Instance& instance, const Generation& generation, std::size_t worker,
                       std::shared_ptr<flow::Inbox> inbox) const {
  std::shared_ptr<flow::Port> port = inbox == nullptr ? nullptr : inbox->open_port();
  host::Surroundings surroundings{port.get(), nullptr, nullptr};
  if (instance.kind == MR_SOURCE) {
    surroundings.streams = &streams_;
  } else {
    surroundings.targets = generation.targets;
  }
  return {instance, identity(instance.kind, instance.label(), worker), services_, surroundings, std::move(port)};
}

Created Pipeline::make_router(const Created* model, const Generation& generation, std::size_t worker,
                              std::shared_ptr<flow::Inbox> inbox) const {
  const config::Instance& configured = generation.configured->router;
  if (model == nullptr) {
    return make(configured, generation, worker, std::move(inbox));
  }
  std::shared_ptr<flow::Port> port = inbox->open_port();
  const host::Surroundings surroundings{port.get(), generation.targets, nullptr};
  return {*model,    configured,   identity(MR_ROUTER, configured.label(), worker),
          services_, surroundings, std::move(port)};
}

std::shared_ptr<const Created> Pipeline::make_model(const RulesFiles* files, const Generation& generation) const {
  const config::Instance& configured = generation.configured->router;
  if (configured.plugin.table->extension(MR_RULESET) == nullptr) {
    return nullptr;
  }
  const host::Services services{services_.clock, services_.log, unseen_};
  const host::Surroundings surroundings{nullptr, generation.targets, nullptr};
  host::Identity who = identity(MR_ROUTER, configured.label(), 0);
  return files == nullptr
             ? std::make_shared<Created>(configured, std::move(who), services, surroundings, nullptr)
             : std::make_shared<Created>(*files, configured, std::move(who), services, surroundings, nullptr);
}

bool Pipeline::takes_files() const {
  const Generation now = generation();
  const mr_plugin& plugin = *now.configured->router.plugin.table;
  return plugin.extension(MR_RULESET) != nullptr && plugin.extension(MR_RULES_FILES) != nullptr;
}

flow::WorkerSettings Pipeline::worker_settings(const Generation& generation, std::size_t worker) const {
  flow::WorkerSettings out;
  out.max_bytes = memory_bytes_.load();
  out.write_deadline_ns = generation.engine->write_deadline.count();
  out.release_deadline_ns = generation.engine->revoke_deadline.count();
  out.retry = {generation.configured->retry_first.count(), generation.configured->retry_most.count()};
  out.refuse_invalid = generation.configured->refuse_invalid;
  out.seed = std::hash<std::string>()(owner_) + worker;
  return out;
}

flow::SinkSettings Pipeline::sink_settings(const Generation& generation) const {
  flow::SinkSettings out;
  out.max_events = generation.configured->delivery_events;
  out.max_bytes = std::min(generation.configured->delivery_bytes, memory_bytes_.load() / 2);
  return out;
}

// Sinks first, then the router, which names targets in them, then the source, which asks for the router's streams.
Pipeline::Crew Pipeline::make_crew(WorkerSlot& slot) {
  const Generation generation = slot.generation();
  std::shared_ptr<flow::Inbox> inbox = slot.fresh_inbox();
  std::vector<Created> sinks;
  for (const config::Instance& sink : generation.configured->sinks) {
    sinks.push_back(make(sink, generation, slot.index(), inbox));
  }
  const std::shared_ptr<const Created> model = active().router;
  Created router = make_router(model.get(), generation, slot.index(), inbox);
  if (model == nullptr) { // each reads the rules for itself
    activate({nullptr, ruleset_of(router), files_of(router), router.host().declared_streams()});
  }
  Created source = make(generation.configured->source, generation, slot.index(), inbox);
  return {std::move(inbox), std::move(sinks), std::move(router), std::move(source)};
}

std::unique_ptr<flow::Worker> Pipeline::hire(Crew crew, WorkerSlot& slot) const {
  const Generation generation = slot.generation();
  flow::WorkerParts parts;
  for (std::size_t i = 0; i < crew.sinks.size(); ++i) {
    parts.sinks.push_back(
        {generation.configured->sinks[i].name, std::move(crew.sinks[i]).take(), sink_settings(generation)});
  }
  parts.router = std::move(crew.router).take();
  parts.source = std::move(crew.source).take();
  return std::make_unique<flow::Worker>(crew.inbox, std::move(parts), worker_settings(generation, slot.index()), slot);
}

void Pipeline::run(const Slot& slot, Crew crew) {
  slot->run(hire(std::move(crew), *slot));
  if (const std::int64_t deadline = draining_.load(); deadline != 0) {
    slot->drain(deadline); // it was asked for meanwhile
  }
}

void Pipeline::create(const RulesFiles* files) {
  if (const std::shared_ptr<const Created> model = make_model(files, generation())) {
    activate({model, ruleset_of(*model), files_of(*model), model->host().declared_streams()});
  }
  std::vector<Crew> created;
  for (const Slot& slot : slots()) {
    created.push_back(make_crew(*slot));
  }
  created_ = std::move(created);
}

void Pipeline::start() {
  const std::vector<Slot> all = slots();
  for (std::size_t i = 0; i < all.size(); ++i) {
    run(all[i], std::move(created_[i]));
  }
  created_.clear();
}

void Pipeline::drain(std::int64_t deadline_ns) {
  draining_.store(deadline_ns);
  for (const Slot& slot : all_slots()) {
    slot->drain(deadline_ns);
  }
}

bool Pipeline::stopped() const {
  const bool draining = draining_.load() != 0;
  return (draining || !changing_.load()) && std::ranges::all_of(all_slots(), [draining](const Slot& slot) {
           return slot->state() == flow::WorkerState::kStopped && (!slot->broken() || draining);
         });
}

bool Pipeline::finished() const {
  return !changing_.load() && std::ranges::all_of(all_slots(), [](const Slot& slot) {
    return slot->state() == flow::WorkerState::kFinished;
  });
}

std::vector<std::string> Pipeline::reasons() const {
  std::vector<std::string> out;
  for (const Slot& slot : slots()) {
    std::ranges::move(slot->reasons(), std::back_inserter(out));
  }
  return out;
}

LiveRules Pipeline::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

Pipeline::Active Pipeline::active() const {
  const std::lock_guard lock(mutex_);
  return {rules_.model, rules_.model == nullptr ? std::string() : hash_of(*rules_.model)};
}

void Pipeline::activate(LiveRules rules) {
  std::vector<std::string> streams = rules.streams;
  services_.log.set_ruleset(name(), rules.ruleset.hash);
  {
    const std::lock_guard lock(mutex_);
    std::swap(rules_, rules); // the old model may go, outside of the lock
  }
  if (!streams_.activate(std::move(streams))) {
    return;
  }
  for (const Slot& slot : all_slots()) {
    if (const auto thread = slot->running()) {
      thread->worker().streams_changed();
    }
  }
}

RouterSet Pipeline::prepare(const RulesFiles* files, const Generation& generation) const {
  RouterSet out;
  out.generation = generation;
  const std::int64_t began = services_.clock.now_ns();
  out.model = make_model(files, generation);
  if (replaces(this->generation(), generation)) { // whose workers make their own
    if (out.model == nullptr) {
      out.routers.push_back(make_router(nullptr, generation, 0, nullptr));
    }
  } else {
    for (const Slot& slot : slots()) {
      out.inboxes.push_back(slot->inbox());
      out.routers.push_back(make_router(out.model.get(), generation, slot->index(), out.inboxes.back()));
    }
  }
  const Created& first = out.model == nullptr ? out.routers.front() : *out.model;
  out.ruleset = ruleset_of(first);
  out.files = files_of(first);
  out.phases = phases_of(first);
  out.phases.push_back({"build", services_.clock.now_ns() - began});
  out.streams = first.host().declared_streams();
  out.diagnostics = first.host().diagnostics();
  return out;
}

void Pipeline::swap(RouterSet routers, std::function<void(std::vector<Switched>)> done) {
  struct Shared {
    std::mutex mutex;
    std::size_t left = 0;
    std::vector<Switched> switched;
    std::function<void(std::vector<Switched>)> done;
  };
  const std::vector<Slot> all = slots();
  const auto shared = std::make_shared<Shared>();
  shared->left = all.size();
  shared->done = std::move(done);
  const auto answered = [shared, &clock = services_.clock](const std::string& worker, bool switched) {
    const std::int64_t now = clock.time_us();
    const std::lock_guard lock(shared->mutex);
    if (switched) {
      shared->switched.push_back({worker, now});
    }
    if (--shared->left == 0) {
      std::ranges::sort(shared->switched, {}, &Switched::worker);
      shared->done(shared->switched);
    }
  };
  activate(routers);
  for (const Slot& slot : all) {
    const std::string worker = slot->name();
    const std::shared_ptr<WorkerThread> thread = slot->running();
    if (thread == nullptr || slot->state() == flow::WorkerState::kStopped) {
      answered(worker, false); // it is built anew, and then with this ruleset
      continue;
    }
    try {
      // One that was built anew since prepare has another inbox.
      const auto made_for = std::ranges::find(routers.inboxes, thread->inbox());
      Created router = made_for == routers.inboxes.end()
                           ? make_router(routers.model.get(), slot->generation(), slot->index(), thread->inbox())
                           : std::move(routers.routers[static_cast<std::size_t>(made_for - routers.inboxes.begin())]);
      thread->worker().swap_router(std::move(router).take(),
                                   [answered, worker](std::string_view error) { answered(worker, error.empty()); });
    } catch (const std::exception& error) {
      services_.log.write(MR_LOG_ERROR, {worker, routers.generation.configured->router.label()},
                          "a router cannot be made anew", {{"reason", error.what()}});
      answered(worker, false);
    }
  }
}

void Pipeline::replace_sink(const Slot& slot, std::size_t sink) {
  const std::shared_ptr<WorkerThread> thread = slot->running();
  if (draining_.load() != 0 || thread == nullptr || slot->state() == flow::WorkerState::kStopped) {
    return;
  }
  if (!slot->broken_sink(sink)) {
    return; // it was swapped, or the whole worker was built anew meanwhile
  }
  const Generation generation = slot->generation();
  const config::Instance& configured = generation.configured->sinks[sink];
  try {
    Created fresh = make(configured, generation, slot->index(), thread->inbox());
    thread->worker().swap_sink(sink, std::move(fresh).take(), services_.clock.now_ns(),
                               [of = slot.get(), sink](std::string_view error) { // which outlives its worker
                                 if (error.empty()) {
                                   of->mended_sink(sink);
                                 } // else the slot heard that this one is broken as well, or the worker stops
                               });
  } catch (const std::exception& error) {
    services_.log.write(MR_LOG_ERROR, {slot->name(), configured.label()}, "a sink cannot be made anew",
                        {{"reason", error.what()}});
    order(slot, slot->next_wait_ns(), [sink](Pipeline& self, const Slot& found) { self.replace_sink(found, sink); });
  }
}

void Pipeline::rebuild(const Slot& slot) {
  if (draining_.load() != 0 || !slot->in_place()) {
    changed_();
    return;
  }
  try {
    run(slot, make_crew(*slot));
  } catch (const std::exception& error) {
    slot->not_rebuilt(error.what());
    order(slot, slot->next_wait_ns(), &Pipeline::rebuild);
  }
}

} // namespace millrace::runtime
