// Types as they are written: `int`, `decimal(12,2)`, `list<string>`, `one of "a", "b" or other`.
#pragma once

#include "dsl/grammar/config.hpp"

namespace millrace::dsl::grammar {

struct type_tag;
using type_type = x3::rule<type_tag, ast::Type>;
inline type_type const type = "a type";

BOOST_SPIRIT_DECLARE(type_type)

/// `_val.*Member = _attr`, kept apart from the node that has the type.
template <auto Member>
inline constexpr auto set_type =
    [](auto& ctx) { x3::_val(ctx).*Member = std::make_shared<const ast::Type>(std::move(x3::_attr(ctx))); };

} // namespace millrace::dsl::grammar
