// Where items and rules begin and end, whatever stands in them.
#include "dsl/syntax/splitter.hpp"

#include <gtest/gtest.h>

namespace millrace::dsl {
namespace {

std::string kind_name(PieceKind kind) {
  constexpr std::string_view kNames[] = {"edition", "import", "let",     "def",      "lookup", "event",
                                         "topic",   "rules",  "router",  "table",    "test",   "stray",
                                         "rule",    "group",  "include", "otherwise"};
  return std::string(kNames[static_cast<std::size_t>(kind)]);
}

std::string shown(const SourceMap& sources, const std::vector<Piece>& pieces) {
  std::string text;
  for (const Piece& piece : pieces) {
    text += (text.empty() ? "" : " | ") + kind_name(piece.kind);
    if (piece.rules.empty()) {
      text += ":" + std::string(sources.text(piece.span));
    } else {
      text += "<" + std::string(sources.text(piece.head)) + ">[" + shown(sources, piece.rules) + "]";
    }
  }
  return text;
}

std::string pieces(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  const SplitFile file = split(sources, sources.add("x.rules", text), diagnostics);
  std::string shown_text = shown(sources, file.items);
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    shown_text += " " + name_of(diagnostic.code);
  }
  return shown_text;
}

TEST(Splitter, CutsItemsThatFollowEachOther) {
  EXPECT_EQ(pieces("edition 1 import \"a\" let x = 5 def y = x topic \"t\" { } event e { a: int }"),
            "edition:edition 1 | import:import \"a\" | let:let x = 5 | def:def y = x | topic:topic \"t\" { } | "
            "event:event e { a: int }");
}

TEST(Splitter, FieldsNamedLikeItemsBeginNone) {
  EXPECT_EQ(pieces("def x = test ?? false\ndef y = topic == event and table in (let)"),
            "def:def x = test ?? false | def:def y = topic == event and table in (let)");
  EXPECT_EQ(pieces("event e { event: string topic: string test { router: int } }"),
            "event:event e { event: string topic: string test { router: int } }");
}

TEST(Splitter, TextsNamesRegexesAndCommentsHideBraces) {
  EXPECT_EQ(pieces("def a = x == \"}{\" # }\ndef b = `}` matches /[}{\\/]/i and c"),
            "def:def a = x == \"}{\" | def:def b = `}` matches /[}{\\/]/i and c");
}

TEST(Splitter, AnEscapedQuoteDoesNotEndAText) {
  EXPECT_EQ(pieces("def a = x == \"a\\\"} \\\\\" def b = c"), "def:def a = x == \"a\\\"} \\\\\" | def:def b = c");
}

TEST(Splitter, CutsRoutersIntoRules) {
  EXPECT_EQ(pieces("router r for e { match first dead_letter \"d\" drop a when route == tap route b when true to topic "
                   "\"t\" { key drop } group g when x { tap c when y to topic \"u\" } otherwise drop }"),
            "router<router r for e { match first dead_letter \"d\">[rule:drop a when route == tap | rule:route b when "
            "true to topic \"t\" { key drop } | group<group g when x>[rule:tap c when y to topic \"u\"] | "
            "otherwise:otherwise drop]");
}

TEST(Splitter, CutsFragmentsIntoRules) {
  EXPECT_EQ(pieces("rules x for e { drop d when a group g when b { tap t when c to topic \"t\" } } event e { }"),
            "rules<rules x for e {>[rule:drop d when a | group<group g when b>[rule:tap t when c to topic \"t\"]] | "
            "event:event e { }");
  EXPECT_EQ(pieces("router r for e { match first\n include rules x\n include rules y\n otherwise drop }"),
            "router<router r for e { match first>[include:include rules x | include:include rules y | "
            "otherwise:otherwise drop]");
}

TEST(Splitter, LookupsHoldBraces) {
  EXPECT_EQ(pieces("lookup a = { \"x\": 1 } lookup b from csv \"f\" key k: string { v: int } let c = 1"),
            "lookup:lookup a = { \"x\": 1 } | lookup:lookup b from csv \"f\" key k: string { v: int } | let:let c = 1");
}

TEST(Splitter, AMissingBraceCostsOneMessage) {
  EXPECT_EQ(
      pieces("router r for e {\n  match first\n  route a when x {\n    to topic \"t\"\n\n  route b when y to topic "
             "\"u\"\n}"),
      "router<router r for e {\n  match first>[rule:route a when x {\n    to topic \"t\" | rule:route b when y to "
      "topic \"u\"] E0103");
  EXPECT_EQ(pieces("event a { x: int\nevent b { y: int }"), "event:event a { x: int | event:event b { y: int } E0103");
}

TEST(Splitter, ReadsNothingWhenATextDoesNotEnd) { EXPECT_EQ(pieces("def a = \"x\ntopic \"t\" { }"), " E0105"); }

TEST(Splitter, KeepsCommentsWithTheirPlaces) {
  SourceMap sources;
  Diagnostics diagnostics;
  const SplitFile file = split(sources, sources.add("x.rules", "# one\nlet x = 5 # two\n"), diagnostics);
  ASSERT_EQ(file.comments.size(), 2U);
  EXPECT_TRUE(file.comments[0].own_line);
  EXPECT_FALSE(file.comments[1].own_line);
  EXPECT_EQ(sources.text(file.comments[1].span), "# two");
}

} // namespace
} // namespace millrace::dsl
