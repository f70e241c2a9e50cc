// The functions of the language. Each is total: what it cannot answer is absent.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dsl/program.hpp"
#include "dsl/values/arena.hpp"
#include "dsl/values/value.hpp"

namespace millrace::dsl {

/// Absent when an argument is. The check has seen to their number; one of `any` may be of a kind that the function does
/// not take, which makes it absent too.
Value call_function(Function function, std::span<const Value> arguments, Arena& arena);

/// In which of the 10,000 buckets of `sampled` a text lies.
std::uint32_t sample_bucket(std::string_view salt, std::string_view text, Arena& arena);

} // namespace millrace::dsl
