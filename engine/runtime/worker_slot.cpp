#include "engine/runtime/worker_slot.hpp"

#include <millrace/ext/metrics.h>

#include <algorithm>
#include <array>
#include <utility>

namespace millrace::runtime {
namespace {

constexpr std::array<double, 14> kSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                          0.1,    0.25,  0.5,    1,     2.5,  10,    60};

double seconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-9; }

} // namespace

WorkerSlot::WorkerSlot(std::string pipeline, std::size_t index, Generation generation, host::Log& log,
                       host::Metrics& metrics, const host::Clock& clock, Sampler& sampler, SlotOrders orders)
    : name_(pipeline + "/" + std::to_string(index)),
      index_(index),
      log_(log),
      metrics_(metrics),
      clock_(clock),
      sampler_(sampler),
      orders_(std::move(orders)),
      generation_(std::move(generation)) {
  const host::Labels of_worker{{"pipeline", pipeline}, {"worker", name_}};
  settled_ = metrics_.metric(MR_HISTOGRAM, "settle_seconds", "From poll to settle of a batch.", of_worker, kSeconds);
  for (const config::Instance& sink : generation_.configured->sinks) {
    host::Labels labels = of_worker;
    labels.emplace_back("instance", sink.label());
    delivered_.push_back(metrics_.metric(MR_HISTOGRAM, "delivery_seconds",
                                         "From the offer of a delivery to its completion, each attempt.", labels,
                                         kSeconds));
  }
}

WorkerSlot::~WorkerSlot() {
  join();
  metrics_.release(settled_);
  for (const std::uint32_t handle : delivered_) {
    metrics_.release(handle);
  }
}

Generation WorkerSlot::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

void WorkerSlot::set_generation(Generation generation) {
  const std::lock_guard lock(mutex_);
  generation_ = std::move(generation);
}

std::optional<std::string> WorkerSlot::verdict() const {
  const flow::WorkerState now = state();
  const std::lock_guard lock(mutex_);
  if (broken() || now == flow::WorkerState::kStopped) {
    return trouble_.empty() ? "it has stopped" : trouble_;
  }
  if (!broken_sinks_.empty()) {
    return broken_sinks_.begin()->second;
  }
  return now == flow::WorkerState::kRunning || now == flow::WorkerState::kFinished ? std::optional(std::string())
                                                                                   : std::nullopt;
}

std::shared_ptr<flow::Inbox> WorkerSlot::fresh_inbox() {
  const auto fresh = std::make_shared<WorkerThread>(name_, clock_);
  std::shared_ptr<WorkerThread> old; // joined outside of the lock
  {
    const std::lock_guard lock(mutex_);
    before_ += totals_now();
    old = std::exchange(thread_, fresh);
    runs_ = false;
  }
  return fresh->inbox();
}

void WorkerSlot::run(std::unique_ptr<flow::Worker> worker) {
  std::shared_ptr<WorkerThread> thread;
  {
    const std::lock_guard lock(mutex_);
    thread = thread_;
  }
  // Only now: an attempt to build a worker that fails leaves the slot as stopped and broken as it was.
  state_.store(flow::WorkerState::kStarting);
  broken_.store(false);
  {
    const std::lock_guard lock(mutex_);
    broken_sinks_.clear();
  }
  thread->start(std::move(worker), [this](flow::WorkerState state) { state_changed(state); });
  const std::lock_guard lock(mutex_);
  runs_ = true;
}

void WorkerSlot::drain(std::int64_t deadline_ns) const {
  if (const auto thread = running()) {
    thread->worker().drain(deadline_ns);
  }
}

void WorkerSlot::join() {
  std::shared_ptr<WorkerThread> old;
  const std::lock_guard lock(mutex_);
  old.swap(thread_);
  runs_ = false;
}

std::shared_ptr<WorkerThread> WorkerSlot::running() const {
  const std::lock_guard lock(mutex_);
  return runs_ ? thread_ : nullptr;
}

Totals WorkerSlot::totals() const {
  const std::lock_guard lock(mutex_);
  Totals out = before_;
  out += totals_now();
  return out;
}

Totals WorkerSlot::totals_now() const { return runs_ ? totals_of(thread_->worker().counters()) : Totals(); }

std::optional<Trouble> WorkerSlot::last_trouble() const {
  const std::lock_guard lock(mutex_);
  return last_trouble_;
}

void WorkerSlot::note_trouble(std::string_view instance, std::string_view text) {
  trouble_ = std::string(instance) + ": " + std::string(text);
  last_trouble_ = Trouble{clock_.time_us(), trouble_};
}

