#include "dsl/editor/functions.hpp"

#include <gtest/gtest.h>

#include "dsl/check/functions.hpp"

namespace millrace::dsl::editor {
namespace {

TEST(FunctionDocs, SpeakOfEveryFunctionAsTheCompilerWritesIt) {
  EXPECT_EQ(function_docs().size(), check::function_names().size());
  for (const std::string& name : check::function_names()) {
    const FunctionDoc* doc = find_function_doc(name);
    ASSERT_NE(doc, nullptr) << name;
    const check::FunctionInfo* info = check::find_function(name);
    EXPECT_TRUE(info == nullptr || info->signature == doc->signature) << name;
    EXPECT_FALSE(doc->about.empty()) << name;
  }
}

} // namespace
} // namespace millrace::dsl::editor
