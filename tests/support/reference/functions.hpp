// The functions of the language, for the reference interpreter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/reference/value.hpp"

namespace millrace::reference {

/// Absent where an argument is.
Value call(dsl::Function function, const std::vector<Value>& arguments);
/// 0 to 9,999.
std::uint64_t bucket(const std::string& salt, const std::string& text);

} // namespace millrace::reference
