// The reference page says what is so: its examples compile, its tests pass, what it calls refused is refused. And the
// page of messages lists every code.
#include <gtest/gtest.h>

#include "dsl/diagnostic/codes.hpp"
#include "dsl/format/format.hpp"
#include "dsl/testing.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl {
namespace {

struct Example {
  std::string kind; // "", "in file", "conditions", "refused"
  std::string text;
  std::size_t line = 0;
};

std::vector<Example> examples() {
  std::vector<Example> all;
  std::istringstream lines(read_whole(std::filesystem::path(MILLRACE_SOURCE_DIR) / "docs/rules/reference.md"));
  bool inside = false;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside && line.starts_with("```rules");
      if (inside) {
        all.push_back({line.size() > 9 ? line.substr(9) : "", "", number});
      }
    } else if (inside) {
      all.back().text += line + "\n";
    }
  }
  return all;
}

Compilation compiled(const std::string& text) {
  return compile("main.rules",
                 [&](std::string_view name) { return name == "main.rules" ? std::optional(text) : std::nullopt; });
}

/// The page's first example declares what the others speak of.
std::string with_condition(const std::string& base, const std::string& condition) {
  return base + "router r for click {\n  match first\n  dead_letter \"dlq.clicks\"\n  route r when " + condition +
         "\n    to topic \"clicks\"\n  otherwise drop\n}\n";
}

TEST(Reference, ExamplesCompileAndTheirTestsPass) {
  const std::vector<Example> all = examples();
  ASSERT_GT(all.size(), 6U);
  const std::string& base = all.front().text;
  for (const Example& example : all) {
    if (example.kind != "" && example.kind != "in file") {
      continue;
    }
    const Compilation result = compiled(example.kind.empty() ? example.text : base + example.text);
    ASSERT_TRUE(result.ruleset) << "line " << example.line << "\n" << result.text();
    EXPECT_TRUE(result.diagnostics.all().empty()) << "line " << example.line << "\n" << result.text();
    for (const TestResult& test : run_tests(*result.ruleset, [](std::string_view) { return std::nullopt; })) {
      EXPECT_TRUE(test.passed()) << test.failures.front().text;
    }
  }
}

TEST(Reference, ExamplesAreInTheOneStyle) {
  for (const Example& example : examples()) {
    if (example.kind.empty()) {
      SourceMap sources;
      Diagnostics diagnostics;
      EXPECT_EQ(format_text(sources, "x.rules", example.text, diagnostics), example.text) << "line " << example.line;
    }
  }
}

TEST(Reference, ConditionsCompile) {
  const std::string base = examples().front().text;
  std::size_t count = 0;
  for (const Example& example : examples()) {
    std::istringstream lines(example.kind == "conditions" ? example.text : "");
    for (std::string condition; std::getline(lines, condition); ++count) {
      const Compilation result = compiled(with_condition(base, condition));
      EXPECT_TRUE(result.ruleset) << condition << "\n" << result.text();
    }
  }
  EXPECT_GT(count, 20U);
}

TEST(Reference, RefusedConditionsAreRefused) {
  const std::string base = examples().front().text;
  std::size_t count = 0;
  for (const Example& example : examples()) {
    std::istringstream lines(example.kind == "refused" ? example.text : "");
    for (std::string line; std::getline(lines, line); ++count) {
      const std::string code = line.substr(line.find("# ") + 2);
      const Compilation result = compiled(with_condition(base, line));
      ASSERT_EQ(result.diagnostics.all().size(), 1U) << line;
      EXPECT_EQ(name_of(result.diagnostics.all().front().code), code) << line;
    }
  }
  EXPECT_GT(count, 4U);
}

TEST(Reference, MessagesPageListsEveryCode) {
  const auto path = std::filesystem::path(MILLRACE_SOURCE_DIR) / "docs/rules/messages.md";
  std::string page =
      "# Messages of the compiler\n\nNumbered by phase: 01 syntax, 02 names and types, 03 absent values, 04 topics, 05 "
      "routers, 06 "
      "tables, 07 tests and files.\nE is an error, W a warning. A code keeps its meaning for ever. Each has an example "
      "with its "
      "whole text in\n`tests/dsl/fixtures/diagnostics`.\n\n| code | what it is about |\n| --- | --- |\n";
  for (const CodeInfo& info : all_codes()) {
    page += "| " + name_of(info.code) + " | " + std::string(info.title) + " |\n";
  }
  const char* const update = std::getenv("MILLRACE_UPDATE_FIXTURES");
  if (update != nullptr && std::string_view(update) == "1") {
    std::ofstream(path, std::ios::binary) << page;
  }
  EXPECT_EQ(read_whole(path), page);
}

} // namespace
} // namespace millrace::dsl
