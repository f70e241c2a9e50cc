// Runs the `test` blocks of a ruleset: `millrace test`, and every reload before it takes effect.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "dsl/compile.hpp"
#include "dsl/ruleset.hpp"

namespace millrace::dsl {

struct TestFailure {
  std::string place; // of the expectation, file:line:column
  std::string text;  // what was expected and what happened instead
  /// Of a row that is nearly the one: the columns that differ.
  struct Cell {
    std::string column;
    std::string expected; // as the test has it
    std::string was;
  };
  std::vector<Cell> cells;
};

/// A rule that decided an event of a test, or the `otherwise` of a router.
struct Reached {
  Index router = kNone; // Program::routers
  Index rule = kNone;   // Router::rules; none: `otherwise`
  auto operator<=>(const Reached&) const = default;
};

struct TestResult {
  std::string name;
  std::string place;
  std::size_t expectations = 0;
  std::vector<TestFailure> failures;
  std::vector<std::string> explanations; // of the events whose expectations failed
  std::vector<Reached> reached;

  bool passed() const { return failures.empty(); }
};

/// One result for each test, in the order of the text. `load` gives the files that `given file` names, and files
/// `fixtures/<lookup>.csv` beside the root: where there is one, it stands for the lookup's own CSV file. The same
/// ruleset and files always give the same results: tests have a fixed time of arrival.
std::vector<TestResult> run_tests(const Ruleset& ruleset, const Loader& load);

} // namespace millrace::dsl
