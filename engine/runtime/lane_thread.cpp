#include "engine/runtime/lane_thread.hpp"

#include <pthread.h>

#include <utility>

namespace millrace::runtime {

LaneThread::LaneThread(const std::string& name)
    : thread_([this, name] {
        name_thread(name);
        loop();
      }) {}

LaneThread::~LaneThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LaneThread::run(std::function<void()> call) {
  {
    const std::lock_guard lock(mutex_);
    call_ = std::move(call);
  }
  changed_.notify_one();
}

void LaneThread::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return call_ != nullptr || ending_; });
    if (call_ == nullptr) {
      return;
    }
    const std::function<void()> call = std::exchange(call_, nullptr);
    lock.unlock();
    call();
    lock.lock();
  }
}

void name_thread(const std::string& name) { ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str()); }

} // namespace millrace::runtime
