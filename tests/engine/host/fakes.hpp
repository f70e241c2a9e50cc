// A clock that stands still, and short ways to write the contract's structs.
#pragma once

#include <millrace/plugin.h>

#include <string_view>

#include "engine/host/clock.hpp"

namespace millrace::host {

class StillClock final : public Clock {
 public:
  std::int64_t now_ns() const override { return now; }
  std::int64_t time_us() const override { return time; }

  std::int64_t now = 1'000'000'000;
  std::int64_t time = 1'789'000'000'123'456; // 2026-09-10T00:26:40.123456Z
};

inline mr_str str(std::string_view text) { return {text.data(), text.size()}; }

inline mr_target messages_to(std::string_view name, std::string_view sink = {}) {
  mr_target target{};
  target.name = str(name);
  target.sink = sink.empty() ? mr_str{} : str(sink);
  target.form = MR_MESSAGES;
  return target;
}

} // namespace millrace::host
