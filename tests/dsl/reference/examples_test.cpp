// The pages of docs/rules say what is so: their examples compile without a word from the compiler, their tests pass,
// and what they call refused is refused with the code that they name.
#include <gtest/gtest.h>

#include "dsl/diagnostic/codes.hpp"
#include "dsl/format/format.hpp"
#include "dsl/testing.hpp"
#include "tests/dsl/reference/pages.hpp"

namespace millrace::dsl {
namespace {

bool is_whole(const Block& block) { return block.kind == "rules" || block.kind == "rules base"; }

TEST(Reference, ExamplesCompileAndTheirTestsPass) {
  std::size_t compiled = 0;
  std::size_t expectations = 0;
  for (const Block& block : reference_blocks()) {
    if (!is_whole(block) && block.kind != "rules in file") {
      continue;
    }
    const Loader load = loader_for(block, is_whole(block) ? block.text : base_rules() + block.text);
    const Compilation result = compile("main.rules", load);
    EXPECT_TRUE(result.diagnostics.all().empty()) << block.place() << "\n" << result.text();
    if (!result.ruleset) {
      continue;
    }
    for (const TestResult& test : run_tests(*result.ruleset, load)) {
      for (const TestFailure& failure : test.failures) {
        ADD_FAILURE() << block.place() << ": " << test.name << "\n" << failure.text;
      }
      expectations += test.expectations;
    }
    ++compiled;
  }
  EXPECT_GT(compiled, 6U);
  EXPECT_GT(expectations, 20U);
}

TEST(Reference, ExamplesAreInTheOneStyle) {
  for (const Block& block : reference_blocks()) {
    if (!is_whole(block) && block.kind != "rules in file") {
      continue;
    }
    SourceMap sources;
    Diagnostics diagnostics;
    EXPECT_EQ(format_text(sources, "x.rules", block.text, diagnostics), block.text) << block.place();
  }
}

TEST(Reference, RefusedExamplesAreRefused) {
  for (const Block& block : blocks_of_kind("rules refused ")) {
    const Compilation result = compile("main.rules", loader_for(block, base_rules() + block.text));
    ASSERT_FALSE(result.diagnostics.all().empty()) << block.place();
    EXPECT_EQ(name_of(result.diagnostics.sorted().front().code), block.argument()) << block.place() << "\n"
                                                                                   << result.text();
  }
}

} // namespace
} // namespace millrace::dsl
