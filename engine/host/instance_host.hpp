// The mr_host of one instance: what a plugin may ask of the engine. It answers log, time, metrics, targets and streams
// itself, and hands the rest to the flow.
//
//   InstanceHost host({.kind = MR_SINK, .pipeline = "ingest", …}, services, {.flow = &port});
//   modules::Instance instance(plugin, host.abi(), values->root);
#pragma once

#include <millrace/plugin.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/host/clock.hpp"
#include "engine/host/flow_calls.hpp"
#include "engine/host/log.hpp"
#include "engine/host/metrics.hpp"
#include "engine/host/secrets.hpp"
#include "engine/host/streams.hpp"
#include "engine/host/targets.hpp"

namespace millrace::host {

struct Identity {
  std::uint32_t kind = 0; // MR_SOURCE, MR_ROUTER, MR_SINK
  std::string pipeline;   // "ingest"
  std::string instance;   // "sink.events"
  std::string worker;     // "ingest/0"
  std::string owner;      // unique for this process and worker
};

// Of the whole engine; outlives every host.
struct Services {
  const Clock& clock;
  Log& log;
  Metrics& metrics;
};

// Of one worker or pipeline; flow and streams outlive the host. Without a flow (check, apply: nothing runs) its calls
// are dropped.
struct Surroundings {
  FlowCalls* flow = nullptr;
  std::shared_ptr<Targets> targets; // routers name them, sinks say what is there
  Streams* streams = nullptr;       // sources
};

// An mr_diagnostic whose texts are its own.
struct Diagnostic {
  std::uint32_t severity = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string code;
  std::string file;
  std::string headline;
  std::string rendered;
};

// Lives from before create until after destroy, at one address.
class InstanceHost {
 public:
  InstanceHost(Identity identity, const Services& services, const Surroundings& surroundings, Secrets secrets = {});
  ~InstanceHost();
  InstanceHost(const InstanceHost&) = delete;
  InstanceHost& operator=(const InstanceHost&) = delete;

  const mr_host& abi() const { return abi_; }
  const Identity& identity() const { return identity_; }
  // For texts of the plugin that do not come through its host: an mr_error.
  std::string masked(std::string_view text) const { return secrets_.masked(text); }

  // Of a router's create.
  std::vector<Diagnostic> diagnostics() const;
  std::vector<std::string> declared_streams() const;

 private:
  struct Calls; // the C functions

  void log(std::uint32_t level, std::string_view sentence, std::span<const LogField> fields = {});
  // The plugin did what only another kind may do.
  void misused(std::string_view call, std::string_view whose);

  Identity identity_;
  const Services services_;
  const Surroundings surroundings_;
  Secrets secrets_;
  std::unique_ptr<Targets::Use> use_; // of a router with targets
  mr_host abi_{};
  mutable std::mutex mutex_; // of what follows
  std::vector<Diagnostic> diagnostics_;
  std::vector<std::string> declared_;
  std::set<std::uint32_t> metrics_; // handles that it gives back
};

} // namespace millrace::host
