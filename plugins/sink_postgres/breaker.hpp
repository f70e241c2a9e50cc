// Stops the dead-lettering of rows when too many of them are bad: then it is not the rows that are wrong. Counts what
// was stored and what was refused within a sliding window; the clock is the caller's.
#pragma once

#include <cstdint>
#include <deque>

namespace millrace::sink_postgres {

struct BreakerLimits {
  std::int64_t window_ns = 60'000'000'000;
  std::uint64_t bad_rows = 100; // 0: no limit
  double bad_share = 0.05;      // of all rows in the window; 1: no limit
};

class Breaker {
 public:
  explicit Breaker(BreakerLimits limits) : limits_(limits) {}

  // Whether a delivery with so many rows, so many of them bad, may still be committed.
  bool allows(std::int64_t now_ns, std::uint64_t rows, std::uint64_t bad);
  // It was committed.
  void record(std::int64_t now_ns, std::uint64_t rows, std::uint64_t bad);

  const BreakerLimits& limits() const noexcept { return limits_; }

  // Below so many rows in the window a share says nothing: one bad row of two would be half of all.
  static constexpr std::uint64_t kRowsForShare = 1'000;

 private:
  struct Entry {
    std::int64_t at_ns;
    std::uint64_t rows;
    std::uint64_t bad;
  };
  void forget(std::int64_t now_ns);

  BreakerLimits limits_;
  std::deque<Entry> entries_; // at most one per 1/60 of the window
  std::uint64_t rows_ = 0;
  std::uint64_t bad_ = 0;
};

} // namespace millrace::sink_postgres
