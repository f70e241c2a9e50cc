// What a piece that does not parse was probably meant to say. Whoever comes from SQL, Python, C, YAML or JSON writes
// rules by habit; the message then says how it is written here. Nothing of this is part of the language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dsl/diagnostic.hpp"
#include "dsl/syntax/lexer.hpp"

namespace millrace::dsl::grammar {

/// Where a piece stopped to parse.
struct Failure {
  FileId file{};
  std::string_view text;    // of the file
  std::string_view piece;   // the part that was read
  const char* at = nullptr; // the token that was not wanted
  std::vector<std::string_view> expected;
  bool at_new_line = false; // `at` begins a line, so what is missing is on the one before
};

/// Adds how it is written here, if the mistake is a known habit.
bool explain_habit(const Failure& failure, Diagnostic& diagnostic);

/// Adds the form of the clause or declaration that was begun, or that the unwanted word begins.
void show_form(const Failure& failure, Diagnostic& diagnostic);

} // namespace millrace::dsl::grammar
