// The reference is whole: every word, sign, function, type and setting that the compiler knows stands in an example of
// docs/rules. What it knows is read from its own tables and grammar, so that a new form without an example fails here.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "dsl/check/functions.hpp"
#include "tests/dsl/reference/pages.hpp"

namespace millrace::dsl {
namespace {

std::string source(std::string_view file) { return read_whole(std::filesystem::path(MILLRACE_SOURCE_DIR) / file); }

std::string grammar_source() {
  std::string all = source("dsl/syntax/splitter.cpp");
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(MILLRACE_SOURCE_DIR) / "dsl/grammar")) {
    if (entry.path().extension() == ".cpp") {
      all += read_whole(entry.path());
    }
  }
  return all;
}

std::set<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern); match != std::sregex_iterator(); ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

/// What the grammar reads as a word: its keywords, pairs of them, and the rows of its tables.
std::set<std::string> keywords() {
  static const std::regex kForms[] = {
      std::regex(R"re((?:word|wanted|keyword_at|rule_word<[^>]*>)\("([a-z_0-9]+)")re"),
      std::regex(R"re(read_pair\([^"\n]*"([a-z]+)")re"),
      std::regex(R"re(read_pair\([^"\n]*"[a-z]+", "([a-z]+)")re"),
      std::regex(R"re(\{"([a-z_]+)", (?:ast|PieceKind)::)re"),
  };
  static const std::regex kKinds(R"re(known : \{([^}]*)\})re");
  static const std::regex kText(R"re("([a-z]+)")re");
  const std::string grammar = grammar_source();
  std::set<std::string> words;
  for (const std::regex& form : kForms) {
    words.merge(all_matches(grammar, form));
  }
  for (const std::string& kinds : all_matches(grammar, kKinds)) {
    words.merge(all_matches(kinds, kText));
  }
  return words;
}

