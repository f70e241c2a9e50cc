// One pipeline as it runs: its workers, the targets and streams that they share, and the ruleset that is active.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/config/config.hpp"
#include "engine/host/streams.hpp"
#include "engine/host/targets.hpp"
#include "engine/runtime/router_set.hpp"
#include "engine/runtime/sampler.hpp"
#include "engine/runtime/status.hpp"
#include "engine/runtime/worker_slot.hpp"

namespace millrace::runtime {

// Runs a function later on the one thread that builds and replaces workers; 0: as soon as it can. All calls of a
// Pipeline that are not marked [any] come from there, or from before start.
using Later = std::function<void(std::int64_t delay_ns, std::function<void()>)>;

class Pipeline {
 public:
  // `memory_bytes` is the share of each worker. `owner` is unique for the process. `give_up` [any] is called when a
  // source or a router cannot start as it is configured; once it ran, whatever it says is tried again.
  Pipeline(config::Pipeline configured, const config::Engine& engine, std::uint64_t memory_bytes, std::string owner,
           const host::Services& services, Later later, std::function<void(std::string why)> give_up,
           std::function<void()> changed);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  const std::string& name() const { return configured_.name; }

  // Creates every instance of every worker, with a ruleset of files as they were or, without them, of those on disk.
  // Throws modules::CreateError or RouterRefused; then nothing of it is left.
  void create(const RulesFiles* files);
  void start();
  // [any] May be repeated with an earlier deadline.
  void drain(std::int64_t deadline_ns);

  // [any] Every worker has stopped for good.
  bool stopped() const;
  // [any] The source of every worker has ended and all of it is settled.
  bool finished() const;
  // [any] Why it is not ready; empty: it is.
  std::vector<std::string> reasons() const;
  // [any] Of the workers that run now and of those that they replaced.
  std::uint64_t failed_events() const;
  // [any]
  Ruleset ruleset() const;
  // [any] What runs now: a router with the active ruleset that nobody routes with, and its hash. Null where the plugin
  // knows no twins.
  struct Active {
    std::shared_ptr<const Created> router;
    std::string hash;
  };
  Active active() const;
  // [any] Sees what its workers route, as long as the pipeline lives.
  std::shared_ptr<SampleReader> watch(std::shared_ptr<SampleBell> bell = std::make_shared<SampleBell>()) const {
    return sampler_.open(std::move(bell));
  }
  // [any] What the active ruleset was read from; none where the router does not say. Null before create.
  std::shared_ptr<const RulesFiles> files() const;
  // [any] Whether its router can be made of files as they were.
  bool takes_files() const;

  // The way of a reload: prepare and check_targets [any], then swap. Files as of create, which it throws what create
  // throws.
  RouterSet prepare(const RulesFiles* files) const;
  // What is wrong with the targets that only the new routers name, asked on sink instances of their own. Errors refuse
  // the reload; a system that cannot be reached is only a note.
  struct Checked {
    std::vector<std::string> errors;
    std::vector<std::string> notes;
  };
  Checked check_targets(const RouterSet& routers) const;
  // `done` is called once, when every worker has answered, with those that switched.
  void swap(RouterSet routers, std::function<void(std::vector<Switched> switched)> done);

  // Numbers for the metrics page.
  void collect(host::MetricsPage& page) const;
  // [any]
  PipelineStatus status() const;
  // [any] Whether the loop of each worker came round since this was asked last.
  bool turns() const;
  // Now and then, so that the status knows how many events come in a second.
  void note_pace();

 private:
  host::Identity identity(std::uint32_t kind, const std::string& instance, std::size_t worker) const;
  Created make(const config::Instance& instance, std::size_t worker, std::shared_ptr<flow::Inbox> inbox) const;
  // A router for that worker, with the ruleset of `model`; null: of the configuration.
  Created make_router(const Created* model, std::size_t worker, std::shared_ptr<flow::Inbox> inbox) const;
  // What the routers of all workers are twins of: nobody runs it. Null: the plugin knows no twins.
  std::shared_ptr<const Created> make_model(const RulesFiles* files) const;
  // The instances of one worker, created; whoever is not hired is destroyed.
  struct Crew {
    std::shared_ptr<flow::Inbox> inbox;
    std::vector<Created> sinks;
    Created router;
    Created source;
  };
  Crew make_crew(WorkerSlot& slot);
  std::unique_ptr<flow::Worker> hire(Crew crew, WorkerSlot& slot) const;
  flow::WorkerSettings worker_settings(std::size_t worker) const;
  flow::SinkSettings sink_settings() const;
  void activate(const Ruleset& ruleset, std::shared_ptr<const RulesFiles> files, std::vector<std::string> streams);
  void set_model(std::shared_ptr<const Created> model);
  void replace_sink(std::size_t worker, std::size_t sink);
  void rebuild(std::size_t worker);

  const config::Pipeline configured_;
  const config::Engine engine_;
  const std::uint64_t memory_bytes_;
  const std::string owner_;
  const host::Services services_;
  const Later later_;
  const std::function<void(std::string why)> give_up_;
  const std::function<void()> changed_;
  mutable host::Targets targets_;
  mutable host::Streams streams_;
  mutable Sampler sampler_; // of what workers route
  std::vector<std::unique_ptr<WorkerSlot>> slots_;
  mutable host::Metrics unseen_;           // of models, which do nothing
  std::vector<Crew> created_;              // between create and start
  std::atomic<std::int64_t> draining_ = 0; // the deadline; 0: not draining
  mutable std::mutex mutex_;               // guards what follows
  std::shared_ptr<const Created> model_;   // of the active ruleset
  Ruleset ruleset_;
  Pace pace_;
  std::shared_ptr<const RulesFiles> files_; // of the active ruleset
};

} // namespace millrace::runtime
