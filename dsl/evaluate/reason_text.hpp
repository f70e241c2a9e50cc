// Sentences for people: what was wrong with an event. They name the field or column, the value, and what was wanted.
#pragma once

#include <string_view>

#include "dsl/program.hpp"
#include "dsl/read/reader.hpp"
#include "dsl/reason.hpp"
#include "dsl/values/arena.hpp"

namespace millrace::dsl {

/// Of R01: the bytes stop being an event at `offset`.
std::string_view describe_bytes(Fault fault, std::size_t offset, Arena& arena);
/// Of R02.
std::string_view describe_violation(const Program& program, const Shape& shape, const Violation& violation,
                                    Arena& arena);
/// Of R03 and R04: `what` is the clause or column, `value` the one that does not fit, empty where there is none.
std::string_view describe_refusal(Fault fault, std::string_view what, std::string_view value, std::string_view wanted,
                                  Arena& arena);

/// The longest part of the text that has at most `bytes` and ends between characters.
std::string_view cut(std::string_view text, std::size_t bytes);

/// The type as the rules write it, `decimal(12,2)`.
std::string_view type_text(const Program& program, const ValueType& type, Arena& arena);

} // namespace millrace::dsl
