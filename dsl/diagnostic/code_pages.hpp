// The pages of docs/rules/codes as they are. The build makes the other half of this file: cmake/embed_pages.cmake.
#pragma once

#include <span>
#include <string_view>

namespace millrace::dsl {

struct CodePage {
  std::string_view name; // "E0301"
  std::string_view text; // Markdown
};

/// In the order of their names.
std::span<const CodePage> code_pages();

} // namespace millrace::dsl
