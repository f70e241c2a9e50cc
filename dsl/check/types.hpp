// Types as they are written, as types of the program: fields of events, columns of lookups, parameters, `as`.
#pragma once

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// What cannot be as written is reported. Enumerations and types of elements are added to the program.
ValueType type_of(Context& context, const ast::Type& type);

} // namespace millrace::dsl::check
