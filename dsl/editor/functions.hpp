// One line of documentation for each function of the language.
#pragma once

#include <string_view>
#include <vector>

namespace millrace::dsl::editor {

struct FunctionDoc {
  std::string_view name;
  std::string_view signature;
  std::string_view about;
};

/// None: no such function.
const FunctionDoc* find_function_doc(std::string_view name);
const std::vector<FunctionDoc>& function_docs();

} // namespace millrace::dsl::editor
