// Literals have no type of their own: they take the type of what they meet.
#pragma once

#include <optional>

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// "a text", "an int", …
std::string noun(const ValueType& type);
/// "the text `\"x\"`", "the number `5`", …
std::string noun(const ast::Literal& literal);

/// The type that a literal has where it meets nothing. Null has none.
std::optional<ValueType> natural_type(const ast::Literal& literal);

/// Why a literal is no value of a type.
struct LiteralError {
  bool other_kind = false; // E0212, else E0211
  std::string label;
  std::string help;        // may be empty
  std::string replacement; // may be empty
};

/// Whether an enumeration lists the text is not looked at here.
std::variant<Value, LiteralError> value_of(const ast::Literal& literal, const ValueType& type);

} // namespace millrace::dsl::check
