// Interrupts an instance whose call does not come back in time, again and again until it does: one sent just before the
// call is lost.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/modules/instance.hpp"

namespace millrace::modules {

//   const Watch watch(instance, patience);
//   calls->check(instance.self(), …);
class Watch {
 public:
  // The instance outlives it.
  Watch(const Instance& instance, std::chrono::nanoseconds patience)
      : thread_([this, &instance, patience] {
          std::unique_lock lock(mutex_);
          std::chrono::nanoseconds wait = patience;
          while (!over_changed_.wait_for(lock, wait, [this] { return over_; })) {
            instance.interrupt();
            wait = kAgain;
          }
        }) {}
  ~Watch() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    over_changed_.notify_one();
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  static constexpr std::chrono::milliseconds kAgain{100};

  std::mutex mutex_;
  std::condition_variable over_changed_;
  bool over_ = false;
  std::thread thread_; // the last: it uses all of the others
};

} // namespace millrace::modules
