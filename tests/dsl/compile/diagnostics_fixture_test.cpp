// Wrong rules and the message that each gives, as text: tests/dsl/fixtures/diagnostics.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "dsl/diagnostic/codes.hpp"
#include "dsl/diagnostic/render.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl {
namespace {

class DiagnosticsFixture : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(DiagnosticsFixture, SaysWhatIsWrongAndWhatToWrite) {
  const Fixture fixture = read_fixture(GetParam());
  ASSERT_GE(fixture.sections.size(), 2U) << "a fixture has rules and what they are expected to give";
  ASSERT_EQ(fixture.sections.back().title, "expected");
  const std::string actual = fixture.compile().text();
  if (!update_fixture(fixture, actual)) {
    EXPECT_EQ(actual, fixture.sections.back().text);
  }
}

TEST_P(DiagnosticsFixture, IsTheSameTextInColours) {
  const Compilation compiled = read_fixture(GetParam()).compile();
  const std::string coloured = compiled.text(Colours::on);
  EXPECT_EQ(coloured == compiled.text(), compiled.text().empty());
  EXPECT_EQ(std::regex_replace(coloured, std::regex("\x1b\\[[0-9;]*m"), ""), compiled.text());
}

/// The fixture's file with the edits made.
std::string edited(const std::string& text, std::vector<Edit> edits) {
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.span.begin > b.span.begin; });
  std::string out = text;
  for (const Edit& edit : edits) {
    out.replace(edit.span.begin, edit.span.size(), edit.replacement);
  }
  return out;
}

/// Taking the advice of a message makes the message go away, and brings no mistake of syntax.
TEST_P(DiagnosticsFixture, EachFixRemovesItsMessage) {
  const Fixture fixture = read_fixture(GetParam());
  const Compilation before = fixture.compile();
  for (const Diagnostic& diagnostic : before.diagnostics.all()) {
    for (const Help& help : diagnostic.helps) {
      if (!help.fix || help.fix->applicability == Applicability::edit) {
        continue;
      }
      Fixture mended = fixture;
      for (FixtureSection& section : mended.sections) {
        if (section.title == before.sources.name(help.fix->edits.front().span.file)) {
          section.text = edited(section.text, help.fix->edits);
        }
      }
      const Compilation after = mended.compile();
      const auto count = [&](const Compilation& compilation) {
        return std::count_if(compilation.diagnostics.all().begin(), compilation.diagnostics.all().end(),
                             [&](const Diagnostic& other) { return other.code == diagnostic.code; });
      };
      EXPECT_LT(count(after), count(before)) << help.text << "\n" << after.text();
      EXPECT_LE(after.diagnostics.error_count(), before.diagnostics.error_count()) << help.text << "\n" << after.text();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, DiagnosticsFixture, testing::ValuesIn(fixture_paths("diagnostics")),
                         [](const auto& info) { return fixture_name(info.param); });

TEST(DiagnosticCodes, AreUniqueAndHaveATitle) {
  std::set<std::string> names;
  for (const CodeInfo& info : all_codes()) {
    EXPECT_TRUE(names.insert(name_of(info.code)).second) << name_of(info.code);
    EXPECT_FALSE(info.title.empty());
    EXPECT_EQ(info.severity == Severity::warning, static_cast<std::uint16_t>(info.code) > kWarningBase);
  }
}

TEST(DiagnosticCodes, EachHasAFixture) {
  std::string all;
  for (const auto& path : fixture_paths("diagnostics")) {
    all += read_fixture(path).sections.back().text;
  }
  for (const CodeInfo& info : all_codes()) {
    EXPECT_NE(all.find("[" + name_of(info.code) + "]"), std::string::npos) << name_of(info.code) << ": " << info.title;
  }
}

} // namespace
} // namespace millrace::dsl