std::shared_ptr<flow::Inbox> WorkerSlot::inbox() const {
  const std::lock_guard lock(mutex_);
  return thread_ == nullptr ? nullptr : thread_->inbox();
}

std::vector<std::string> WorkerSlot::reasons() const {
  const std::lock_guard lock(mutex_);
  switch (state()) {
    case flow::WorkerState::kRunning:
    case flow::WorkerState::kFinished:
      break;
    case flow::WorkerState::kStarting:
      return {name_ + " is starting" + (trouble_.empty() ? "" : ": " + trouble_)};
    case flow::WorkerState::kDraining:
    case flow::WorkerState::kStopping:
      return {name_ + " is stopping" + (broken() ? ": " + trouble_ : "")};
    case flow::WorkerState::kStopped:
      return {name_ + " has stopped" + (broken() ? ": " + trouble_ : "")};
  }
  if (broken()) {
    return {name_ + ": " + trouble_};
  }
  std::vector<std::string> out;
  for (const auto& [sink, why] : broken_sinks_) {
    out.push_back(name_ + ": " + why);
  }
  return out;
}

bool WorkerSlot::broken_sink(std::size_t sink) const {
  const std::lock_guard lock(mutex_);
  return broken_sinks_.contains(sink);
}

void WorkerSlot::mended_sink(std::size_t sink) {
  const std::lock_guard lock(mutex_);
  broken_sinks_.erase(sink);
}

void WorkerSlot::not_rebuilt(std::string_view why) {
  {
    const std::lock_guard lock(mutex_);
    trouble_ = "it cannot be built anew: " + std::string(why);
  }
  log_.write(MR_LOG_ERROR, {name_, ""}, "a worker cannot be built anew", {{"reason", why}});
}

std::int64_t WorkerSlot::next_wait_ns() {
  const std::lock_guard lock(mutex_);
  const std::int64_t first = generation_.configured->retry_first.count(); // without the jitter: there is one of it
  const std::int64_t most = generation_.configured->retry_most.count();
  const std::int64_t now = clock_.now_ns();
  const bool calm = now - waited_at_ns_ > 4 * most; // it ran well for a while
  wait_ns_ = wait_ns_ == 0 || calm ? first : std::min(2 * wait_ns_, most);
  waited_at_ns_ = now;
  return wait_ns_;
}

void WorkerSlot::log(std::uint32_t level, std::string_view instance, std::string_view text) {
  if (level >= MR_LOG_WARN) {
    const std::lock_guard lock(mutex_);
    note_trouble(instance, text);
  }
  log_.write(level, {name_, instance}, text);
}

void WorkerSlot::violation(std::string_view instance, std::string_view text) {
  log_.write(MR_LOG_ERROR, {name_, instance}, "the plugin broke the contract", {{"what", text}});
}

void WorkerSlot::refused(std::string_view instance, std::string_view text) {
  if (!ran_.load() && in_place()) {
    orders_.give_up(std::string(instance) + " of " + name_ + " cannot start: " + std::string(text));
  }
}

void WorkerSlot::broken(flow::Role role, std::size_t sink, std::string_view instance, std::string_view text) {
  {
    const std::lock_guard lock(mutex_);
    trouble_ = std::string(instance) + " is broken: " + std::string(text);
    last_trouble_ = Trouble{clock_.time_us(), trouble_};
    if (role == flow::Role::kSink) {
      broken_sinks_[sink] = trouble_;
    }
  }
  log_.write(MR_LOG_ERROR, {name_, instance}, "an instance is broken", {{"reason", text}});
  if (role == flow::Role::kSink) {
    orders_.replace_sink(weak_from_this(), sink);
    orders_.changed();
    return;
  }
  broken_.store(true);
  orders_.drain(weak_from_this()); // what is not settled is abandoned and read again by the next one
}

void WorkerSlot::delivered(std::size_t sink, std::int64_t latency_ns, std::size_t /*records*/) {
  metrics_.add(delivered_[sink], seconds(latency_ns));
}

void WorkerSlot::settled(std::int64_t latency_ns, std::size_t /*events*/) {
  metrics_.add(settled_, seconds(latency_ns));
}

void WorkerSlot::state_changed(flow::WorkerState state) {
  state_.store(state);
  if (state == flow::WorkerState::kRunning) {
    ran_.store(true);
    const std::lock_guard lock(mutex_);
    trouble_.clear();
  }
  if (state == flow::WorkerState::kStopped && broken()) {
    orders_.rebuild(weak_from_this());
  }
  orders_.changed();
}

} // namespace millrace::runtime
