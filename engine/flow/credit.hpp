// Events and bytes in flight, out of one ceiling. Of the ceiling some is kept for what a router makes of the events
// that wait for it, by what it made of earlier ones: a source that used up all of it would stop the router. Pure.
#pragma once

#include <millrace/plugin.h>

#include <algorithm>
#include <cassert>
#include <cstdint>

namespace millrace::flow {

class Credit {
 public:
  Credit(std::uint64_t max_events, std::uint64_t max_bytes) : max_events_(max_events), max_bytes_(max_bytes) {}

  // A lower ceiling than what is in flight lets nothing new in until it is kept.
  void set_ceiling(std::uint64_t max_events, std::uint64_t max_bytes) {
    max_events_ = max_events;
    max_bytes_ = max_bytes;
  }

  // What a source may hand in now; events 0: nothing. A batch may be larger than what is left, since its first event
  // always may: the next one waits until that is made good.
  mr_budget left() const {
    const std::uint64_t used = bytes_ + reserved_;
    if (events_ >= max_events_ || used >= max_bytes_) {
      return {0, 0};
    }
    return {max_events_ - events_, std::max<std::uint64_t>(1, (max_bytes_ - used) * 1000 / (1000 + output_permille_))};
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

  // What a router is expected to make of events of that many bytes.
  std::uint64_t expected_output(std::uint64_t bytes) const { return bytes * output_permille_ / 1000; }
  // What it made of the last ones. The mean moves an eighth of the way towards it.
  void learn(std::uint64_t bytes, std::uint64_t output) {
    if (bytes > 0) {
      const std::uint64_t seen = std::min<std::uint64_t>(output * 1000 / bytes, kMostPermille);
      output_permille_ = (7 * output_permille_ + seen + 7) / 8;
    }
  }
  // For the output of events that were taken and are not routed yet.
  void reserve(std::uint64_t bytes) { reserved_ += bytes; }
  void unreserve(std::uint64_t bytes) {
    assert(bytes <= reserved_);
    reserved_ -= bytes;
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
  static constexpr std::uint64_t kMostPermille = 16'000;

  std::uint64_t max_events_;
  std::uint64_t max_bytes_;
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t reserved_ = 0;
  std::uint64_t output_permille_ = 0; // bytes of output for a thousand bytes of events
};

} // namespace millrace::flow
