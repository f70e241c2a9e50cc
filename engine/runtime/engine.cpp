#include "engine/runtime/engine.hpp"

#include <millrace/ext/metrics.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <future>
#include <utility>

#include "engine/host/json.hpp"
#include "engine/modules/instance.hpp"
#include "engine/runtime/lane_thread.hpp"

namespace millrace::runtime {
namespace {

constexpr std::uint64_t kLeastMemory = 1u << 20;

std::uint64_t share_of(const config::Config& configured) {
  std::uint64_t workers = 0;
  for (const config::Pipeline& pipeline : configured.pipelines) {
    workers += pipeline.workers;
  }
  return std::max(kLeastMemory, configured.engine.memory_bytes / std::max<std::uint64_t>(1, workers));
}

} // namespace

Engine::Engine(config::Config configured, const host::Services& services)
    : configured_(std::move(configured)), services_(services) {
  const std::string owner = process_name(services_.clock);
  const std::uint64_t memory = share_of(configured_);
  for (const config::Pipeline& pipeline : configured_.pipelines) {
    pipelines_.push_back(std::make_unique<Pipeline>(
        pipeline, configured_.engine, memory, owner, services_,
        [this](std::int64_t delay_ns, std::function<void()> call) { later(delay_ns, std::move(call)); },
        [this](std::string why) { give_up(std::move(why)); }, [this] { changed(); }));
  }
  collector_ = services_.metrics.collect([this](host::MetricsPage& page) {
    page.sample(MR_GAUGE, "ready", "1 when every worker runs and nothing is broken.", {}, not_ready().empty() ? 1 : 0);
    for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
      pipeline->collect(page);
    }
  });
}

Engine::~Engine() {
  collector_.reset();
  control_.stop();
  if (thread_.joinable()) {
    thread_.join();
  }
  pipelines_.clear(); // joins their threads, which may still say that something changed
}

void Engine::create() {
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    pipeline->create();
  }
}

// The workers first: what is asked for meanwhile (a drain, a reload, a worker to be replaced) then finds all of them.
void Engine::start() {
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    pipeline->start();
  }
  thread_ = std::thread([this] {
    name_thread("control");
    control_.run();
  });
}

void Engine::later(std::int64_t delay_ns, std::function<void()> call) {
  if (delay_ns <= 0) {
    boost::asio::post(control_, std::move(call));
    return;
  }
  const auto timer = std::make_shared<boost::asio::steady_timer>(control_, std::chrono::nanoseconds(delay_ns));
  timer->async_wait([timer, call = std::move(call)](const boost::system::error_code& error) {
    if (!error) {
      call();
    }
  });
}

void Engine::drain() {
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
  }
  const std::int64_t deadline = services_.clock.now_ns() + configured_.engine.stop_deadline.count();
  later(0, [this, deadline] {
    for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
      pipeline->drain(deadline);
    }
    changed();
  });
}

void Engine::give_up(std::string why) {
  {
    const std::lock_guard lock(mutex_);
    if (draining_) {
      return;
    }
    refusal_ = std::move(why);
  }
  drain();
}

std::string Engine::refusal() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

void Engine::changed() {
  const std::lock_guard lock(mutex_);
  state_changed_.notify_all();
}

void Engine::wait() {
  const auto all = [this](bool (Pipeline::*is)() const) {
    return std::ranges::all_of(pipelines_, [is](const auto& pipeline) { return ((*pipeline).*is)(); });
  };
  bool finished = false;
  {
    std::unique_lock lock(mutex_);
    state_changed_.wait(lock, [&] {
      finished = !draining_ && all(&Pipeline::finished);
      return finished || all(&Pipeline::stopped);
    });
  }
  if (finished) {
    drain();
    std::unique_lock lock(mutex_);
    state_changed_.wait(lock, [&] { return all(&Pipeline::stopped); });
  }
}

std::vector<std::string> Engine::not_ready() const {
  std::vector<std::string> out;
  {
    const std::lock_guard lock(mutex_);
    if (draining_) {
      out.emplace_back("the engine is stopping");
    }
  }
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    std::ranges::move(pipeline->reasons(), std::back_inserter(out));
  }
  return out;
}

std::uint64_t Engine::failed_events() const {
  std::uint64_t sum = 0;
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    sum += pipeline->failed_events();
  }
  return sum;
}

std::string Engine::pipelines_json() const {
  host::JsonWriter json;
  json.begin_object().key("pipelines").begin_array();
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    json.raw(pipeline->status_json());
  }
  return json.end_array().end_object().text();
}

std::string Engine::rules_json() const {
  host::JsonWriter json;
  json.begin_object().key("pipelines").begin_array();
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    const Ruleset ruleset = pipeline->ruleset();
    json.begin_object().key("pipeline").value(pipeline->name()).key("hash").value(ruleset.hash);
    json.key("items").begin_array();
    for (const RulesetItem& item : ruleset.items) {
      json.begin_object()
          .key("kind")
          .value(item.kind)
          .key("name")
          .value(item.name)
          .key("hash")
          .value(item.hash)
          .end_object();
    }
    json.end_array().end_object();
  }
  return json.end_array().end_object().text();
}

Receipt Engine::reload(const std::string& asked_by) {
  const std::lock_guard one_at_a_time(reload_);
  const std::int64_t began = services_.clock.now_ns();
  Receipt receipt;
  receipt.asked_by = asked_by;
  receipt.at_us = services_.clock.time_us();
  std::vector<RouterSet> sets;
  prepare(sets, receipt);
  if (receipt.error.empty()) {
    swap(std::move(sets), receipt);
    receipt.accepted = true;
  }
  receipt.duration_us = (services_.clock.now_ns() - began) / 1000;
  return receipt;
}

// All pipelines or none: nothing is switched before each one has made and checked its routers.
void Engine::prepare(std::vector<RouterSet>& sets, Receipt& receipt) const {
  {
    const std::lock_guard lock(mutex_);
    if (draining_) {
      receipt.error = "the engine is stopping";
      return;
    }
  }
  for (const std::unique_ptr<Pipeline>& pipeline : pipelines_) {
    PipelineReceipt& of = receipt.pipelines.emplace_back();
    of.pipeline = pipeline->name();
    of.before = pipeline->ruleset();
    try {
      RouterSet set = pipeline->prepare();
      of.after = set.ruleset;
      of.diagnostics = set.diagnostics;
      Pipeline::Checked checked = pipeline->check_targets(set);
      if (!checked.errors.empty()) {
        of.error = "a target is not there or does not fit: " + checked.errors.front();
      }
      of.findings = std::move(checked.errors);
      std::ranges::move(checked.notes, std::back_inserter(of.findings));
      sets.push_back(std::move(set));
    } catch (const RouterRefused& refused) {
      of.error = refused.what();
      of.diagnostics = refused.diagnostics;
    } catch (const std::exception& error) {
      of.error = error.what();
    }
    if (!of.error.empty() && receipt.error.empty()) {
      receipt.error = of.error;
    }
  }
}

void Engine::swap(std::vector<RouterSet> sets, Receipt& receipt) {
  std::vector<std::future<std::vector<std::string>>> answers;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const auto promise = std::make_shared<std::promise<std::vector<std::string>>>();
    answers.push_back(promise->get_future());
    const auto set = std::make_shared<RouterSet>(std::move(sets[i]));
    later(0, [this, i, set, promise] {
      pipelines_[i]->swap(std::move(*set),
                          [promise](std::vector<std::string> switched) { promise->set_value(std::move(switched)); });
    });
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    receipt.pipelines[i].switched = answers[i].get();
  }
}

} // namespace millrace::runtime
