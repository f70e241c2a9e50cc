// Each code has a page in docs/rules/codes, whose wrong example gives exactly this code and whose right one nothing.
#include <gtest/gtest.h>

#include <set>

#include "dsl/diagnostic/code_pages.hpp"
#include "dsl/diagnostic/explanation.hpp"
#include "dsl/format/format.hpp"
#include "tests/dsl/reference/pages.hpp"

namespace millrace::dsl {
namespace {

std::filesystem::path index_page() { return docs_folder() / "rules/codes/README.md"; }

std::string base_of_codes() {
  for (const Block& block : blocks_of(index_page())) {
    if (block.kind == "rules base") {
      return block.text;
    }
  }
  return "";
}

/// Of characters below U+0100.
std::string latin_1(const std::string& utf8) {
  std::string bytes;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    bytes += lead < 0x80 ? utf8[i] : static_cast<char>((lead << 6) | (static_cast<unsigned char>(utf8[++i]) & 0x3F));
  }
  return bytes;
}

/// The file that an example is about, whole.
std::string whole_file(const ExplanationPart& example) {
  const std::string text = std::string(example.text) + "\n";
  if (example.kind == "rules") {
    return text;
  }
  if (example.kind == "rules in file") {
    return base_of_codes() + text;
  }
  EXPECT_TRUE(example.kind.starts_with("rules in router")) << example.kind;
  const std::string rules = base_of_codes() +
                            "router orders for order {\n  match first\n  dead_letter \"dlq.orders\"\n" + text +
                            "  otherwise drop\n}\n";
  return stands_as(example) == "Latin-1" ? latin_1(rules) : rules;
}

Compilation compiled(const std::vector<ExplanationPart>& parts) {
  std::map<std::string, std::string, std::less<>> files;
  for (const ExplanationPart& part : parts) {
    const std::string_view name = stands_as(part);
    const bool beside = name.ends_with(".rules") || name.ends_with(".csv");
    if (part.is_example) {
      files[beside ? std::string(name) : "main.rules"] = beside ? std::string(part.text) + "\n" : whole_file(part);
    }
  }
  return compile("main.rules", [&](std::string_view name) {
    const auto found = files.find(name);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(CodePages, EachCodeHasOneAndEachPageACode) {
  std::set<std::string> codes;
  for (const CodeInfo& info : all_codes()) {
    codes.insert(name_of(info.code));
  }
  std::set<std::string> pages;
  for (const CodePage& page : code_pages()) {
    pages.insert(std::string(page.name));
  }
  EXPECT_EQ(pages, codes);
}

TEST(CodePages, BeginWithCodeAndTitleAndHaveFourParts) {
  for (const CodeInfo& info : all_codes()) {
    const std::string name = name_of(info.code);
    const std::string page = read_whole(docs_folder() / "rules/codes" / (name + ".md"));
    EXPECT_TRUE(page.starts_with("# " + name + ": " + std::string(info.title) + "\n\n## What\n\n")) << name;
    const Explanation explanation = explanation_of(info.code);
    for (const auto* parts : {&explanation.what, &explanation.why, &explanation.wrong, &explanation.right}) {
      EXPECT_FALSE(parts->empty()) << name;
    }
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
      const auto width = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
      EXPECT_LE(width, 84) << name << " is printed by terminals too: " << line;
    }
  }
}

TEST(CodePages, WrongExamplesGiveExactlyTheirCode) {
  for (const CodeInfo& info : all_codes()) {
    const Compilation result = compiled(explanation_of(info.code).wrong);
    EXPECT_FALSE(result.diagnostics.all().empty()) << name_of(info.code);
    for (const Diagnostic& diagnostic : result.diagnostics.all()) {
      EXPECT_EQ(name_of(diagnostic.code), name_of(info.code)) << result.text();
    }
  }
}

TEST(CodePages, RightExamplesCompileWithoutAWord) {
  for (const CodeInfo& info : all_codes()) {
    const Compilation result = compiled(explanation_of(info.code).right);
    EXPECT_TRUE(result.ruleset) << name_of(info.code);
    EXPECT_TRUE(result.diagnostics.all().empty()) << name_of(info.code) << "\n" << result.text();
  }
}

TEST(CodePages, RightExamplesAreInTheOneStyle) {
  for (const CodeInfo& info : all_codes()) {
    for (const ExplanationPart& part : explanation_of(info.code).right) {
      if (part.kind == "rules" || part.kind == "rules in file") {
        SourceMap sources;
        Diagnostics diagnostics;
        const std::string text = std::string(part.text) + "\n";
        EXPECT_EQ(format_text(sources, "x.rules", text, diagnostics), text) << name_of(info.code);
      }
    }
  }
}

std::string index_table() {
  std::string table = "| code | what it is about |\n| --- | --- |\n";
  for (const CodeInfo& info : all_codes()) {
    const std::string name = name_of(info.code);
    table += "| [" + name + "](" + name + ".md) | " + std::string(info.title) + " |\n";
  }
  table += "\nNot in use any more, and never again:";
  for (const std::string_view retired : retired_codes()) {
    table += " " + std::string(retired) + (retired == retired_codes().back() ? ".\n" : ",");
  }
  return table;
}

/// A code that was listed once is still one, or is retired: asked before the page is written anew.
TEST(CodePages, NoCodeIsForgotten) {
  std::set<std::string> known(retired_codes().begin(), retired_codes().end());
  for (const CodeInfo& info : all_codes()) {
    EXPECT_TRUE(known.insert(name_of(info.code)).second) << name_of(info.code) << " is retired";
  }
  const std::string page = read_whole(index_page());
  const std::string_view listed = std::string_view(page).substr(page.find("## Codes\n"));
  for (std::size_t i = 0; i + 5 <= listed.size(); ++i) {
    const std::string name(listed.substr(i, 5));
    if ((name[0] == 'E' || name[0] == 'W') && name.find_first_not_of("0123456789", 1) == std::string::npos) {
      EXPECT_TRUE(known.contains(name)) << name << " was printed once: give it to retired_codes()";
    }
  }
}

TEST(CodePages, TheIndexListsEveryCode) {
  const std::string page = read_whole(index_page());
  const std::string begin = page.substr(0, page.find("## Codes\n")) + "## Codes\n\n";
  const char* const update = std::getenv("MILLRACE_UPDATE_FIXTURES");
  if (update != nullptr && std::string_view(update) == "1") {
    std::ofstream(index_page(), std::ios::binary) << begin << index_table();
  }
  const std::string written = read_whole(index_page());
  EXPECT_EQ(written.substr(std::min(begin.size(), written.size())), index_table());
}

} // namespace
} // namespace millrace::dsl
