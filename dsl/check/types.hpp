// Types as they are written, and back into words.
#pragma once

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// What is wrong with it is reported.
ValueType type_of(Context& context, const ast::Type& type);

/// As it is written in rules: `int`, `string`, `one of "a", "b"`.
std::string type_word(const Program& program, const ValueType& type);

/// What the list's elements are; `any` where that is not said.
ValueType element_of(const Program& program, const ValueType& list);
ValueType list_of(Program& program, const ValueType& element);

/// Whether the two are one type, enumerations by the texts that they list.
bool same_type(const Program& program, const ValueType& a, const ValueType& b);

inline bool is_number(Kind kind) { return kind == Kind::integer || kind == Kind::floating || kind == Kind::decimal; }
/// Has a text form.
inline bool is_scalar(Kind kind) { return kind != Kind::object && kind != Kind::list && kind != Kind::any; }
inline bool is_ordered(Kind kind) { return is_scalar(kind) && kind != Kind::boolean; }

inline ValueType plain(Kind kind) { return {kind, Wire::natural, 0, 0, kNone}; }

} // namespace millrace::dsl::check
