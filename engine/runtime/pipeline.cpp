#include "engine/runtime/pipeline.hpp"

#include <fmt/format.h>
#include <millrace/ext/check.h>
#include <millrace/ext/draft/rules_files.h>
#include <millrace/ext/draft/ruleset.h>
#include <millrace/ext/metrics.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "engine/host/short_hash.hpp"
#include "engine/modules/answer.hpp"
#include "engine/modules/instance.hpp"
#include "engine/modules/text.hpp"

namespace millrace::runtime {
namespace {

using modules::copy;
std::vector<host::SinkForms> forms_of(const config::Pipeline& pipeline) {
  std::vector<host::SinkForms> out;
  for (const config::Instance& sink : pipeline.sinks) {
    out.push_back({sink.name, sink.plugin.table->flags});
  }
  return out;
}

std::vector<std::string> sink_names(const config::Pipeline& pipeline) {
  std::vector<std::string> out;
  for (const config::Instance& sink : pipeline.sinks) {
    out.push_back(sink.name);
  }
  return out;
}

// A gauge of a source, by partition: records that are still to be read (docs/plugins/writing.md).
constexpr std::string_view kLagEnding = "_lag_records";

} // namespace

Pipeline::Pipeline(config::Pipeline configured, const config::Engine& engine, std::uint64_t memory_bytes,
                   std::string owner, const host::Services& services, Later later,
                   std::function<void(std::string why)> give_up, std::function<void()> changed)
    : configured_(std::move(configured)),
      engine_(engine),
      memory_bytes_(memory_bytes),
      owner_(std::move(owner)),
      services_(services),
      later_(std::move(later)),
      give_up_(std::move(give_up)),
      changed_(std::move(changed)),
      targets_(forms_of(configured_), configured_.targets) {
  const flow::BackoffSettings retry{configured_.retry_first.count(), configured_.retry_most.count()};
  for (std::size_t i = 0; i < configured_.workers; ++i) {
    SlotOrders orders{
        [this](std::size_t slot, std::size_t sink) {
          later_(slots_[slot]->next_wait_ns(), [this, slot, sink] { replace_sink(slot, sink); });
        },
        [this](std::size_t slot) {
          later_(0, [this, slot] {
            if (const auto thread = slots_[slot]->running()) {
              thread->worker().drain(services_.clock.now_ns());
            }
          });
        },
        [this](std::size_t slot) { later_(slots_[slot]->next_wait_ns(), [this, slot] { rebuild(slot); }); }, give_up_,
        changed_};
    slots_.push_back(std::make_unique<WorkerSlot>(name(), i, sink_names(configured_), services_.log, services_.metrics,
                                                  services_.clock, retry, sampler_, std::move(orders)));
  }
}

Pipeline::~Pipeline() {
  created_.clear(); // in front of the threads that their hosts would notify
  for (const std::unique_ptr<WorkerSlot>& slot : slots_) {
    slot->join();
  }
}

host::Identity Pipeline::identity(std::uint32_t kind, const std::string& instance, std::size_t worker) const {
  return {kind, name(), instance, name() + "/" + std::to_string(worker),
          owner_ + ":" + name() + "/" + std::to_string(worker)};
}

Created Pipeline::make(const config::Instance& instance, std::size_t worker, std::shared_ptr<flow::Inbox> inbox) const {
  std::shared_ptr<flow::Port> port = inbox == nullptr ? nullptr : inbox->open_port();
  host::Surroundings surroundings{port.get(), nullptr, nullptr};
  if (instance.kind == MR_SOURCE) {
    surroundings.streams = &streams_;
  } else {
    surroundings.targets = &targets_;
  }
  return {instance, identity(instance.kind, instance.label(), worker), services_, surroundings, std::move(port)};
}

Created Pipeline::make_router(const Created* model, std::size_t worker, std::shared_ptr<flow::Inbox> inbox) const {
  if (model == nullptr) {
    return make(configured_.router, worker, std::move(inbox));
  }
  std::shared_ptr<flow::Port> port = inbox->open_port();
  const host::Surroundings surroundings{port.get(), &targets_, nullptr};
  return {*model,    configured_.router, identity(MR_ROUTER, configured_.router.label(), worker),
          services_, surroundings,       std::move(port)};
}

std::shared_ptr<const Created> Pipeline::make_model(const RulesFiles* files) const {
  const mr_plugin& plugin = *configured_.router.plugin.table;
  if (plugin.extension(MR_RULESET) == nullptr) {
    return nullptr;
  }
  const host::Services services{services_.clock, services_.log, unseen_};
  const host::Surroundings surroundings{nullptr, &targets_, nullptr};
  host::Identity who = identity(MR_ROUTER, configured_.router.label(), 0);
  return files == nullptr
             ? std::make_shared<Created>(configured_.router, std::move(who), services, surroundings, nullptr)
             : std::make_shared<Created>(*files, configured_.router, std::move(who), services, surroundings, nullptr);
}

bool Pipeline::takes_files() const {
  const mr_plugin& plugin = *configured_.router.plugin.table;
  return plugin.extension(MR_RULESET) != nullptr && plugin.extension(MR_RULES_FILES) != nullptr;
}

flow::WorkerSettings Pipeline::worker_settings(std::size_t worker) const {
  flow::WorkerSettings out;
  out.max_bytes = memory_bytes_;
  out.write_deadline_ns = engine_.write_deadline.count();
  out.release_deadline_ns = engine_.revoke_deadline.count();
  out.retry = {configured_.retry_first.count(), configured_.retry_most.count()};
  out.refuse_invalid = configured_.refuse_invalid;
  out.seed = std::hash<std::string>()(owner_) + worker;
  return out;
}

flow::SinkSettings Pipeline::sink_settings() const {
  flow::SinkSettings out;
  out.max_events = configured_.delivery_events;
  out.max_bytes = std::min(configured_.delivery_bytes, memory_bytes_ / 2);
  return out;
}

// Sinks first, then the router, which names targets in them, then the source, which asks for the router's streams.
Pipeline::Crew Pipeline::make_crew(WorkerSlot& slot) {
  std::shared_ptr<flow::Inbox> inbox = slot.fresh_inbox();
  std::vector<Created> sinks;
  for (const config::Instance& sink : configured_.sinks) {
    sinks.push_back(make(sink, slot.index(), inbox));
  }
  const std::shared_ptr<const Created> model = active().router;
  Created router = make_router(model.get(), slot.index(), inbox);
  if (model == nullptr) { // each reads the rules for itself
    activate(ruleset_of(router), files_of(router), router.host().declared_streams());
  }
  Created source = make(configured_.source, slot.index(), inbox);
  return {std::move(inbox), std::move(sinks), std::move(router), std::move(source)};
}

std::unique_ptr<flow::Worker> Pipeline::hire(Crew crew, WorkerSlot& slot) const {
  flow::WorkerParts parts;
  for (std::size_t i = 0; i < crew.sinks.size(); ++i) {
    parts.sinks.push_back({configured_.sinks[i].name, std::move(crew.sinks[i]).take(), sink_settings()});
  }
  parts.router = std::move(crew.router).take();
  parts.source = std::move(crew.source).take();
  return std::make_unique<flow::Worker>(crew.inbox, std::move(parts), worker_settings(slot.index()), slot);
}

void Pipeline::create(const RulesFiles* files) {
  set_model(make_model(files));
  if (const std::shared_ptr<const Created> model = active().router) {
    activate(ruleset_of(*model), files_of(*model), model->host().declared_streams());
  }
  std::vector<Crew> created;
  for (const std::unique_ptr<WorkerSlot>& slot : slots_) {
    created.push_back(make_crew(*slot));
  }
  created_ = std::move(created);
}

void Pipeline::start() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slots_[i]->run(hire(std::move(created_[i]), *slots_[i]));
  }
  created_.clear();
}

