// One pipeline as it runs: its workers, the targets and streams that they share, and the rules that are active.
// pipeline.cpp is its life and its rules, pipeline_check.cpp what it asks outside systems, pipeline_change.cpp what
// becomes of it under another configuration, pipeline_status.cpp what it tells of itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/config/config.hpp"
#include "engine/host/streams.hpp"
#include "engine/runtime/generation.hpp"
#include "engine/runtime/router_set.hpp"
#include "engine/runtime/sampler.hpp"
#include "engine/runtime/status.hpp"
#include "engine/runtime/worker_slot.hpp"

namespace millrace::runtime {

// Runs a function later on the one thread that builds and replaces workers; 0: as soon as it can. All calls of a
// Pipeline that are not marked [any] come from there, or from before start.
using Later = std::function<void(std::int64_t delay_ns, std::function<void()>)>;

// How a change of the configuration goes on: it has a thread of its own, and whatever it waits for it waits for there.
struct Steps {
  // Returns when it was done on the thread of Later; what it throws is thrown.
  std::function<void(const std::function<void()>& call)> on_control;
  // Until `done`, which is asked whenever a worker changed. False: it was not by then, or the engine stops.
  std::function<bool(const std::function<bool()>& done, std::int64_t deadline_ns)> await;
};

// A change did not go through, and what it was about runs as before. what() says why.
class NotChanged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Pipeline : public std::enable_shared_from_this<Pipeline> {
 public:
  // `memory_bytes` is the share of each worker. `owner` is unique for the process. `give_up` [any] is called when a
  // source or a router cannot start as it is configured; once it ran, whatever it says is tried again.
  Pipeline(const config::Pipeline& configured, std::shared_ptr<const config::Engine> engine, std::uint64_t memory_bytes,
           std::string owner, const host::Services& services, Later later, std::function<void(std::string why)> give_up,
           std::function<void()> changed);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  const std::string& name() const { return name_; }
  // [any] What its workers are built by.
  Generation generation() const;

  // Creates every instance of every worker, with a ruleset of files as they were or, without them, of those on disk.
  // Throws modules::CreateError or RouterRefused; then nothing of it is left.
  void create(const RulesFiles* files);
  void start();
  // [any] May be repeated with an earlier deadline.
  void drain(std::int64_t deadline_ns);

  bool drains() const { return draining_.load() != 0; }

  // [any] Every worker has stopped for good.
  bool stopped() const;
  // [any] The source of every worker has ended and all of it is settled.
  bool finished() const;
  // [any] Why it is not ready; empty: it is.
  std::vector<std::string> reasons() const;
  // [any] Of the workers that run now and of those that they replaced.
  std::uint64_t failed_events() const;
  // [any] What is active.
  Ruleset ruleset() const { return rules().ruleset; }
  LiveRules rules() const;
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
  std::shared_ptr<const RulesFiles> files() const { return rules().files; }
  // [any] Whether its router can be made of files as they were.
  bool takes_files() const;

  // The way of a reload: prepare and check_targets [any], then swap. Files as of create, which it throws what create
  // throws. `generation`: the one that is, or the next one.
  RouterSet prepare(const RulesFiles* files, const Generation& generation) const;
  // What is wrong with the targets that are named, asked on sink instances that are for nothing else; they are kept for
  // a while, so that reloads that follow each other find their connections open. Errors refuse the reload. That a
  // system cannot be reached is a note, and an error where the sink would be another one.
  struct Checked {
    std::vector<std::string> errors;
    std::vector<std::string> notes;
  };
  Checked check_targets(const RouterSet& routers);
  // `done` is called once, when every worker has answered, with those that switched.
  void swap(RouterSet routers, std::function<void(std::vector<Switched> switched)> done);

  // [any] What its workers would be built by if this were its configuration.
  Generation next(const config::Pipeline& configured, std::shared_ptr<const config::Engine> engine) const;
  // [any] Whether workers of the one cannot become such of the other: they are built anew, one after the other.
  static bool replaces(const Generation& before, const Generation& after);
  // [any] Creates the sources and sinks that would be others or more, and destroys them again. Throws
  // modules::CreateError.
  void rehearse(const Generation& next) const;
  // On the thread of a change, one at a time. Goes over to another generation worker by worker: what is equal in it
  // goes on untouched, other sinks are swapped, and where the source or the set of sinks is another one the worker is
  // replaced, with `rules`. Throws NotChanged; then all of it is as it was.
  void change(const Steps& steps, const Generation& next, const LiveRules& rules);
  // On the thread of a change, for a pipeline that comes or goes as a whole: await_start after start, and throws
  // NotChanged; stop returns when it has stopped, or was not to be stopped in time.
  void start_on_trial();
  void await_start(const Steps& steps);
  void stop(const Steps& steps);
  // [any] The share of each worker.
  void set_memory(std::uint64_t bytes);

