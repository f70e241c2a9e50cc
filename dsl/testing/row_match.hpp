// Whether a row holds what a test says it does.
#pragma once

#include <string>
#include <string_view>

#include "dsl/evaluate.hpp"

namespace millrace::dsl {

/// Empty when each listed column holds the listed value, else the first that does not: "`amount` is 9.90, not 9.99".
/// Numbers compare by value, times as moments, jsonb as JSON.
std::string row_mismatch(const Program& program, const Row& row, std::string_view expected_json);

/// A cell as text, the way `psql` would show it.
std::string cell_text(const Value& cell, const SqlType& type);

} // namespace millrace::dsl
