// What a code means, at length: the pages of docs/rules/codes, which are built into the program. Each page has the
// parts What, Why, Wrong and Right; tests hold them to the table of codes, and their examples to the compiler.
#pragma once

#include <string_view>
#include <vector>

#include "dsl/diagnostic/codes.hpp"

namespace millrace::dsl {

/// A paragraph, or an example. Texts live as long as the program.
struct ExplanationPart {
  bool is_example = false;
  std::string_view kind; // of an example: what its page says behind the three backticks
  std::string_view text; // ends without a line break
};

/// A part of what an example needs beside it: the name of its file, or how it is saved. Empty: the example itself.
std::string_view stands_as(const ExplanationPart& part);

struct Explanation {
  Code code;
  std::vector<ExplanationPart> what;
  std::vector<ExplanationPart> why;
  std::vector<ExplanationPart> wrong;
  std::vector<ExplanationPart> right;
};

/// Every code has one.
Explanation explanation_of(Code code);

} // namespace millrace::dsl
