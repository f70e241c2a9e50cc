// What a worker tells whoever runs it: for logs, health, histograms, and the decision what to do about a broken
// instance.
#pragma once

#include <millrace/plugin.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace millrace::flow {

enum class Role : std::uint8_t { kSource = 1, kRouter = 2, kSink = 3 };

// Called on the thread that steps the worker, from inside step(). Texts are valid within the call.
class Watcher {
 public:
  virtual ~Watcher() = default;

  // level: MR_LOG_*.
  virtual void log(std::uint32_t /*level*/, std::string_view /*instance*/, std::string_view /*text*/) {}
  // The instance broke the contract. The worker goes on as safely as it can.
  virtual void violation(std::string_view /*instance*/, std::string_view /*text*/) {}
  // A source or a router cannot start as it is configured, on this machine as it is: trying again alone does not help.
  // `broken` follows.
  virtual void refused(std::string_view /*instance*/, std::string_view /*text*/) {}
  // The instance is called no more, except to stop it. A sink may be replaced with swap_sink; a source or a router
  // cannot be gone on without: drain. `sink` is the sink's place in the pipeline, 0 for the others.
  virtual void broken(Role /*role*/, std::size_t /*sink*/, std::string_view /*instance*/, std::string_view /*text*/) {}
  // What the router is about to be asked about; readable within the call.
  virtual void routing(std::span<const mr_event* const> /*events*/) {}
  // From the first offer of a delivery until it was completed, once per attempt.
  virtual void delivered(std::size_t /*sink*/, std::int64_t /*latency_ns*/, std::size_t /*records*/) {}
  // From poll until settle.
  virtual void settled(std::int64_t /*latency_ns*/, std::size_t /*events*/) {}
};

} // namespace millrace::flow
