// What becomes of an event and why, and what other rules would make of it: the words are those of the language's own
// tools.
#pragma once

#include <millrace/ext/draft/explain.h>

#include <cstdint>
#include <memory>

#include "dsl/explain/comparison.hpp"
#include "dsl/ruleset.hpp"

namespace millrace::router_rules {

// `router` is kNone where the tables of the event's stream are run.
void explain(const dsl::Ruleset& ruleset, dsl::Index router, const mr_event& event, std::uint32_t form,
             const mr_listener& listener);

// Two rulesets over the same events, and the rulesets live as long as it.
class EventComparison {
 public:
  EventComparison(std::shared_ptr<const dsl::Ruleset> before, dsl::Index router_before,
                  std::shared_ptr<const dsl::Ruleset> after, dsl::Index router_after);

  void add(const mr_event& event);
  mr_comparison_count count() const;
  void tell(std::uint32_t form, const mr_listener& listener) const;

 private:
  std::shared_ptr<const dsl::Ruleset> before_;
  std::shared_ptr<const dsl::Ruleset> after_;
  dsl::Comparison comparison_;
};

} // namespace millrace::router_rules
