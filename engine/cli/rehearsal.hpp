// Everything of a configuration created and nothing started: what `check` and `apply` ask their questions of.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/config.hpp"
#include "engine/host/instance_host.hpp"
#include "engine/modules/instance.hpp"

namespace millrace::cli {

// An instance with the host that it was created with.
class Rehearsed {
 public:
  // `worker` is the index of the worker that it stands in for. Throws modules::CreateError; its text has no secret in
  // it.
  Rehearsed(const config::Instance& configured, const std::string& pipeline, std::size_t worker,
            const host::Services& services, const host::Surroundings& surroundings,
            std::vector<host::Diagnostic>& diagnostics);

  const modules::Instance& instance() const { return *instance_; }
  const host::InstanceHost& host() const { return *host_; }

 private:
  std::unique_ptr<host::InstanceHost> host_;
  std::shared_ptr<const config::Values> values_; // the plugin may keep views into them
  std::unique_ptr<modules::Instance> instance_;  // destroyed first
};

// What one instance said no to.
struct Refused {
  config::Place place; // of the instance in the configuration
  std::string text;
  bool plugin = false; // it failed, rather than that its configuration is wrong
};

// Bytes of a file of the router's.
struct Place {
  std::string file;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// One pipeline, created as a worker would: sinks, router, source.
class Rehearsal {
 public:
  Rehearsal(const config::Pipeline& pipeline, const host::Services& services);

  const config::Pipeline& pipeline() const { return pipeline_; }
  const std::vector<Refused>& refused() const { return refused_; }
  const std::vector<host::Diagnostic>& diagnostics() const { return diagnostics_; } // of the router
  // Empty when the router does not say, or was refused.
  const std::string& ruleset() const { return ruleset_; }
  std::size_t tests() const { return tests_; }
  std::vector<mr_target> targets() const;
  // Those of one sink, in the order in which the router named them.
  std::vector<mr_target> targets_of(const config::Instance& sink) const;

  // Where the router's files declare a target, and of it a column or property; or a stream, without a target. Nothing
  // where the router does not know it, or has no places/1.
  std::optional<Place> place_of(const mr_target* target, std::string_view item) const;

  // An instance of its own, to be asked a question that may block. Throws modules::CreateError.
  Rehearsed another(const config::Instance& configured, const host::Services& services) const;

 private:
  void create(const config::Instance& configured);
  // What one worker accepts, two may not: a file that each of them would write.
  void create_for_second_worker(const config::Instance& configured);

  const config::Pipeline& pipeline_;
  const host::Services services_;
  const std::shared_ptr<host::Targets> targets_;
  mutable host::Streams streams_;
  std::vector<Refused> refused_;
  std::vector<host::Diagnostic> diagnostics_;
  std::string ruleset_;
  std::size_t tests_ = 0;
  std::deque<Rehearsed> instances_;
  const Rehearsed* router_ = nullptr; // one of them; none: it was refused
};

// What check/1 or apply/1 said of one instance.
struct Finding {
  std::uint32_t severity = 0; // MR_LOG_INFO, MR_LOG_WARN, MR_LOG_ERROR
  std::string target;         // empty: about the whole
  std::string item;
  std::string text;                // the first line says what is there, further ones what to do about it
  std::size_t index = SIZE_MAX;    // of the target among those of the question; SIZE_MAX: none
  std::optional<Place> place = {}; // in the rules

  std::string line() const;       // "error: app.orders: totl: …", in one line
  std::string named_text() const; // the text, with target and item in front where it does not name the target
};

struct Step {
  std::string target;
  std::string text;
};

struct Answered {
  modules::Answer answer;
  std::vector<Finding> findings;
  std::vector<Step> steps;

  bool has_errors() const;
};

// check/1. The instance is interrupted when it does not come back a second after the deadline.
Answered ask_check(const Rehearsed& rehearsed, const std::vector<mr_target>& targets, std::chrono::nanoseconds deadline,
                   const host::Clock& clock);
// apply/1.
Answered ask_apply(const Rehearsed& rehearsed, const std::vector<mr_target>& targets, bool run,
                   std::chrono::nanoseconds deadline, const host::Clock& clock);

} // namespace millrace::cli
