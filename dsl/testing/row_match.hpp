// Whether a row holds what a test says it does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dsl/evaluate.hpp"
#include "dsl/testing.hpp"

namespace millrace::dsl {

/// The listed columns that do not hold the listed value. Numbers compare by value, times as moments, jsonb as JSON. If
/// what is expected is no JSON object of columns, one difference that says so, without a column.
std::vector<TestFailure::Cell> row_differences(const Program& program, const Row& row, std::string_view expected_json);

/// A cell as text, the way `psql` would show it.
std::string cell_text(const Value& cell, const SqlType& type);

} // namespace millrace::dsl
