// A created plugin instance as it is handed to a worker, which starts, calls, stops and destroys it.
#pragma once

#include <millrace/plugin.h>

#include <memory>
#include <string>

#include "engine/flow/inbox.hpp"
#include "engine/flow/lane.hpp"

namespace millrace::flow {

struct Instance {
  const mr_plugin* plugin = nullptr;
  void* self = nullptr;
  std::string name;           // "sink.events": for blame, logs and headers
  std::shared_ptr<Port> port; // what its host hands the flow's calls to; the host holds it as well
  std::unique_ptr<Lane> lane; // null: the instance does not block and is called on the worker's own thread
  std::shared_ptr<void> keep; // whatever has to outlive `destroy`: host, configuration, module
};

} // namespace millrace::flow
