// When and in what company something is tried again. Pure: numbers in, numbers out.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/flow/settings.hpp"

namespace millrace::flow {

// From this attempt on a delivery holds one batch, so that what cannot be written does not take its neighbours along.
// From the fifth on a sink writes record by record, which is its own business.
inline constexpr std::uint32_t kAloneFrom = 3;

// splitmix64: small, seeded, the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }
  // Below `bound`, which is not 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

// How long to wait after the `failures`th failure in a row (from 1): doubling, capped, and drawn from its upper half,
// so that those who failed together do not come back together.
inline std::int64_t backoff(const BackoffSettings& settings, std::uint32_t failures, Random& random) {
  std::int64_t wait = settings.first_ns;
  for (std::uint32_t i = 1; i < failures && wait < settings.max_ns; ++i) {
    wait *= 2;
  }
  wait = std::max<std::int64_t>(std::min(wait, settings.max_ns), 2);
  return wait / 2 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(wait - wait / 2) + 1));
}

} // namespace millrace::flow
