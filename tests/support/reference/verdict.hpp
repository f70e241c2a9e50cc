// What becomes of an event, as text that can be compared line by line: of the reference interpreter and of the
// evaluator alike.
#pragma once

#include <string>
#include <vector>

#include "dsl/evaluate.hpp"
#include "tests/support/reference/expressions.hpp"

namespace millrace::reference {

using Verdict = std::vector<std::string>;

/// By a tree walk over the program, one rule after the other.
Verdict decide(const dsl::Program& program, const dsl::Run& run, std::string_view event, const Circumstances& from);

/// What the evaluator decided. The payload of a message is compared byte by byte where nothing is left out of it.
Verdict verdict_of(const dsl::Program& program, const dsl::Run& run, std::string_view event,
                   const dsl::Decision& decision);

std::string joined(const Verdict& verdict);

/// One message, row or reason in the form in which both are compared.
struct MessageLine {
  std::string topic;
  std::string rule;
  std::int32_t at_most = 0;
  std::string overflow;
  bool overflowed = false;
  std::string key;
  std::string partition_by;
  std::vector<std::pair<std::string, std::string>> headers;
  std::int64_t time = 0;
  std::string payload;
  bool whole = true; // nothing was left out of the payload
};
std::string line_of(const MessageLine& message);
std::string line_of_reason(dsl::Outcome outcome, std::string_view code, std::string_view path, std::string_view rule,
                           std::string_view dead_letter);
/// A cell: JSON in its canonical form, everything else as text.
std::string cell_of(const dsl::Value& value, const dsl::SqlType& type);

} // namespace millrace::reference
