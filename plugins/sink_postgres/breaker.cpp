#include "plugins/sink_postgres/breaker.hpp"

namespace millrace::sink_postgres {

bool Breaker::allows(std::int64_t now_ns, std::uint64_t rows, std::uint64_t bad) {
  if (bad == 0) {
    return true;
  }
  forget(now_ns);
  const std::uint64_t all_bad = bad_ + bad;
  const std::uint64_t all_rows = rows_ + rows;
  if (limits_.bad_rows != 0 && all_bad > limits_.bad_rows) {
    return false;
  }
  return all_rows < kRowsForShare || static_cast<double>(all_bad) <= limits_.bad_share * static_cast<double>(all_rows);
}

void Breaker::record(std::int64_t now_ns, std::uint64_t rows, std::uint64_t bad) {
  forget(now_ns);
  rows_ += rows;
  bad_ += bad;
  constexpr std::int64_t kSlices = 60;
  if (!entries_.empty() && now_ns - entries_.back().at_ns < limits_.window_ns / kSlices) {
    entries_.back().rows += rows;
    entries_.back().bad += bad;
  } else {
    entries_.push_back({now_ns, rows, bad});
  }
}

void Breaker::forget(std::int64_t now_ns) {
  while (!entries_.empty() && now_ns - entries_.front().at_ns >= limits_.window_ns) {
    rows_ -= entries_.front().rows;
    bad_ -= entries_.front().bad;
    entries_.pop_front();
  }
}

} // namespace millrace::sink_postgres
