// Events and bytes in flight, out of one ceiling. Pure.
#pragma once

#include <millrace/plugin.h>

#include <cassert>
#include <cstdint>

namespace millrace::flow {

class Credit {
 public:
  Credit(std::uint64_t max_events, std::uint64_t max_bytes) : max_events_(max_events), max_bytes_(max_bytes) {}

  // What a source may hand in now; events 0: nothing. A batch may be larger than what is left, since its first event
  // always may: the next one waits until that is made good.
  mr_budget left() const {
    if (events_ >= max_events_ || bytes_ >= max_bytes_) {
      return {0, 0};
    }
    return {max_events_ - events_, max_bytes_ - bytes_};
  }

  void take(std::uint64_t events, std::uint64_t bytes) {
    events_ += events;
    bytes_ += bytes;
  }
  void give_back(std::uint64_t events, std::uint64_t bytes) {
    assert(events <= events_ && bytes <= bytes_);
    events_ -= events;
    bytes_ -= bytes;
  }

  // What a router may take for its output, if `unrouted_bytes` in flight belong to batches that wait for it. If there
  // is nobody else whose end would make room it may have what it needs, or nothing would ever move.
  std::uint64_t for_output(std::uint64_t unrouted_bytes) const {
    if (unrouted_bytes >= bytes_) {
      return UINT64_MAX;
    }
    return bytes_ >= max_bytes_ ? 0 : max_bytes_ - bytes_;
  }

  std::uint64_t events() const { return events_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t max_events_;
  std::uint64_t max_bytes_;
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
};

} // namespace millrace::flow
