// A way as one line of JSON, for programs that compare rules with anything else. docs/rules/tools.md has its members.
#pragma once

#include <string>

#include "dsl/explain/way.hpp"

namespace millrace::dsl {

/// Appends the object, without a line break.
void write_json(const Program& program, const Way& way, std::string& out);
/// A cell as JSON: numbers and booleans as such, jsonb as it is, everything else as psql would show it, in quotes.
void write_json_cell(const Value& cell, const SqlType& type, std::string& out);
void write_json_text(std::string_view text, std::string& out);
/// "routed", "dropped", "invalid", "rejected".
std::string_view word_of(Outcome outcome);

} // namespace millrace::dsl
