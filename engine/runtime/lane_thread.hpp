// A lane as production has it: one thread for the [serial] calls of one instance that blocks.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "engine/flow/lane.hpp"

namespace millrace::runtime {

class LaneThread final : public flow::Lane {
 public:
  // The name shows up in debuggers and `top -H`; the system keeps its first 15 characters.
  explicit LaneThread(const std::string& name);
  // Joins; no call is running then (see flow::Lane).
  ~LaneThread() override;

  void run(std::function<void()> call) override;

 private:
  void loop();

  std::mutex mutex_; // guards what follows
  std::condition_variable changed_;
  std::function<void()> call_; // empty: nothing to do
  bool ending_ = false;
  std::thread thread_;
};

// Gives the calling thread a name.
void name_thread(const std::string& name);

} // namespace millrace::runtime
