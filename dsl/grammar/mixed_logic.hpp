// `and` and `or` side by side without parentheses: E0112, with both ways to read it.
#pragma once

#include "dsl/grammar/parse_state.hpp"

namespace millrace::dsl::grammar {

/// Looks through a finished expression and reports each mixture in it.
void report_mixed_logic(ParseState& state, ast::ExprId expression);

} // namespace millrace::dsl::grammar