void Pipeline::drain(std::int64_t deadline_ns) {
  draining_.store(deadline_ns);
  for (const std::unique_ptr<WorkerSlot>& slot : slots_) {
    if (const auto thread = slot->running()) {
      thread->worker().drain(deadline_ns);
    }
  }
}

bool Pipeline::stopped() const {
  return std::ranges::all_of(slots_, [this](const auto& slot) {
    return slot->state() == flow::WorkerState::kStopped && (!slot->broken() || draining_.load() != 0);
  });
}

bool Pipeline::finished() const {
  return std::ranges::all_of(slots_, [](const auto& slot) { return slot->state() == flow::WorkerState::kFinished; });
}

std::vector<std::string> Pipeline::reasons() const {
  std::vector<std::string> out;
  for (const std::unique_ptr<WorkerSlot>& slot : slots_) {
    std::ranges::move(slot->reasons(), std::back_inserter(out));
  }
  return out;
}

std::uint64_t Pipeline::failed_events() const {
  std::uint64_t sum = 0;
  for (const std::unique_ptr<WorkerSlot>& slot : slots_) {
    sum += slot->totals().verdicts[MR_FAILED];
  }
  return sum;
}

std::shared_ptr<const RulesFiles> Pipeline::files() const {
  const std::lock_guard lock(mutex_);
  return files_;
}

