// The tree of a file as text without places: two files with the same dump say the same. For tests and for seeing what
// the grammar made of something; the form is not an interface.
#pragma once

#include <string>

#include "dsl/syntax/ast.hpp"

namespace millrace::dsl {

std::string dump(const ast::File& file);
/// Every operator in parentheses of its own: `(and (== a 1) (not b))`.
std::string dump(const ast::File& file, ast::ExprId expr);

} // namespace millrace::dsl
