// Which values a column takes, and whether each of them is sure to fit.
#pragma once

#include <optional>
#include <string>

#include "dsl/check/context.hpp"
#include "dsl/check/expressions.hpp"
#include "dsl/ruleset.hpp"
#include "dsl/values/arena.hpp"

namespace millrace::dsl::check {

/// Reported and empty when the type is not known or its arguments cannot be.
std::optional<SqlType> sql_type_of(Context& context, const ast::SqlType& type);

/// Whether values of this type can go into such a column at all.
bool takes(const Program& program, const SqlType& column, const ValueType& value);
/// "text, varchar or char": the column types for a value.
std::string columns_for(const Program& program, const ValueType& value);

/// Why some value of the type may not fit, e.g. "longer than 3 characters"; empty if all do.
std::string misfit(const Program& program, const SqlType& column, const Node& node, const ValueType& value);

/// A constant as a value of the column; a text says why it is none.
std::variant<Value, std::string> column_constant(const ast::Literal& literal, const SqlType& column, Arena& arena);

} // namespace millrace::dsl::check
