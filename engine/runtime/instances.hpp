// Makes instances out of their configuration: host, create, and what has to outlive them. Starting them is the flow's
// part.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/config.hpp"
#include "engine/flow/instance.hpp"
#include "engine/host/instance_host.hpp"
#include "engine/runtime/rules_files.hpp"

namespace millrace::runtime {

// An instance that was created and that nobody runs yet: it is destroyed with this object unless it is taken.
class Created {
 public:
  // Calls create. Throws modules::CreateError, whose text names instance and plugin and has no secret in it.
  // `port` may be null: nothing runs (check).
  Created(const config::Instance& configured, host::Identity identity, const host::Services& services,
          host::Surroundings surroundings, std::shared_ptr<flow::Port> port);
  // Calls create_from: a router of files as they were.
  Created(const RulesFiles& files, const config::Instance& configured, host::Identity identity,
          const host::Services& services, host::Surroundings surroundings, std::shared_ptr<flow::Port> port);
  // Calls twin: one more router with the ruleset of `model`, of the same configuration.
  Created(const Created& model, const config::Instance& configured, host::Identity identity,
          const host::Services& services, host::Surroundings surroundings, std::shared_ptr<flow::Port> port);
  ~Created();
  Created(Created&& other) noexcept;
  Created& operator=(Created&&) = delete;

  const mr_plugin& table() const { return *instance_.plugin; }
  void* self() const { return instance_.self; }
  const host::InstanceHost& host() const { return *host_; }
  // nullptr: not supported.
  template <class Calls>
  const Calls* extension(const char* id) const {
    return static_cast<const Calls*>(table().extension(id));
  }

  // Hands it over to a worker, with a lane of its own if it blocks.
  flow::Instance take() &&;

 private:
  // `make` is create or twin, as `call` says.
  Created(std::string_view call, const std::function<mr_status(const mr_host&, void** self, mr_error&)>& make,
          const config::Instance& configured, host::Identity identity, const host::Services& services,
          host::Surroundings surroundings, std::shared_ptr<flow::Port> port);

  std::shared_ptr<host::InstanceHost> host_;
  flow::Instance instance_;
};

// What went wrong in a router's create beyond its one sentence.
class RouterRefused : public std::runtime_error {
 public:
  RouterRefused(const std::string& what, std::vector<host::Diagnostic> found)
      : std::runtime_error(what), diagnostics(std::move(found)) {}
  std::vector<host::Diagnostic> diagnostics;
};

// "hostname:pid:start": unique for this process, also after a restart with the same pid.
std::string process_name(const host::Clock& clock);

} // namespace millrace::runtime
