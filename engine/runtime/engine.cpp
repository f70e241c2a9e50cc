// The life of the engine: its pipelines are created, run, are looked at, and drain. What changes them is in
// engine_change.cpp and engine_configure.cpp, what it tells of itself in engine_answers.cpp.
#include "engine/runtime/engine.hpp"

#include <fmt/format.h>
#include <millrace/ext/metrics.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "engine/runtime/lane_thread.hpp"

namespace millrace::runtime {
namespace {

constexpr std::chrono::nanoseconds kMeasureEvery = std::chrono::seconds(1);

} // namespace

Engine::Engine(config::Config configured, const host::Services& services, History* history)
    : services_(services),
      history_(history),
      owner_(process_name(services_.clock)),
      configured_(std::make_shared<const config::Config>(std::move(configured))) {
  const std::shared_ptr<const config::Engine> engine(configured_, &configured_->engine);
  const std::uint64_t memory = worker_share(*engine, workers_of(*configured_));
  for (const config::Pipeline& pipeline : configured_->pipelines) {
    pipelines_.push_back(make_pipeline(pipeline, engine, memory));
  }
  collector_ = services_.metrics.collect([this](host::MetricsPage& page) {
    page.sample(MR_GAUGE, "ready", "1 when every worker runs and nothing is broken.", {}, not_ready().empty() ? 1 : 0);
    for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
      pipeline->collect(page);
    }
  });
}

std::shared_ptr<Pipeline> Engine::make_pipeline(const config::Pipeline& configured,
                                                std::shared_ptr<const config::Engine> engine, std::uint64_t memory) {
  return std::make_shared<Pipeline>(
      configured, std::move(engine), memory, owner_, services_,
      [this](std::int64_t delay_ns, std::function<void()> call) { later(delay_ns, std::move(call)); },
      [this](std::string why) { give_up(std::move(why)); }, [this] { changed(); });
}

Engine::~Engine() {
  joined_.store(nullptr);
  council_.reset(); // may be in the middle of a change
  collector_.reset();
  control_.stop();
  if (thread_.joinable()) {
    thread_.join();
  }
  pipelines_.clear(); // joins their threads, which may still say that something changed
}

Engine::Configuration Engine::configured() const {
  const std::lock_guard lock(mutex_);
  return configured_;
}

Engine::Pipelines Engine::pipelines() const {
  const std::lock_guard lock(mutex_);
  return pipelines_;
}

void Engine::create() {
  const bool from_last = configured()->engine.start_with == config::StartWith::kLast && history_ != nullptr;
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    const std::optional<std::string> last = last_active(*pipeline);
    const std::optional<RulesFiles> files =
        last && from_last && pipeline->takes_files() ? history_->files(pipeline->name(), *last) : std::nullopt;
    try {
      pipeline->create(files ? &*files : nullptr);
    } catch (const RouterRefused& refused) {
      throw files ? RouterRefused(fmt::format("{}\nthese are the files of ruleset {}, which was active last; "
                                              "start_with = \"files\" begins with those on disk",
                                              refused.what(), *last),
                                  refused.diagnostics)
                  : refused;
    }
    tell_start(*pipeline, last, files.has_value());
  }
}

std::optional<std::string> Engine::last_active(const Pipeline& pipeline) const {
  const auto last =
      history_ == nullptr ? std::vector<History::Activation>() : history_->activations(pipeline.name(), 1);
  return last.empty() ? std::nullopt : std::optional(last.front().hash);
}

// Says which ruleset it begins with: after a rollback the files on disk are another one.
void Engine::tell_start(const Pipeline& pipeline, const std::optional<std::string>& last, bool kept) const {
  const std::string now = pipeline.ruleset().hash;
  const host::LogSource source{pipeline.name(), ""};
  if (last && *last != now) {
    services_.log.write(MR_LOG_WARN, source, "begins with the rules files, which are not what was active last",
                        {{"ruleset", now}, {"last", *last}});
  } else if (!now.empty()) {
    services_.log.write(MR_LOG_INFO, source,
                        kept ? "begins with the ruleset that was active last" : "begins with the rules files",
                        {{"ruleset", now}});
  }
}

// The workers first: what is asked for meanwhile (a drain, a reload, a worker to be replaced) then finds all of them.
void Engine::start() {
  record_start();
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    pipeline->start();
  }
  later(0, [this] { measure(); });
  thread_ = std::thread([this] {
    name_thread("control");
    control_.run();
  });
}

// The first receipt of a process: what it began with.
void Engine::record_start() const {
  if (history_ == nullptr) {
    return;
  }
  Receipt receipt = begin({"start", {}}, "start");
  receipt.accepted = true;
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    PipelineReceipt& of = receipt.pipelines.emplace_back();
    of.pipeline = pipeline->name();
    of.before.hash = last_active(*pipeline).value_or("");
    of.after = pipeline->ruleset();
  }
  keep(receipt, std::chrono::nanoseconds(0));
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
  const std::int64_t deadline = services_.clock.now_ns() + configured()->engine.stop_deadline.count();
  later(0, [this, deadline] {
    for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
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
  const auto all = [this](bool (Pipeline::*is)() const) { // with the lock
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
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    std::ranges::move(pipeline->reasons(), std::back_inserter(out));
  }
  return out;
}

std::uint64_t Engine::failed_events() const {
  std::uint64_t sum = 0;
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    sum += pipeline->failed_events();
  }
  return sum;
}

Status Engine::status() const {
  Status out;
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    out.pipelines.push_back(pipeline->status());
  }
  out.not_ready = not_ready();
  out.engine = owner_;
  out.engines = in_company(neighbours());
  return out;
}

bool Engine::turns() {
  bool all = turning_.ask(control_);
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    all = pipeline->turns() && all;
  }
  return all;
}

// Once a second, for as long as it runs.
void Engine::measure() {
  for (const std::shared_ptr<Pipeline>& pipeline : pipelines()) {
    pipeline->note_pace();
  }
  later(kMeasureEvery.count(), [this] { measure(); });
}

} // namespace millrace::runtime
