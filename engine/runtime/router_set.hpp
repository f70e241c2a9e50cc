// The rules of a pipeline: those that are active, and new ones on their way in, with a router for each worker, made and
// checked before any worker hears of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/runtime/generation.hpp"
#include "engine/runtime/instances.hpp"
#include "engine/runtime/receipt.hpp"

namespace millrace::runtime {

// What the router says it was made of.
Ruleset ruleset_of(const Created& router);
// Its hash alone; empty where it does not say.
std::string hash_of(const Created& router);
// The files that it was read from; none where it does not say. Never null.
std::shared_ptr<const RulesFiles> files_of(const Created& router);
// What creating it spent its time on.
std::vector<Phase> phases_of(const Created& router);

struct LiveRules {
  std::shared_ptr<const Created> model; // that the routers of all workers are twins of; null: the plugin knows no twins
  Ruleset ruleset;
  std::shared_ptr<const RulesFiles> files; // null before create
  std::vector<std::string> streams;        // that they read
};

struct RouterSet : LiveRules {
  Generation generation;                             // that they were made for
  std::vector<Created> routers;                      // by worker; none where the workers are made anew
  std::vector<std::shared_ptr<flow::Inbox>> inboxes; // that they were made for, in the same order
  std::vector<Phase> phases;
  std::vector<host::Diagnostic> diagnostics;
};

} // namespace millrace::runtime
