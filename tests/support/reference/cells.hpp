// What a column makes of a value, for the reference interpreter: section 9 of the language.
#pragma once

#include <string>

#include "tests/support/reference/value.hpp"

namespace millrace::reference {

struct Cell {
  std::string text; // in the form of verdict.hpp
  dsl::Fault fault = dsl::Fault::none;
};
Cell fit(const Value& value, const dsl::SqlType& type);

} // namespace millrace::reference
