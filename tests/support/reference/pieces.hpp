// The parts of a random rules file, each made in a file of its own: definitions.cpp, rules.cpp, tables.cpp, tests.cpp.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/reference/phrases.hpp"

namespace millrace::reference {

/// A definition that can only be certain parts of a topic's name.
struct Named {
  std::string name;
  std::vector<std::string> parts;
};

struct Definitions {
  std::string text;
  std::vector<Named> named;
};
/// Constants, lookups and definitions, which `phrases` knows from then on; CSV files go into `files`.
Definitions make_definitions(Phrases& phrases, Dice& dice, Files& files);

/// Where a message may go, and what it comes without.
struct Delivery {
  std::string topic; // as declared
  std::vector<std::string> names;
  std::string overflow;
  std::set<std::string> omitted;
};

struct Table {
  std::string name;
  std::vector<std::string> columns;
};
struct Tables {
  std::string text;
  std::vector<Table> tables;
};
Tables make_tables(const Schema& schema, Phrases& phrases, Dice& dice, const std::vector<Delivery>& deliveries);

/// `exists a and exists b`, or any condition; what that makes known, `phrases` knows from then on.
std::string condition_of_group(Phrases& phrases, Dice& dice);

/// `test` blocks, which say what need not be true. Rules: "route", "tap" or "drop", and the name.
std::string make_tests(const Schema& schema, Dice& dice, const std::vector<std::pair<std::string, std::string>>& rules,
                       const std::vector<Table>& tables);

} // namespace millrace::reference
