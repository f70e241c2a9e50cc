// `x as T`: one value read as another type.
#pragma once

#include "dsl/program.hpp"
#include "dsl/values/arena.hpp"
#include "dsl/values/value.hpp"

namespace millrace::dsl {

/// `value as T`: the value as it would be if it were of that type, or read from its text form; absent if it cannot be.
/// Each item of a list is read so too; one that cannot be, or is null, makes the whole list absent.
Value read_as(const Value& value, const ValueType& type, const Program& program, Arena& arena);

} // namespace millrace::dsl
