// Where the I/O thread and the engine's calls meet: complete requests go one way, settled ones the other. Both ways a
// burst costs one wake-up.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "plugins/source_http/request.hpp"

namespace millrace::source_http {

class Exchange {
 public:
  // wake_engine: called from the I/O thread when the engine found nothing and now there is something. wake_io: called
  // from the engine's calls when the I/O thread has taken all answers and now there is one. Neither blocks.
  Exchange(std::function<void()> wake_engine, std::function<void()> wake_io)
      : wake_engine_(std::move(wake_engine)), wake_io_(std::move(wake_io)) {}

  // I/O thread
  void offer(Request& request);
  // Nothing will be offered any more.
  void end();
  // Settled requests, and withdrawn ones that the engine came across. Swaps with `into`, which is empty.
  void take_answers(std::vector<Request*>& into);

  // The engine's calls. False: there is nothing, and wake_engine will be called when there is.
  bool take(std::vector<Request*>& into);
  // True when nothing is there and nothing will come.
  bool ended() const;
  void give_back(Request& request);

 private:
  const std::function<void()> wake_engine_;
  const std::function<void()> wake_io_;
  mutable std::mutex offers_mutex_; // guards the next three
  std::vector<Request*> offers_;
  bool engine_waits_ = true;
  bool ended_ = false;
  std::mutex answers_mutex_; // guards the next two
  std::vector<Request*> answers_;
  bool io_woken_ = false;
};

} // namespace millrace::source_http
