// The type that a field may be declared with, so that every value that was seen fits, and what is not certain of it.
#pragma once

#include <string>
#include <vector>

#include "dsl/infer/sample.hpp"

namespace millrace::dsl::infer {

struct Guess {
  std::string type;   // as the rules write it, `from …` included; empty: an object with fields
  std::string column; // the PostgreSQL type
  std::vector<std::string> notes;
};

Guess guess(const Sample& sample, const Seen& field);

/// Whether its members are told apart: neither too many nor left out.
bool has_members(const Sample& sample, const Seen& field);

/// "1,234"
std::string grouped(std::uint64_t number);

} // namespace millrace::dsl::infer