std::set<std::string> signs() {
  static const std::regex kSign(R"re((?:sign|sign_at)\("([^"]+)")re");
  static const std::regex kOperator(R"re(\{"([=!<>]+)", ast::CompareOp)re");
  std::set<std::string> all = all_matches(grammar_source(), kSign);
  all.merge(all_matches(grammar_source(), kOperator));
  all.erase("="); // of a definition; as a comparison it is a mistake
  return all;
}

/// Examples without their comments; of answers those that have one, not those that are refused.
std::string examples() {
  std::string all;
  for (const Block& block : reference_blocks()) {
    if (!block.kind.starts_with("rules") || block.kind.starts_with("rules refused")) {
      continue;
    }
    std::istringstream lines(block.text);
    for (std::string line; std::getline(lines, line);) {
      static const std::regex kRefused(R"(  # [EW]\d{4})");
      if (!std::regex_search(line, kRefused)) {
        const std::size_t comment = line.find("# ");
        all += line.substr(0, comment) + "\n";
      }
    }
  }
  return all;
}

bool has_word(const std::string& text, const std::string& word) {
  return std::regex_search(text, std::regex("(^|[^A-Za-z0-9_.\"])" + word + "([^A-Za-z0-9_\"]|$)"));
}

std::string grammar_page() { return read_whole(docs_folder() / "rules/grammar.md"); }

TEST(Forms, EveryKeywordStandsInAnExampleAndInTheGrammar) {
  const std::string text = examples();
  const std::string grammar = grammar_page();
  const std::set<std::string> words = keywords();
  EXPECT_GT(words.size(), 100U);
  EXPECT_TRUE(words.contains("number") && words.contains("unix_us") && words.contains("contains"));
  for (const std::string& word : words) {
    EXPECT_TRUE(has_word(text, word)) << "no example in docs/rules has the keyword `" << word << "`";
    EXPECT_NE(grammar.find("\"" + word + "\""), std::string::npos) << "docs/rules/grammar.md lacks `" << word << "`";
  }
}

TEST(Forms, EverySignStandsInAnExampleAndInTheGrammar) {
  const std::string text = examples();
  const std::string grammar = grammar_page();
  for (const std::string& sign : signs()) {
    EXPECT_NE(text.find(sign), std::string::npos) << "no example in docs/rules has `" << sign << "`";
    EXPECT_NE(grammar.find("\"" + sign + "\""), std::string::npos) << "docs/rules/grammar.md lacks `" << sign << "`";
  }
}

TEST(Forms, EveryReservedWordIsListed) {
  static const std::regex kWord(R"re("([a-z]+)")re");
  const std::string lexer = source("dsl/syntax/lexer.cpp");
  const std::size_t begin = lexer.find("kReserved");
  ASSERT_NE(begin, std::string::npos);
  const std::string page = read_whole(docs_folder() / "rules/files.md");
  for (const std::string& word : all_matches(lexer.substr(begin, lexer.find("};", begin) - begin), kWord)) {
    EXPECT_TRUE(std::regex_search(page, std::regex("`[^`]*\\b" + word + "\\b[^`]*`"))) << word;
  }
}

/// A function is shown by what it gives, not only by standing somewhere.
TEST(Forms, EveryFunctionHasAnAnswer) {
  std::string answers;
  for (const Block& block : blocks_of_kind("rules answers")) {
    answers += block.text;
  }
  for (const std::string& name : check::function_names()) {
    const std::regex answered("(^|[^a-z_])" + name + "\\([^\n]*  # [^E]");
    EXPECT_TRUE(std::regex_search(answers, answered)) << "no answer of `" << name << "(…)`";
  }
}

TEST(Forms, EveryPartOfATimeFormatHasAnAnswer) {
  std::string answers;
  for (const Block& block : blocks_of_kind("rules answers")) {
    answers += block.text;
  }
  static const std::regex kParts(R"re(string_view\("([A-Za-z]+)"\)\.find\(part\))re");
  const std::string functions = source("dsl/check/functions.cpp");
  std::smatch parts;
  ASSERT_TRUE(std::regex_search(functions, parts, kParts));
  for (const char part : parts[1].str() + "%") {
    EXPECT_TRUE(std::regex_search(answers, std::regex(std::string("parse_time\\([^\n]*%") + part))) << "%" << part;
  }
}

TEST(Forms, EveryColumnTypeStandsInAnExample) {
  static const std::regex kType(R"re(\{"([a-z ]+)", SqlKind::)re");
  const std::set<std::string> types = all_matches(source("dsl/check/columns.cpp"), kType);
  EXPECT_GT(types.size(), 15U);
  const std::string text = examples();
  for (const std::string& type : types) {
    EXPECT_TRUE(has_word(text, type)) << "no example has a column of type " << type;
  }
}

/// Each type of a field is shown by what it reads and what it refuses, if it has a text form.
TEST(Forms, EveryTypeOfAFieldHasValues) {
  static const std::regex kType(R"re(\{"([a-z]+)", ast::TypeName)re");
  std::string values;
  for (const Block& block : blocks_of_kind("rules values")) {
    values += block.text;
  }
  for (const std::string& type : all_matches(source("dsl/grammar/types.cpp"), kType)) {
    const std::regex line("(^|\n)" + type + "\\b[^\n]*# ");
    EXPECT_TRUE(std::regex_search(values, line)) << "no values of type " << type;
  }
}

TEST(Forms, EveryUnitStandsInAnExample) {
  const std::string text = examples();
  for (const std::string unit : {"ms", "s", "m", "h", "d", "w"}) {
    EXPECT_TRUE(std::regex_search(text, std::regex("[^0-9A-Za-z_.][0-9]+" + unit + "\\b"))) << unit;
  }
  for (const std::string unit : {"hour", "day", "week", "month", "year"}) {
    EXPECT_TRUE(std::regex_search(text, std::regex("partition by " + unit + " of"))) << unit;
  }
}

TEST(Forms, WhatTheSourceKnowsStandsInAnExample) {
  for (const std::string name : {"meta.topic", "meta.received_at", "meta.headers[\"", "payload", "unmapped"}) {
    EXPECT_NE(examples().find(name), std::string::npos) << name;
  }
}

} // namespace
} // namespace millrace::dsl