  // Numbers for the metrics page.
  void collect(host::MetricsPage& page) const;
  // [any]
  PipelineStatus status() const;
  // [any] Whether the loop of each worker came round since this was asked last.
  bool turns() const;
  // Now and then, so that the status knows how many events come in a second.
  void note_pace();

 private:
  using Slot = std::shared_ptr<WorkerSlot>;

  host::Identity identity(std::uint32_t kind, const std::string& instance, std::size_t worker) const;
  Created make(const config::Instance& instance, const Generation& generation, std::size_t worker,
               std::shared_ptr<flow::Inbox> inbox) const;
  // A router for that worker, with the ruleset of `model`; null: of the configuration.
  Created make_router(const Created* model, const Generation& generation, std::size_t worker,
                      std::shared_ptr<flow::Inbox> inbox) const;
  // What the routers of all workers are twins of: nobody runs it. Null: the plugin knows no twins.
  std::shared_ptr<const Created> make_model(const RulesFiles* files, const Generation& generation) const;
  // The instances of one worker, created; whoever is not hired is destroyed.
  struct Crew {
    std::shared_ptr<flow::Inbox> inbox;
    std::vector<Created> sinks;
    Created router;
    Created source;
  };
  Crew make_crew(WorkerSlot& slot);
  std::unique_ptr<flow::Worker> hire(Crew crew, WorkerSlot& slot) const;
  void run(const Slot& slot, Crew crew);
  Slot make_slot(std::size_t index, const Generation& generation);
  // On the control thread, if both are still there by then.
  void order(const std::weak_ptr<WorkerSlot>& slot, std::int64_t delay_ns,
             std::function<void(Pipeline& self, const Slot& slot)> call);
  flow::WorkerSettings worker_settings(const Generation& generation, std::size_t worker) const;
  flow::SinkSettings sink_settings(const Generation& generation) const;
  void configure(const Slot& slot) const;
  void activate(LiveRules rules);
  // [any] In their places.
  std::vector<Slot> slots() const;
  // [any] And those that arrive or leave.
  std::vector<Slot> all_slots() const;
  void replace_sink(const Slot& slot, std::size_t sink);
  void rebuild(const Slot& slot);

  // pipeline_check.cpp
  struct Checker {
    config::Instance configured;
    std::shared_ptr<host::Targets> targets; // that it was made with
    Created sink;
    std::int64_t until_ns = 0; // it is kept
  };
  Checked check_sink(const config::Instance& configured, const Generation& next, std::span<const mr_target> wanted,
                     bool other);
  // [any] Nothing: there is none.
  std::optional<Checker> take_checker(const config::Instance& configured, const Generation& next);
  void keep_checker(Checker checker);
  void drop_checkers_later(std::int64_t delay_ns);
  void drop_checkers();

  // pipeline_change.cpp
  void become(const Steps& steps, const Generation& generation, const LiveRules& rules);
  void bring(const Steps& steps, const Generation& generation);
  void bring(const Steps& steps, const Slot& slot, const Generation& generation);
  Slot arrive(const Steps& steps, std::size_t index, const Generation& generation);
  void settle(const Steps& steps, const Slot& slot);
  bool end(const Steps& steps, const Slot& slot);
  void leave(const Steps& steps, const Slot& slot);
  void await_run(const Steps& steps, const Slot& slot);
  void replace(const Steps& steps, const Slot& slot, const Generation& generation);
  void exchange_sinks(const Steps& steps, const Slot& slot, const Generation& before, const Generation& after);
  void exchange_sink(const Steps& steps, const Slot& slot, std::size_t sink, const Generation& after);
  std::int64_t start_deadline() const;
  std::int64_t stop_deadline() const;

  const std::string name_;
  const std::string owner_;
  const host::Services services_;
  const Later later_;
  const std::function<void(std::string why)> give_up_;
  const std::function<void()> changed_;
  mutable host::Streams streams_;
  mutable Sampler sampler_;      // of what workers route
  mutable host::Metrics unseen_; // of models, which do nothing
  std::vector<Crew> created_;    // between create and start
  std::atomic<std::uint64_t> memory_bytes_;
  std::atomic<std::int64_t> draining_ = 0; // the deadline; 0: not draining
  std::atomic<bool> changing_ = false;     // a worker may have stopped that another one is to replace
  mutable std::mutex mutex_;               // guards what follows
  Generation generation_;
  std::vector<Slot> slots_;
  std::vector<Slot> others_; // that arrive, and have no place yet, or leave
  Totals gone_;              // of those that left
  LiveRules rules_;          // that are active
  Pace pace_;
  std::list<Checker> checkers_; // that were used last at the end
  bool drops_checkers_ = false; // in a while
};

} // namespace millrace::runtime
