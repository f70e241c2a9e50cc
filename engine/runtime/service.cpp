#include "engine/runtime/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/runtime/lane_thread.hpp"

namespace millrace::runtime {
namespace {

constexpr std::chrono::nanoseconds kEvery = std::chrono::seconds(1);
constexpr std::chrono::seconds kMargin{15}; // to stop what is left after the deadline

// "ready: 4 workers of 2 pipelines", or the first reason why not.
std::string line_of(const Status& status) {
  if (!status.not_ready.empty()) {
    const std::size_t others = status.not_ready.size() - 1;
    return fmt::format("not ready: {}{}", status.not_ready.front(),
                       others == 0 ? std::string() : fmt::format(" (and {} more)", others));
  }
  std::size_t workers = 0;
  for (const PipelineStatus& pipeline : status.pipelines) {
    workers += pipeline.workers.size();
  }
  return fmt::format("ready: {} worker{} of {} pipeline{}", workers, workers == 1 ? "" : "s", status.pipelines.size(),
                     status.pipelines.size() == 1 ? "" : "s");
}

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::int64_t microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

// The time has to be that of the manager's clock, which the monotonic one is.
std::string text_of_change(bool begins, const host::Clock& clock) {
  return begins ? fmt::format("RELOADING=1\nMONOTONIC_USEC={}", microseconds(std::chrono::nanoseconds(clock.now_ns())))
                : "READY=1";
}

} // namespace

Service::Service(Engine& engine, host::Notify notify, std::optional<std::chrono::nanoseconds> watchdog,
                 const host::Clock& clock)
    : engine_(engine),
      notify_(std::move(notify)),
      watched_(watchdog.has_value()),
      every_(watchdog ? std::min(kEvery, *watchdog / 3) : kEvery) {
  if (notify_.listened()) {
    // A change may be under way when this is gone already.
    engine_.tell_changes([told = notify_, &clock](bool begins) { told.send(text_of_change(begins, clock)); });
  }
}

Service::~Service() {
  if (!thread_.joinable()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ends_.notify_all();
  thread_.join();
}

void Service::started() {
  if (!notify_.listened()) {
    return;
  }
  notify_.send("READY=1");
  thread_ = std::thread([this] {
    name_thread("service");
    run();
  });
}

void Service::stopping(std::chrono::nanoseconds within) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(stopping_, true)) {
    notify_.send(fmt::format("STOPPING=1\nEXTEND_TIMEOUT_USEC={}", microseconds(within + kMargin)));
  }
}

void Service::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    if (watched_ && engine_.turns()) {
      notify_.send("WATCHDOG=1");
    }
    if (std::string line = one_line(line_of(engine_.status())); line != line_ && notify_.send("STATUS=" + line)) {
      line_ = std::move(line);
    }
    lock.lock();
    ends_.wait_for(lock, every_, [this] { return ending_; });
  }
}

} // namespace millrace::runtime
