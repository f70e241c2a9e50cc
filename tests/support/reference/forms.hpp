// How often each form of the language comes up in rules: in their text, and in the program that becomes of them. A test
// of the generator asks that none is missing.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "dsl/program.hpp"
#include "dsl/syntax/ast.hpp"

namespace millrace::reference {

/// How often, by the form's name: "operation in_set", "column inet", "a quantifier inside another".
using Forms = std::map<std::string, std::size_t>;

/// All that there are, none seen yet. A new operation, function, kind of item … has no name until it gets one in
/// form_names.cpp, which the compiler asks for; from then on it is among these.
Forms all_forms();

void count_forms(const dsl::ast::File& file, Forms& forms);
void count_forms(const dsl::Program& program, Forms& forms);

} // namespace millrace::reference
