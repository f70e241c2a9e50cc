// Every root file below rules/ compiles without a word, and its test blocks pass; every file is in the one style. The
// language itself is tested in
// tests/dsl.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/compile.hpp"
#include "dsl/format/format.hpp"
#include "dsl/testing.hpp"

namespace millrace::dsl {
namespace {

std::optional<std::string> read_file(std::string_view name) {
  std::ifstream file{std::string(name), std::ios::binary};
  if (!file) {
    return std::nullopt;
  }
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class Rules : public testing::TestWithParam<const char*> {
 protected:
  const std::string root_ = std::string(MILLRACE_SOURCE_DIR) + "/rules/" + GetParam();
};

TEST_P(Rules, CompileWithoutAWord) {
  const Compilation compilation = compile(root_, read_file);
  EXPECT_EQ(compilation.text(), "");
  EXPECT_TRUE(compilation.ruleset);
}

TEST_P(Rules, PassTheirOwnTests) {
  const Compilation compilation = compile(root_, read_file);
  ASSERT_TRUE(compilation.ruleset) << compilation.text();
  const std::vector<TestResult> results = run_tests(*compilation.ruleset, read_file);
  EXPECT_THAT(results, testing::SizeIs(testing::Ge(4u)));
  for (const TestResult& result : results) {
    EXPECT_GT(result.expectations, 0u) << result.place;
    for (const TestFailure& failure : result.failures) {
      ADD_FAILURE() << failure.place << ": " << failure.text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Examples, Rules,
                         testing::Values("wikipedia/wikipedia.rules", "model/main.rules", "devices/main.rules"),
                         [](const auto& example) {
                           return std::filesystem::path(example.param).parent_path().string();
                         });

std::vector<std::string> every_file() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(MILLRACE_SOURCE_DIR "/rules")) {
    if (entry.path().extension() == ".rules") {
      out.push_back(entry.path().string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

class RulesFile : public testing::TestWithParam<std::string> {};

// `millrace fmt FILE` makes it so.
TEST_P(RulesFile, IsInTheOneStyle) {
  const std::string text = read_file(GetParam()).value();
  SourceMap sources;
  Diagnostics diagnostics;
  EXPECT_EQ(format_text(sources, GetParam(), text, diagnostics), text);
}

INSTANTIATE_TEST_SUITE_P(Examples, RulesFile, testing::ValuesIn(every_file()), [](const auto& file) {
  const std::filesystem::path path = file.param;
  return path.parent_path().filename().string() + "_" + path.stem().string();
});

} // namespace
} // namespace millrace::dsl
