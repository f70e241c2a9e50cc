// Runs one flow::Worker: a thread with an event loop of its own that steps the worker when it is due or notified.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "engine/flow/worker.hpp"
#include "engine/host/clock.hpp"
#include "engine/runtime/turning.hpp"

namespace millrace::runtime {

class WorkerThread {
 public:
  // The inbox exists before the worker, since hosts need its ports; start() takes the finished worker over.
  WorkerThread(std::string name, const host::Clock& clock);
  // The worker has stopped by then, or was never started.
  ~WorkerThread();
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  const std::shared_ptr<flow::Inbox>& inbox() const { return inbox_; }
  const std::string& name() const { return name_; }

  // `changed` is called on the worker's thread whenever its state became another one; with kStopped for the last time.
  void start(std::unique_ptr<flow::Worker> worker, std::function<void(flow::WorkerState)> changed);

  // [any], after start.
  flow::Worker& worker() { return *worker_; }
  const flow::Worker& worker() const { return *worker_; }
  // [any] Whether its loop came round since this was asked last. What a plugin does on a lane does not hold it up.
  bool turns() { return turning_.ask(loop_); }

 private:
  void notify();
  void step();

  const std::string name_;
  const host::Clock& clock_;
  Turning turning_;
  boost::asio::io_context loop_{1};
  boost::asio::steady_timer timer_{loop_};
  std::atomic<bool> posted_ = false; // a step is on its way through the loop
  std::shared_ptr<flow::Inbox> inbox_;
  std::unique_ptr<flow::Worker> worker_;
  std::function<void(flow::WorkerState)> changed_;
  flow::WorkerState state_ = flow::WorkerState::kStarting;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  std::thread thread_;
};

} // namespace millrace::runtime
