// Measuring one thread's processor time, several things in turn, so that the machine's ups and downs meet all of them.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace millrace::bench {

inline double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

inline double median(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

/// Seconds that one call takes.
template <typename Call>
double seconds_of(Call call) {
  const double start = processor_seconds();
  call();
  return processor_seconds() - start;
}

} // namespace millrace::bench
