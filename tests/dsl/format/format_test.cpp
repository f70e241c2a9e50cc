// Formatting changes white space only, does it once and for all, and loses no comment. Fixtures:
// tests/dsl/fixtures/format.
#include "dsl/format/format.hpp"

#include <gtest/gtest.h>

#include "dsl/syntax/dump.hpp"
#include "dsl/syntax/parser.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl {
namespace {

std::string formatted(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  return format_text(sources, "x.rules", text, diagnostics).value_or("");
}

std::string dumped(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  const FileId id = sources.add("x.rules", text);
  return dump(parse_file(sources, id, diagnostics));
}

/// Everything but white space, in order: comments may only move over line ends.
std::multiset<std::string> comments(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  const FileId id = sources.add("x.rules", text);
  std::multiset<std::string> all;
  for (const ast::Comment& comment : parse_file(sources, id, diagnostics).comments) {
    std::string words(sources.text(comment.span));
    words.erase(words.find_last_not_of(" \t\r") + 1);
    all.insert(words);
  }
  return all;
}

/// Every rules text that the tests and examples have and that parses.
std::vector<std::pair<std::string, std::string>> all_texts() {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const char* const folder : {"diagnostics", "decisions", "format"}) {
    for (const auto& path : fixture_paths(folder)) {
      for (const FixtureSection& section : read_fixture(path).sections) {
        if (section.title.ends_with(".rules")) {
          texts.emplace_back(path.filename().string() + " " + section.title, section.text);
        }
      }
    }
  }
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::filesystem::path(MILLRACE_SOURCE_DIR) / "rules")) {
    if (entry.path().extension() == ".rules") {
      texts.emplace_back(entry.path().filename().string(), read_whole(entry.path()));
    }
  }
  return texts;
}

TEST(Format, AnObjectOnSeveralLinesKeepsItsRequiredWhen) {
  const std::string text =
      "edition 1\nevent e {\n  kind: one of \"a\", \"b\"\n  o? {\n    x: int\n  } required when kind == \"a\"\n}\n";
  EXPECT_NE(formatted(text).find("  } required when kind == \"a\""), std::string::npos) << formatted(text);
  EXPECT_EQ(dumped(formatted(text)), dumped(text));
}

TEST(Format, KeepsTheTreeAndTheCommentsAndIsIdempotent) {
  std::size_t parsed = 0;
  for (const auto& [name, text] : all_texts()) {
    const std::string once = formatted(text);
    if (once.empty()) {
      continue; // does not parse
    }
    ++parsed;
    EXPECT_EQ(dumped(text), dumped(once)) << name << "\n" << once;
    EXPECT_EQ(comments(text), comments(once)) << name << "\n" << once;
    EXPECT_EQ(once, formatted(once)) << name;
  }
  EXPECT_GT(parsed, 30U);
}

class FormatFixture : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(FormatFixture, LooksAsWritten) {
  const Fixture fixture = read_fixture(GetParam());
  const std::string actual = formatted(fixture.file("main.rules").value());
  if (!update_fixture(fixture, actual)) {
    EXPECT_EQ(actual, fixture.sections.back().text);
  }
}

INSTANTIATE_TEST_SUITE_P(All, FormatFixture, testing::ValuesIn(fixture_paths("format")),
                         [](const auto& info) { return fixture_name(info.param); });

TEST(Format, DoesNotTouchWhatDoesNotParse) {
  SourceMap sources;
  Diagnostics diagnostics;
  EXPECT_FALSE(format_text(sources, "x.rules", "event click {", diagnostics));
  EXPECT_TRUE(diagnostics.has_errors());
}

} // namespace
} // namespace millrace::dsl
