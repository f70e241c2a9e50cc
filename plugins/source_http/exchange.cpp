#include "plugins/source_http/exchange.hpp"

#include <utility>

namespace millrace::source_http {

void Exchange::offer(Request& request) {
  request.stage.store(Stage::kOffered, std::memory_order_relaxed);
  bool wake = false;
  {
    const std::lock_guard lock(offers_mutex_);
    offers_.push_back(&request);
    wake = std::exchange(engine_waits_, false);
  }
  if (wake) {
    wake_engine_();
  }
}

void Exchange::end() {
  {
    const std::lock_guard lock(offers_mutex_);
    if (std::exchange(ended_, true)) {
      return;
    }
    engine_waits_ = false;
  }
  wake_engine_();
}

void Exchange::take_answers(std::vector<Request*>& into) {
  const std::lock_guard lock(answers_mutex_);
  answers_.swap(into);
  io_woken_ = false;
}

bool Exchange::take(std::vector<Request*>& into) {
  const std::lock_guard lock(offers_mutex_);
  if (offers_.empty()) {
    engine_waits_ = true;
    return false;
  }
  offers_.swap(into);
  return true;
}

bool Exchange::ended() const {
  const std::lock_guard lock(offers_mutex_);
  return ended_ && offers_.empty();
}

void Exchange::give_back(Request& request) {
  bool wake = false;
  {
    const std::lock_guard lock(answers_mutex_);
    answers_.push_back(&request);
    wake = !std::exchange(io_woken_, true);
  }
  if (wake) {
    wake_io_();
  }
}

} // namespace millrace::source_http
