// Expressions, loosest to tightest: one rule per level of precedence. The attribute of every rule is the number of the
// node that it made in the file's arena.
#pragma once

#include "dsl/grammar/config.hpp"

namespace millrace::dsl::grammar {

struct expression_tag;
struct constant_tag;
struct path_tag;
using expression_type = x3::rule<expression_tag, ast::ExprId>;
using constant_type = x3::rule<constant_tag, ast::ExprId>;
using path_type = x3::rule<path_tag, ast::ExprId>;

/// A whole condition or value.
inline expression_type const expression = "an expression";
/// A literal.
inline constant_type const constant = "a constant";
/// `a.b[0]["c"]`.
inline path_type const path = "a path";

BOOST_SPIRIT_DECLARE(expression_type, constant_type, path_type)

} // namespace millrace::dsl::grammar