void Pipeline::set_model(std::shared_ptr<const Created> model) {
  const std::lock_guard lock(mutex_);
  model_.swap(model); // the old one may go, outside of the lock
}

Pipeline::Active Pipeline::active() const {
  const std::lock_guard lock(mutex_);
  return {model_, model_ == nullptr ? std::string() : hash_of(*model_)};
}

Ruleset Pipeline::ruleset() const {
  const std::lock_guard lock(mutex_);
  return ruleset_;
}

void Pipeline::activate(const Ruleset& ruleset, std::shared_ptr<const RulesFiles> files,
                        std::vector<std::string> streams) {
  {
    const std::lock_guard lock(mutex_);
    ruleset_ = ruleset;
    files_ = std::move(files);
  }
  services_.log.set_ruleset(name(), ruleset.hash);
  if (!streams_.activate(std::move(streams))) {
    return;
  }
  for (const std::unique_ptr<WorkerSlot>& slot : slots_) {
    if (const auto thread = slot->running()) {
      thread->worker().streams_changed();
    }
  }
}

RouterSet Pipeline::prepare(const RulesFiles* files) const {
  RouterSet out;
  out.model = make_model(files);
  const std::int64_t began = services_.clock.now_ns();
  for (const std::unique_ptr<WorkerSlot>& slot : slots_) {
    out.inboxes.push_back(slot->inbox());
    out.routers.push_back(make_router(out.model.get(), slot->index(), out.inboxes.back()));
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

Pipeline::Checked Pipeline::check_targets(const RouterSet& /*routers*/) const {
  Checked out;
  const auto in_use = targets_.in_use();
  for (const config::Instance& configured : configured_.sinks) {
    std::vector<mr_target> wanted;
    for (const auto& [id, target] : in_use) {
      if (copy(target->sink) == configured.name) {
        wanted.push_back(*target);
      }
    }
    const auto* calls = static_cast<const mr_plugin_check*>(configured.plugin.table->extension(MR_CHECK));
    if (calls == nullptr || wanted.empty()) {
      continue;
    }
    const Created sink = make(configured, 0, nullptr);
    struct Collected {
      Checked& out;
      const std::vector<mr_target>& targets;
    } collected{out, wanted};
    const mr_findings findings{&collected,
                               [](void* context, std::uint32_t severity, std::size_t target, mr_str item, mr_str text) {
                                 const auto& [into, targets] = *static_cast<Collected*>(context);
                                 std::string said = target < targets.size() ? copy(targets[target].name) + ": " : "";
                                 said += item.data == nullptr ? "" : copy(item) + ": ";
                                 said += copy(text);
                                 if (severity >= MR_LOG_ERROR) {
                                   into.errors.push_back(std::move(said));
                                 } else if (severity == MR_LOG_WARN) {
                                   into.notes.push_back(std::move(said));
                                 }
                               }};
    mr_error error{};
    const std::int64_t deadline = services_.clock.now_ns() + engine_.check_deadline.count();
    const mr_status status = calls->check(sink.self(), wanted.data(), wanted.size(), deadline, &findings, &error);
    if (status != MR_OK) {
      out.notes.push_back(configured.label() + " could not be checked: " + sink.host().masked(error.text));
    }
  }
  return out;
}

void Pipeline::swap(RouterSet routers, std::function<void(std::vector<Switched>)> done) {
  struct Shared {
    std::mutex mutex;
    std::size_t left = 0;
    std::vector<Switched> switched;
    std::function<void(std::vector<Switched>)> done;
  };
  const auto shared = std::make_shared<Shared>();
  shared->left = slots_.size();
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
  set_model(routers.model);
  activate(routers.ruleset, routers.files, routers.streams);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const std::string worker = slots_[i]->name();
    const std::shared_ptr<WorkerThread> thread = slots_[i]->running();
    if (thread == nullptr || slots_[i]->state() == flow::WorkerState::kStopped) {
      answered(worker, false); // it is built anew, and then with this ruleset
      continue;
    }
    try {
      // One that was built anew since prepare has another inbox.
      Created router = thread->inbox() == routers.inboxes[i] ? std::move(routers.routers[i])
                                                             : make_router(routers.model.get(), i, thread->inbox());
      thread->worker().swap_router(std::move(router).take(),
                                   [answered, worker](std::string_view error) { answered(worker, error.empty()); });
    } catch (const std::exception& error) {
      services_.log.write(MR_LOG_ERROR, {worker, configured_.router.label()}, "a router cannot be made anew",
                          {{"reason", error.what()}});
      answered(worker, false);
    }
  }
}

void Pipeline::replace_sink(std::size_t worker, std::size_t sink) {
  WorkerSlot& slot = *slots_[worker];
  const std::shared_ptr<WorkerThread> thread = slot.running();
  if (draining_.load() != 0 || thread == nullptr || slot.state() == flow::WorkerState::kStopped) {
    return;
  }
  if (!slot.broken_sink(sink)) {
    return; // the whole worker was built anew meanwhile
  }
  try {
    Created fresh = make(configured_.sinks[sink], worker, thread->inbox());
    thread->worker().swap_sink(sink, std::move(fresh).take(), services_.clock.now_ns(),
                               [&slot, sink](std::string_view error) {
                                 if (error.empty()) {
                                   slot.mended_sink(sink);
                                 } // else the slot heard that this one is broken as well, or the worker stops
                               });
  } catch (const std::exception& error) {
    services_.log.write(MR_LOG_ERROR, {slot.name(), configured_.sinks[sink].label()}, "a sink cannot be made anew",
                        {{"reason", error.what()}});
    later_(slot.next_wait_ns(), [this, worker, sink] { replace_sink(worker, sink); });
  }
}

void Pipeline::rebuild(std::size_t worker) {
  if (draining_.load() != 0) {
    changed_();
    return;
  }
  WorkerSlot& slot = *slots_[worker];
  try {
    slot.run(hire(make_crew(slot), slot));
    if (const std::int64_t deadline = draining_.load(); deadline != 0) {
      slot.running()->worker().drain(deadline); // it was asked for meanwhile
    }
  } catch (const std::exception& error) {
    slot.not_rebuilt(error.what());
    later_(slot.next_wait_ns(), [this, worker] { rebuild(worker); });
  }
}

void Pipeline::collect(host::MetricsPage& page) const {
  if (const std::string hash = active().hash; !hash.empty()) {
    page.sample(MR_GAUGE, "ruleset_info", "Always 1; the label is the ruleset that is active.",
                {{"pipeline", name()}, {"ruleset", host::short_hash(hash)}}, 1);
  }
  for (const std::unique_ptr<WorkerSlot>& slot : slots_) {
    const std::shared_ptr<const WorkerThread> thread = slot->running();
    if (thread == nullptr) {
      continue;
    }
    const flow::WorkerCounters& all = thread->worker().counters();
    const host::Labels labels{{"pipeline", name()}, {"worker", slot->name()}};
    const auto with = [&](std::string key, std::string value) {
      host::Labels out = labels;
      out.emplace_back(std::move(key), std::move(value));
      return out;
    };
    const auto counter = [&](const char* metric, const char* help, const host::Labels& at, const flow::Count& count) {
      page.sample(MR_COUNTER, metric, help, at, static_cast<double>(count.get()));
    };
    const auto gauge = [&](const char* metric, const char* help, const host::Labels& at, const flow::Count& count) {
      page.sample(MR_GAUGE, metric, help, at, static_cast<double>(count.get()));
    };
    counter("events_total", "Events that sources handed in.", labels, all.events_in);
    counter("event_bytes_total", "Bytes of events that sources handed in.", labels, all.bytes_in);
    counter("batches_total", "Batches that sources handed in.", labels, all.batches_in);
    for (std::size_t verdict = MR_FILTERED; verdict <= MR_FAILED; ++verdict) {
      counter("verdicts_total", "Events that were settled, by verdict.",
              with("verdict", std::string(kVerdicts[verdict])), all.verdicts[verdict]);
    }
    counter("route_retries_total", "Calls of route that were made again.", labels, all.route_retries);
    counter("router_swaps_total", "Rulesets taken over.", labels, all.router_swaps);
    counter("moved_total", "Times that every claim was void.", labels, all.moved);
    gauge("events_in_flight", "Events from poll to settle.", labels, all.events_in_flight);
    gauge("bytes_in_flight", "Bytes from poll to settle.", labels, all.bytes_in_flight);
    gauge("bytes_in_flight_limit", "Ceiling of bytes_in_flight.", labels, all.max_bytes);
    gauge("claimed_partitions", "Partitions that are claimed.", labels, all.partitions);
    counter("contract_violations_total", "Times that a plugin broke the contract.",
            with("instance", configured_.source.label()), all.source_violations);
    counter("contract_violations_total", "Times that a plugin broke the contract.",
            with("instance", configured_.router.label()), all.router_violations);
    for (std::size_t i = 0; i < configured_.sinks.size() && i < all.sinks.size(); ++i) {
      const flow::SinkCounters& sink = all.sinks[i];
      const host::Labels at = with("instance", configured_.sinks[i].label());
      counter("deliveries_total", "Deliveries offered, every attempt.", at, sink.deliveries);
      counter("delivery_retries_total", "Deliveries offered again.", at, sink.retries);
      counter("records_total", "Records that became durable, as dead letters too.", at, sink.records);
      counter("rejected_records_total", "Records that the sink refused for good.", at, sink.rejected);
      counter("contract_violations_total", "Times that a plugin broke the contract.", at, sink.violations);
      gauge("deliveries_open", "Deliveries that the sink has now.", at, sink.open);
      gauge("deliveries_waiting", "Deliveries that wait to be tried again.", at, sink.waiting);
      gauge("targets_held", "Targets that the sink does not accept yet.", at, sink.held);
    }
  }
}

void Pipeline::note_pace() {
  std::uint64_t events = 0;
  for (const std::unique_ptr<WorkerSlot>& slot : slots_) {
    events += slot->totals().events;
  }
  const std::lock_guard lock(mutex_);
  pace_.note(services_.clock.now_ns(), events);
}

// Asks each of them, also behind one that does not.
bool Pipeline::turns() const {
  bool all = true;
  for (const std::unique_ptr<WorkerSlot>& slot : slots_) {
    if (const std::shared_ptr<WorkerThread> thread = slot->running()) {
      all = thread->turns() && all;
    }
  }
  return all;
}

PipelineStatus Pipeline::status() const {
  PipelineStatus out;
  out.name = name();
  out.ruleset = ruleset().hash;
  for (const std::unique_ptr<WorkerSlot>& slot : slots_) {
    WorkerStatus& worker = out.workers.emplace_back();
    worker.name = slot->name();
    worker.state = word_of(slot->state());
    worker.not_ready = slot->reasons();
    out.running += worker.not_ready.empty() ? 1 : 0;
    out.totals += slot->totals();
    if (const std::shared_ptr<const WorkerThread> thread = slot->running()) {
      const flow::WorkerCounters& all = thread->worker().counters();
      worker.totals = totals_of(all);
      worker.in_flight = all.events_in_flight.get();
      worker.bytes_in_flight = all.bytes_in_flight.get();
      worker.partitions = all.partitions.get();
      out.in_flight += worker.in_flight;
      out.bytes_in_flight += worker.bytes_in_flight;
    }
    out.bytes_limit += memory_bytes_;
    if (const auto trouble = slot->last_trouble();
        trouble && (!out.last_trouble || out.last_trouble->time_us < trouble->time_us)) {
      out.last_trouble = Trouble{trouble->time_us, fmt::format("{}: {}", slot->name(), trouble->text)};
    }
  }
  if (const auto lag = services_.metrics.sum(kLagEnding, {"pipeline", name()})) {
    out.lag = static_cast<std::uint64_t>(std::max(0.0, *lag));
  }
  const std::lock_guard lock(mutex_);
  out.events_per_second = pace_.per_second();
  return out;
}

} // namespace millrace::runtime
