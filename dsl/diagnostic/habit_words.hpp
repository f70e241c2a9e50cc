// Words of other languages and what they are called here; empty where nothing is known. For messages only.
#pragma once

#include <string_view>

namespace millrace::dsl {

/// Of the type of a field: a type, or a sentence with backticks.
std::string_view type_here(std::string_view word);
/// Of the type of a column.
std::string_view column_type_here(std::string_view word);
/// Of a function: how it is written here, as a sentence.
std::string_view function_here(std::string_view word);
/// Of what begins a declaration: how it is written here, as a sentence.
std::string_view item_here(std::string_view word);
/// Of how a timestamp comes.
std::string_view wire_here(std::string_view word);
/// Of a unit of time: its letters.
std::string_view unit_here(std::string_view word);

} // namespace millrace::dsl
