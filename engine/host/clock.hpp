// Time as everything in the engine sees it, so that a test can hold it still.
#pragma once

#include <cstdint>

namespace millrace::host {

// Both may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual std::int64_t now_ns() const = 0;  // monotonic
  virtual std::int64_t time_us() const = 0; // UTC since 1970
};

// The machine's own.
class SystemClock final : public Clock {
 public:
  std::int64_t now_ns() const override;
  std::int64_t time_us() const override;
};

} // namespace millrace::host
