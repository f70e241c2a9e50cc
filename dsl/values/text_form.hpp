// Values as text and text as values: keys, headers, interpolation, `from text`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dsl/program.hpp"
#include "dsl/values/arena.hpp"
#include "dsl/values/value.hpp"

namespace millrace::dsl {

/// 8-4-4-4-12 hexadecimal digits of any case.
std::optional<Uuid> parse_uuid(std::string_view text);

/// The text form. Of text and tokens it is the value's own text, else it is made in the arena. Objects, lists and what
/// is absent have none.
std::optional<std::string_view> text_form(const Value& value, Arena& arena);

/// A value of the type from its text form, which `as` and `from text` read; absent if it is none. Names of an
/// enumeration are not looked at.
Value value_from_text(std::string_view text, const ValueType& type);

/// A number token as a value of the type, in its wire form; absent if it does not fit.
Value value_from_number(std::string_view token, const ValueType& type);

/// Characters are Unicode code points. The text is valid UTF-8.
std::size_t code_points(std::string_view text);

} // namespace millrace::dsl
