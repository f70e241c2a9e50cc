// One new ruleset on its way in: a router for each worker of a pipeline, made and checked before any worker hears of
// it.
#pragma once

#include <memory>
#include <vector>

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

struct RouterSet {
  std::shared_ptr<const Created> model;              // that all of them are twins of; null: the plugin knows no twins
  std::vector<Created> routers;                      // by worker
  std::vector<std::shared_ptr<flow::Inbox>> inboxes; // that they were made for, by worker
  Ruleset ruleset;
  std::shared_ptr<const RulesFiles> files;
  std::vector<Phase> phases;
  std::vector<std::string> streams;
  std::vector<host::Diagnostic> diagnostics;
};

} // namespace millrace::runtime
