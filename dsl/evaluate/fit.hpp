// The last check before a value becomes a cell: PostgreSQL takes every value that comes out of here.
#pragma once

#include "dsl/evaluate.hpp"
#include "dsl/program.hpp"
#include "dsl/reason.hpp"
#include "dsl/values/arena.hpp"

namespace millrace::dsl {

struct Fitted {
  Value cell; // as Row says
  Fault fault = Fault::none;
};

/// `value` is present. Texts are valid UTF-8. Surplus fraction digits are rounded half away from zero.
Fitted fit(const Value& value, const SqlType& type, Arena& arena);

} // namespace millrace::dsl
