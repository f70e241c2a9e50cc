// What routes leave out of a topic's events: its tables cannot read it, or have to say what happens without it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// Slots of the event's fields, with all that lies below them.
struct Omitted {
  std::vector<Index> by_some; // routes to the topic
  std::vector<Index> by_all;
  std::map<Index, std::string> who; // leaves it out: "route `charge` at billing.rules:22"
};

/// Of the events of this shape that come to the topic, or to a topic of the pattern. Routers are lowered before.
Omitted omitted_from(const Program& program, Index topic, Index shape);

/// Whether the field or something above it is among the slots.
bool is_among(const Shape& shape, Index slot, const std::vector<Index>& slots);

/// The event as it comes to tables: what only some routes leave out is optional. The new shape is added to the program.
EventInfo without(Program& program, const EventInfo& event, const Omitted& omitted);

} // namespace millrace::dsl::check
