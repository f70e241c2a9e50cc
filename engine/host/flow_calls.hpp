// The calls of an mr_host that belong to the movement of events: a Host answers everything else itself and hands these
// on. One object per instance; it is made before the instance is created and outlives its `destroy`.
#pragma once

#include <millrace/plugin.h>

#include <cstddef>
#include <cstdint>

namespace millrace::host {

// Every function may be called from any thread, also from inside a plugin's own call; none blocks or calls back.
// Arguments are those of plugin.h and claims.h, valid within the call: what is kept is copied.
class FlowCalls {
 public:
  virtual ~FlowCalls() = default;

  // Sources. `at_ns` is of the clock that the worker is stepped with, which is the host's now_ns.
  virtual void wake(std::int64_t at_ns) noexcept = 0;
  virtual void claim(mr_str stream, std::int32_t partition, std::uint64_t own, std::uint64_t own_mark) noexcept = 0;
  virtual void release(mr_str stream, std::int32_t partition, bool lost) noexcept = 0;

  // Routers. Called for each target that host->target granted to this instance, before it returns the id (once more for
  // the same id is harmless). `target` is the registry's own copy: it outlives the worker, and its `sink` is filled in.
  virtual void named(std::uint32_t id, const mr_target& target) noexcept = 0;

  // Sinks.
  virtual void complete(std::uint64_t delivery, std::uint32_t rest, const mr_outcome* outcomes, std::size_t count,
                        const mr_error* error) noexcept = 0;

  // Any kind.
  virtual void failed(const mr_error& error) noexcept = 0;
};

} // namespace millrace::host
