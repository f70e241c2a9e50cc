// Rules that no event can reach, as far as that can be proven: what a rule asks for contradicts itself, or an earlier
// rule that ends the list takes every event that this one would.
#pragma once

#include <vector>

#include "dsl/program.hpp"

namespace millrace::dsl {

struct Unreachable {
  Index rule = kNone;
  Index by = kNone;  // the earlier rule that takes its events; none: no event satisfies its conditions
  bool same = false; // and the two take exactly the same events
};

/// A rule all of whose events an earlier one has delivered to the same topic.
struct Redelivered {
  Index rule = kNone;
  Index by = kNone;
  Index target = kNone; // of the rule
  Index by_target = kNone;
};

/// Of taps and, under `match all`, of routes: what they deliver, a later rule may deliver again. Only topics that are
/// named, not filled in.
std::vector<Redelivered> redelivering_rules(const Program& program, const Router& router);

/// Of the drops, taps and routes of a router, in their order. Nothing is said where nothing is proven: what an opaque
/// condition asks for is compared by its form alone, regular expressions by their text.
std::vector<Unreachable> unreachable_rules(const Program& program, const Router& router);

} // namespace millrace::dsl
