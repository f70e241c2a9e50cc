// What is taken over from an earlier compilation is what would have been parsed.
#include "dsl/syntax/parsed_files.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "dsl/compile.hpp"
#include "dsl/syntax/dump.hpp"
#include "dsl/syntax/parser.hpp"

namespace millrace::dsl {
namespace {

constexpr const char* kRules = R"(edition 1
# the shop
import "names.rules"
event order { id: string  total: decimal(8,2)  `odd name`?: string  at: timestamp from unix_ms }
let big = 100
def is_big(x: decimal(8,2)) = x > big
lookup vat = { "de": 19, "fr": 20 }
topic "orders" { event order }
topic "large_orders" { event order }
topic "dlq" { }
rules all for order {
  tap seen when id starts with "te\u0073t" to topic "orders" { key id }
}
router r for order {
  match first
  dead_letter "dlq"
  include rules all
  group big when total > 5 {
    route large when is_big(total) and id not in known to topic "large_orders" { header "a\tb" = id  key id }
    drop none when total in 50..60 or id matches /^x+$/i
  }
  otherwise to topic "orders"
}
table orders from topic "orders" {
  id varchar(20) = id else reject
  total numeric(8,2) = total
  primary key (id)
  on conflict keep first
}
test "large" {
  given { "id": "z", "total": 200, "at": 1 }
  expect topic "large_orders"
}
)";
constexpr const char* kNames = "edition 1\nlet known = [\"a\", \"b\"]\n";

using Texts = std::map<std::string, std::string, std::less<>>;

Loader of(const Texts& texts) {
  return [&texts](std::string_view name) {
    const auto found = texts.find(name);
    return found == texts.end() ? std::nullopt : std::optional(found->second);
  };
}

std::string said(const Texts& texts, ParsedFiles& parsed) {
  const Compilation found = compile("main.rules", of(texts), parsed);
  return found.text() + (found.ruleset ? found.ruleset->hash : "");
}

std::string said_anew(const Texts& texts) {
  ParsedFiles none;
  return said(texts, none);
}

/// The tree of the main file, parsed with and without what was kept.
void expect_same_tree(const Texts& texts, ParsedFiles& parsed) {
  SourceMap sources;
  Diagnostics once;
  Diagnostics again;
  const FileId id = parsed.add(sources, "main.rules", texts.at("main.rules"));
  const ast::File fresh = parse_file(sources, id, once);
  ast::File taken = parsed.parse(sources, id, again);
  EXPECT_EQ(dump(taken), dump(fresh));
  ASSERT_EQ(taken.items.size(), fresh.items.size());
  for (std::size_t i = 0; i < fresh.items.size(); ++i) {
    EXPECT_EQ(taken.items[i].span, fresh.items[i].span);
  }
  parsed.keep(sources, {});
}

std::string without(std::string text, std::string_view part, std::string_view instead = "") {
  return text.replace(text.find(part), part.size(), instead);
}

TEST(ParsedFiles, UnchangedFilesAreNotParsedAgain) {
  const Texts texts{{"main.rules", kRules}, {"names.rules", kNames}};
  ParsedFiles parsed;
  const std::string first = said(texts, parsed);
  EXPECT_EQ(parsed.unchanged_files(), 0U);
  EXPECT_EQ(said(texts, parsed), first);
  EXPECT_EQ(parsed.unchanged_files(), 2U);
  EXPECT_EQ(parsed.copied_pieces(), 0U);
}

TEST(ParsedFiles, OnlyTheRuleThatChangedIsParsed) {
  Texts texts{{"main.rules", kRules}, {"names.rules", kNames}};
  ParsedFiles parsed;
  said(texts, parsed);
  texts["main.rules"] = without(kRules, "total in 50..60", "total in 50..<61");
  EXPECT_EQ(said(texts, parsed), said_anew(texts));
  EXPECT_EQ(parsed.unchanged_files(), 1U);
  EXPECT_EQ(parsed.copied_pieces(), 13U); // 10 items, a tap, an include, a route
}

TEST(ParsedFiles, WhatMovedIsFoundWhereItStandsNow) {
  Texts texts{{"main.rules", kRules}, {"names.rules", kNames}};
  ParsedFiles parsed;
  said(texts, parsed);
  texts["main.rules"] = without(kRules, "# the shop\n", "# wholly\n# new\n\n  \n");
  texts["names.rules"] = "edition 1\nlet knwon = [\"b\"]\n"; // something to be said of what stands in the other
  const std::string now = said(texts, parsed);
  EXPECT_EQ(now, said_anew(texts));
  EXPECT_NE(now.find("main.rules:"), std::string::npos) << now;
  EXPECT_GT(parsed.copied_pieces(), 0U);
}

TEST(ParsedFiles, WhatWasSaidIsSaidAgain) {
  Texts texts{{"main.rules", without(kRules, "total > 5 {", "total = 5 {")}, {"names.rules", kNames}};
  texts["main.rules"] = without(texts["main.rules"], "(id)\n", "id\n");
  ParsedFiles parsed;
  const std::string first = said(texts, parsed);
  EXPECT_NE(first.find("error"), std::string::npos);
  EXPECT_EQ(said(texts, parsed), first);
}

TEST(ParsedFiles, ATextThatIsNotClosedYetCostsNothingOfWhatIsKept) {
  Texts texts{{"main.rules", kRules}, {"names.rules", kNames}};
  ParsedFiles parsed;
  const std::string first = said(texts, parsed);
  texts["main.rules"] = without(kRules, "\"de\"", "\"de");
  EXPECT_NE(said(texts, parsed), first);
  texts["main.rules"] = kRules;
  EXPECT_EQ(said(texts, parsed), first);
  EXPECT_EQ(parsed.unchanged_files(), 2U); // names.rules is asked for only by what can be read
}

TEST(ParsedFiles, AnotherOrderOfFilesIsNoMatter) {
  Texts texts{{"main.rules", kRules}, {"names.rules", kNames}, {"more.rules", "edition 1\nlet more = 3\n"}};
  ParsedFiles parsed;
  said(texts, parsed);
  texts["main.rules"] = without(kRules, "import \"names", "import \"more.rules\"\nimport \"names");
  EXPECT_EQ(said(texts, parsed), said_anew(texts));
}

/// Any edit: a stretch of the text is cut out, put elsewhere or doubled, over and over.
TEST(ParsedFiles, AnyChainOfEditsSaysWhatParsingAnewSays) {
  std::mt19937 random(20'26);
  Texts texts{{"main.rules", kRules}, {"names.rules", kNames}};
  ParsedFiles parsed;
  for (int edit = 0; edit < 400; ++edit) {
    std::string& text = texts["main.rules"];
    if (edit % 8 == 0) {
      text = kRules;
    } else {
      const std::size_t from = random() % text.size();
      const std::string part = text.substr(from, random() % 40);
      random() % 2 == 0 ? text.erase(from, part.size()) : text.insert(random() % text.size(), part);
    }
    texts["names.rules"] = edit % 3 == 0 ? "edition 1\nlet knwon = 1\n" : kNames;
    ASSERT_EQ(said(texts, parsed), said_anew(texts)) << text;
    expect_same_tree(texts, parsed);
    said(texts, parsed);
  }
}

} // namespace
} // namespace millrace::dsl
