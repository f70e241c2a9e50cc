// `required when`: a field that another one makes required.
#pragma once

#include "dsl/check/context.hpp"
#include "dsl/check/facts.hpp"

namespace millrace::dsl::check {

/// Fills Field::required_when of the event's fields. The shape is complete, and all constants are declared.
void check_required_when(Context& context, EventInfo& event);

/// What is present because `field` is one of `values`: what each of them requires, with all that is around it.
void add_required(const Program& program, const Shape& shape, Index field, const std::vector<Value>& values,
                  Facts& facts);

} // namespace millrace::dsl::check
