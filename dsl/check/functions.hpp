// The functions of the language: their names, what they take, and how that is said in a message. What a call of each
// gives stands in calls.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/program.hpp"

namespace millrace::dsl::check {

/// What an argument has to be.
enum class Wants : std::uint8_t {
  text,
  integer,
  number,
  timestamp,
  duration,
  list,
  scalar,    // what has a text form
  separator, // a text literal that is not empty
  format,    // of parse_time, a literal
  digits,    // a whole number literal
};

struct FunctionInfo {
  std::string_view name;
  Function function;
  std::string_view signature; // for messages
  std::span<const Wants> wants;
  std::size_t least = 1; // arguments
  std::size_t most = 1;
};

inline constexpr std::size_t kAnyNumber = 1'000; // of arguments, where the last one may repeat

/// None: no such function.
const FunctionInfo* find_function(std::string_view name);
std::string_view name_of(Function function);
std::vector<std::string> function_names();
bool is_function(std::string_view name); // `sampled` included

/// What is wrong with a format of parse_time; empty: nothing.
std::string format_problem(std::string_view format);

} // namespace millrace::dsl::check
