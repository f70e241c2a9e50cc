// Tells a service manager how the engine is: ready, reloading, stopping, one line for people, and again and again that
// it still turns. Without somebody who listens it does nothing.
//
// READY=1 comes as soon as the workers run, whether or not they reach what is outside: an engine whose broker is away
// works as it should, and must not be ended for it. What it waits for stands in STATUS=, and in /ready.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/host/clock.hpp"
#include "engine/host/notify.hpp"
#include "engine/runtime/engine.hpp"

namespace millrace::runtime {

class Service {
 public:
  // `watchdog`: within so long the manager wants to hear of it, or ends it. The engine and the clock outlive this.
  Service(Engine& engine, host::Notify notify, std::optional<std::chrono::nanoseconds> watchdog,
          const host::Clock& clock);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // The engine has started.
  void started();
  // [any] It ends, and needs up to so long for that. More than once is as once.
  void stopping(std::chrono::nanoseconds within);

 private:
  void run();

  Engine& engine_;
  const host::Notify notify_;
  const bool watched_;
  const std::chrono::nanoseconds every_; // from one look to the next
  std::string line_;                     // that was told last
  std::mutex mutex_;                     // guards what follows
  std::condition_variable ends_;
  bool ending_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace millrace::runtime
