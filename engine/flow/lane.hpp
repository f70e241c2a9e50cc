// Where the [serial] calls of one blocking instance run: a thread of its own in production, a scheduled fake in a
// simulation.
#pragma once

#include <functional>

namespace millrace::flow {

class Lane {
 public:
  Lane() = default;
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  // Ends the lane. No call is running then: the worker gives a lane up only after its last call returned.
  virtual ~Lane() = default;

  // Runs `call` once, soon, and not inside this function. The worker never has a second call under way on the same
  // lane.
  virtual void run(std::function<void()> call) = 0;
};

} // namespace millrace::flow
