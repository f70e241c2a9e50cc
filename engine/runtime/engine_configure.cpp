// The configuration of an engine that runs: read anew at a reload, compared with the one that runs, and taken over
// pipeline by pipeline; where one of them does not come up, all go back.
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <utility>

#include "engine/config/again.hpp"
#include "engine/config/difference.hpp"
#include "engine/host/failpoint.hpp"
#include "engine/runtime/engine.hpp"

namespace millrace::runtime {
namespace {

constexpr std::uint64_t kLeastMemory = 1u << 20;

// While one goes over to the other: those of both, and one that arrives beside the one that it replaces.
std::uint64_t most_workers(const config::Config& before, const config::Config& after) {
  std::uint64_t out = 1;
  for (const config::Pipeline& pipeline : before.pipelines) {
    const auto same = std::ranges::find(after.pipelines, pipeline.name, &config::Pipeline::name);
    out += std::max(pipeline.workers, same == after.pipelines.end() ? 0 : same->workers);
  }
  for (const config::Pipeline& pipeline : after.pipelines) {
    const bool comes =
        std::ranges::find(before.pipelines, pipeline.name, &config::Pipeline::name) == before.pipelines.end();
    out += comes ? pipeline.workers : 0;
  }
  return out;
}

} // namespace

std::uint64_t workers_of(const config::Config& configured) {
  std::uint64_t out = 0;
  for (const config::Pipeline& pipeline : configured.pipelines) {
    out += pipeline.workers;
  }
  return out;
}

std::uint64_t worker_share(const config::Engine& engine, std::uint64_t workers) {
  return std::max(kLeastMemory, engine.memory_bytes / std::max<std::uint64_t>(1, workers));
}

// With the rules that are active: it is about the plugin.
Receipt Engine::upgrade(const Asked& asked, const std::string& plugin) {
  Change change = begun(std::unique_lock(change_), begin(asked, "upgrade"));
  if (read_configuration_ == nullptr) {
    change.receipt.error = "this engine has no configuration that it could read anew";
  }
  read_configuration(change, plugin);
  if (change.receipt.error.empty() && change.receipt.configuration.empty()) {
    change.receipt.error = fmt::format("no instance of '{}' would be another one", plugin);
  }
  const auto as_active = [](const Pipeline& pipeline) -> std::optional<std::shared_ptr<const RulesFiles>> {
    const std::shared_ptr<const RulesFiles> files = pipeline.files();
    return pipeline.takes_files() && files != nullptr && !files->empty() ? files : nullptr;
  };
  prepare(change, as_active, {});
  return finish(std::move(change));
}

void Engine::read_configuration(Change& change, const std::string& upgrade) {
  if (read_configuration_ == nullptr) {
    return;
  }
  Receipt& receipt = change.receipt;
  const Configuration running = configured();
  try {
    config::Config read = read_configuration_(*running, upgrade);
    for (const config::Difference& difference : config::differences(*running, read)) {
      if (difference.restart.empty()) {
        receipt.configuration.push_back(difference.text);
      } else {
        receipt.notes.push_back(fmt::format("{} takes a restart: {}", difference.text, difference.restart));
      }
    }
    std::ranges::move(config::replaced_files(*running, read), std::back_inserter(receipt.notes));
    if (read.pipelines.empty()) {
      receipt.error = "the configuration has no pipeline any more; an engine without one is stopped, not reloaded";
    }
    read.engine = config::without_restart(running->engine, read.engine);
    change.configured = std::make_shared<const config::Config>(std::move(read));
  } catch (const std::exception& error) {
    receipt.error = error.what();
  }
}

// For a change of all engines, which is about rules: each has a configuration of its own.
void Engine::note_configuration(Receipt& receipt) const {
  if (read_configuration_ == nullptr) {
    return;
  }
  const Configuration running = configured();
  try {
    std::string all;
    for (const config::Difference& difference : config::differences(*running, read_configuration_(*running, {}))) {
      all += (all.empty() ? "" : ", ") + difference.text;
    }
    if (!all.empty()) {
      receipt.notes.push_back(
          fmt::format("the configuration has changed too; a reload of this engine alone takes it: {}", all));
    }
  } catch (const std::exception& error) {
    receipt.notes.push_back(fmt::format("the configuration cannot be read now: {}", error.what()));
  }
}

// First what may fail, so that nothing else has to be taken back: what comes, then what changes. What goes drains at
// the end, when its successor runs.
void Engine::configure(Change& change) {
  if (change.configured == nullptr || change.receipt.configuration.empty()) {
    return;
  }
  struct Done {
    std::shared_ptr<Pipeline> pipeline;
    std::optional<Generation> before; // none: it came
    LiveRules rules;
  };
  std::vector<Done> done;
  const std::int64_t began = services_.clock.now_ns();
  const Configuration before = configured();
  const std::uint64_t share_before = worker_share(before->engine, workers_of(*before));
  const std::uint64_t share_after = worker_share(change.configured->engine, workers_of(*change.configured));
  // Some workers run beside those that they replace: until that is over, all of them keep to what leaves room for that.
  set_memory(std::min(worker_share(before->engine, most_workers(*before, *change.configured)), share_after));
  try {
    for (Planned& planned : change.plan) {
      if (planned.kind == Planned::kComes) {
        begin_pipeline(planned);
        done.push_back({planned.pipeline, {}, {}});
      }
    }
    for (std::size_t i = 0; i < change.plan.size(); ++i) {
      Planned& planned = change.plan[i];
      if (!planned.other) {
        continue;
      }
      const Generation was = planned.pipeline->generation();
      const LiveRules rules = planned.pipeline->rules();
      planned.pipeline->change(steps(), planned.routers->generation, *planned.routers);
      done.push_back({planned.pipeline, was, rules});
      if (Pipeline::replaces(was, planned.routers->generation)) { // its workers came with their routers
        planned.routers.reset();
        const std::int64_t now = services_.clock.time_us();
        for (const WorkerStatus& worker : planned.pipeline->status().workers) {
          change.receipt.pipelines[i].switched.push_back({worker.name, now});
        }
      }
      change.receipt.pipelines[i].phases.push_back({"configure", services_.clock.now_ns() - began});
      host::failpoint("configure");
    }
  } catch (const NotChanged& error) {
    change.receipt.error = error.what();
    for (auto one = done.rbegin(); one != done.rend(); ++one) {
      try {
        if (one->before) {
          one->pipeline->change(steps(), *one->before, one->rules);
        } else {
          end_pipeline(one->pipeline);
        }
      } catch (const NotChanged& again) {
        change.receipt.notes.push_back(again.what());
      }
    }
    set_memory(share_before);
    return;
  }
  for (const Planned& planned : change.plan) {
    if (planned.kind == Planned::kGoes) {
      end_pipeline(planned.pipeline);
    }
  }
  set_memory(share_after);
  {
    const std::lock_guard lock(mutex_);
    configured_ = change.configured;
  }
  if (configuration_taken_ != nullptr) {
    configuration_taken_(*change.configured);
  }
}

// In the list before it runs, so that it hears of the end of the engine.
void Engine::begin_pipeline(Planned& planned) {
  const std::shared_ptr<Pipeline>& pipeline = planned.pipeline;
  on_control([&] {
    {
      const std::lock_guard lock(mutex_);
      if (draining_) {
        throw NotChanged("the engine is stopping");
      }
      pipelines_.push_back(pipeline);
    }
    pipeline->start_on_trial();
  });
  try {
    pipeline->await_start(steps());
  } catch (const NotChanged&) {
    end_pipeline(pipeline);
    throw;
  }
}

// One that does not stop in time stays in the list, so that the engine does not end before it.
void Engine::end_pipeline(const std::shared_ptr<Pipeline>& pipeline) {
  pipeline->stop(steps());
  if (pipeline->stopped()) {
    const std::lock_guard lock(mutex_);
    std::erase(pipelines_, pipeline);
  }
}

Steps Engine::steps() {
  return {[this](const std::function<void()>& call) { on_control(call); },
          [this](const std::function<bool()>& done, std::int64_t deadline_ns) { return await(done, deadline_ns); }};
}

void Engine::on_control(const std::function<void()>& call) {
  std::packaged_task<void()> task(call);
  std::future<void> returned = task.get_future();
  later(0, [&task] { task(); });
  returned.get();
}

bool Engine::await(const std::function<bool()>& done, std::int64_t deadline_ns) {
  std::unique_lock lock(mutex_);
  while (!done()) {
    const std::int64_t left = deadline_ns - services_.clock.now_ns();
    if (draining_ || left <= 0) {
      return false;
    }
    state_changed_.wait_for(lock, std::chrono::nanoseconds(left));
  }
  return true;
}

void Engine::set_memory(std::uint64_t bytes) {
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    pipeline->set_memory(bytes);
  }
}

} // namespace millrace::runtime
