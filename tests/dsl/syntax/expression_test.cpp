// What the grammar makes of expressions. Each line would give another tree under the wrong reading.
#include <gtest/gtest.h>

#include "dsl/diagnostic/render.hpp"
#include "dsl/syntax/dump.hpp"
#include "dsl/syntax/parser.hpp"

namespace millrace::dsl {
namespace {

/// The tree of `def x = <text>`, or the codes of what is wrong with it.
std::string parsed(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  const ast::File file = parse_file(sources, sources.add("x.rules", "def x = " + text), diagnostics);
  if (diagnostics.has_errors()) {
    std::string codes;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
      codes += (codes.empty() ? "" : " ") + name_of(diagnostic.code);
    }
    return codes;
  }
  return dump(file, std::get<ast::Def>(file.items.at(0).node).body);
}

TEST(Expression, BindsFromLooseToTight) {
  EXPECT_EQ(parsed("a or b or c"), "(or a b c)");
  EXPECT_EQ(parsed("a and b and c"), "(and a b c)");
  EXPECT_EQ(parsed("(a and b) or c"), "(or <(and a b)> c)");
  EXPECT_EQ(parsed("a and (b or c)"), "(and a <(or b c)>)");
  EXPECT_EQ(parsed("(a and b) and c"), "(and <(and a b)> c)");
  EXPECT_EQ(parsed("not a and b"), "(and (not a) b)");
  EXPECT_EQ(parsed("not a or b"), "(or (not a) b)");
  EXPECT_EQ(parsed("not not a"), "(not (not a))");
  EXPECT_EQ(parsed("not a == 1"), "(not (== a 1))");
  EXPECT_EQ(parsed("not exists a and b"), "(and (not (exists a)) b)");
  EXPECT_EQ(parsed("a ?? b == c ?? d"), "(== (?? a b) (?? c d))");
  EXPECT_EQ(parsed("a ?? b ?? c"), "(?? (?? a b) c)");
  EXPECT_EQ(parsed("a ?? (b ?? c)"), "(?? a <(?? b c)>)");
  EXPECT_EQ(parsed("a ?? b in (1, 2) and c"), "(and (in (?? a b) of (1 2)) c)");
  EXPECT_EQ(parsed("a ?? b starts with c ?? d"), "(starts-with (?? a b) (?? c d))");
}

TEST(Expression, AndWithOrNeedsParentheses) {
  EXPECT_EQ(parsed("a or b and c"), "E0112");
  EXPECT_EQ(parsed("a and b or c"), "E0112");
  EXPECT_EQ(parsed("not a and b or c"), "E0112");
  EXPECT_EQ(parsed("not (a and b) or c"), "(or (not <(and a b)>) c)");
}

TEST(Expression, KeywordsEndWhereTheWordEnds) {
  EXPECT_EQ(parsed("a and order"), "(and a order)");
  EXPECT_EQ(parsed("notable"), "notable");
  EXPECT_EQ(parsed("a orb"), "E0101");
  EXPECT_EQ(parsed("a andb"), "E0101");
  EXPECT_EQ(parsed("existsa"), "existsa");
  EXPECT_EQ(parsed("inside in insiders"), "(in inside (insiders))");
  EXPECT_EQ(parsed("a startswith b"), "E0101");
  EXPECT_EQ(parsed("nullable is null"), "(is-null nullable)");
  EXPECT_EQ(parsed("truex == true"), "(== truex true)");
}

TEST(Expression, ContextualWordsAreNames) {
  EXPECT_EQ(parsed("type == topic and key != source"), "(and (== type topic) (!= key source))");
  EXPECT_EQ(parsed("event.when.and.in == 1"), "(== event.when.and.in 1)");
  EXPECT_EQ(parsed("`in` == `odd name`"), "(== in odd name)");
  EXPECT_EQ(parsed("in == 1"), "E0101");
}

TEST(Expression, ReadsEveryTest) {
  EXPECT_EQ(parsed("a not in (1)"), "(not-in a of (1))");
  EXPECT_EQ(parsed("a in b"), "(in a (b))");
  EXPECT_EQ(parsed("a in [\"x\", \"y\"]"), "(in a ([(\"x\" \"y\")]))");
  EXPECT_EQ(parsed("a not starts with b"), "(notstarts-with a b)");
  EXPECT_EQ(parsed("a ends with b"), "(ends-with a b)");
  EXPECT_EQ(parsed("a not contains b"), "(notcontains a b)");
  EXPECT_EQ(parsed("a.b[\"c d\"] is null"), "(is-null a.b[c d])");
  EXPECT_EQ(parsed("a<=1"), "(<= a 1)");
  EXPECT_EQ(parsed("a >= -2.5e3"), "(>= a -2.5e3)");
  EXPECT_EQ(parsed("a != - 5"), "(!= a -5)");
}

TEST(Expression, TestsDoNotChain) {
  EXPECT_EQ(parsed("1 < a < 2"), "E0113");
  EXPECT_EQ(parsed("a == b == c"), "E0113");
  EXPECT_EQ(parsed("(a == b) == c"), "(== <(== a b)> c)");
}

TEST(Expression, ASingleEqualsIsReadAsTwo) { EXPECT_EQ(parsed("a = 1"), "E0110"); }

TEST(Expression, NumbersAndUnitsStayTogether) {
  EXPECT_EQ(parsed("a == 1_000"), "(== a 1_000)");
  EXPECT_EQ(parsed("a == 5min"), "E0105");
  EXPECT_EQ(parsed("a == 5x"), "E0105");
  EXPECT_EQ(parsed("a == 1e6"), "(== a 1e6)");
}

TEST(Expression, SpansReachFromTheFirstToTheLastToken) {
  SourceMap sources;
  Diagnostics diagnostics;
  const ast::File file = parse_file(
      sources, sources.add("x.rules", "def x =  ( a . b  ==  1 )  and not c in ( 1 , 2 ) # end"), diagnostics);
  const auto& both = std::get<ast::Logical>(file[std::get<ast::Def>(file.items.at(0).node).body].node);
  EXPECT_EQ(sources.text(file[both.operands[0]].span), "( a . b  ==  1 )");
  EXPECT_EQ(sources.text(file[both.operands[1]].span), "not c in ( 1 , 2 )");
  const auto& compare = std::get<ast::Compare>(file[both.operands[0]].node);
  EXPECT_EQ(sources.text(file[compare.left].span), "a . b");
  EXPECT_EQ(sources.text(compare.op_span), "==");
}

TEST(Expression, ArithmeticBindsTighterThanDefaults) {
  EXPECT_EQ(parsed("a + b * c"), "(+ a (* b c))");
  EXPECT_EQ(parsed("a * b + c"), "(+ (* a b) c)");
  EXPECT_EQ(parsed("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(parsed("a / b / c"), "(/ (/ a b) c)");
  EXPECT_EQ(parsed("a ?? b + c"), "(?? a (+ b c))");
  EXPECT_EQ(parsed("(a ?? b) + c"), "(+ <(?? a b)> c)");
  EXPECT_EQ(parsed("a + 1 > b * 2"), "(> (+ a 1) (* b 2))");
  EXPECT_EQ(parsed("-a * b"), "(* (negate a) b)");
  EXPECT_EQ(parsed("a - -b"), "(- a (negate b))");
  EXPECT_EQ(parsed("a -1"), "(- a 1)");
  EXPECT_EQ(parsed("a - -1"), "(- a -1)");
  EXPECT_EQ(parsed("- - -1"), "(negate (negate -1))");
  EXPECT_EQ(parsed("-a as int"), "(negate (as a (type 1 ())))");
  EXPECT_EQ(parsed("a as int + 1"), "(+ (as a (type 1 ())) 1)");
  EXPECT_EQ(parsed("a * b as float"), "(* a (as b (type 2 ())))");
  EXPECT_EQ(parsed("a as decimal(12,2) == 1"), "(== (as a (type 3 12 2 ())) 1)");
  EXPECT_EQ(parsed("a as list<list<int>> is null"), "(is-null (as a (type 10 () of (type 10 () of (type 1 ())))))");
}

TEST(Expression, RangesAreNumbersWithASignBetween) {
  EXPECT_EQ(parsed("a in 1..10"), "(in a ((.. 1 10)))");
  EXPECT_EQ(parsed("a in 1..<10"), "(in a ((..< 1 10)))");
  EXPECT_EQ(parsed("a in 1.5..2.5"), "(in a ((.. 1.5 2.5)))");
  EXPECT_EQ(parsed("a not in -5..-1 and b"), "(and (not-in a ((.. -5 -1))) b)");
  EXPECT_EQ(parsed("a in (1..3, b, x + 1..y)"), "(in a of ((.. 1 3) b (.. (+ x 1) y)))");
  EXPECT_EQ(parsed("a in (b) .. c"), "E0101");
  EXPECT_EQ(parsed("a .. b"), "E0101");
}

TEST(Expression, ASlashIsARegexBehindMatchesOnly) {
  EXPECT_EQ(parsed("a matches /b\\/c/i and d"), "(and (matches a /b\\/c/i) d)");
  EXPECT_EQ(parsed("a not matches /b/"), "(not-matches a /b/)");
  EXPECT_EQ(parsed("a / b > c / d"), "(> (/ a b) (/ c d))");
  EXPECT_EQ(parsed("a.matches / b"), "(/ a.matches b)");
  EXPECT_EQ(parsed("a matches \"b\""), "E0101");
}

TEST(Expression, IgnoringCaseBelongsToTheTestBeforeIt) {
  EXPECT_EQ(parsed("a == b ignoring case and c"), "(and (== a b ignoring-case) c)");
  EXPECT_EQ(parsed("a in (b, c) ignoring case"), "(in a of (b c) ignoring-case)");
  EXPECT_EQ(parsed("a not starts with b ignoring case"), "(notstarts-with a b ignoring-case)");
  EXPECT_EQ(parsed("a ignoring case"), "E0101");
}

TEST(Expression, QuantifiersHaveTheirConditionInParentheses) {
  EXPECT_EQ(parsed("some x in a.b satisfies (x > 1 and y)"), "(some `x` a.b <(and (> x 1) y)>)");
  EXPECT_EQ(parsed("not every x in a satisfies (some y in x.b satisfies (y))"),
            "(not (every `x` a <(some `y` x.b <y>)>))");
  EXPECT_EQ(parsed("some x in first(a) satisfies (x) and b"), "(and (some `x` (call `first` (a)) <x>) b)");
  EXPECT_EQ(parsed("some x in a satisfies x > 1"), "E0101");
}

TEST(Expression, CallsAndWhatStandsBehindThem) {
  EXPECT_EQ(parsed("f()"), "(call `f` ())");
  EXPECT_EQ(parsed("f(a, g(b), c and d)"), "(call `f` (a (call `g` (b)) (and c d)))");
  EXPECT_EQ(parsed("f(a).b[0][\"c\"]"), "(member (member (member (call `f` (a)) b) [0]) [c])");
  EXPECT_EQ(parsed("a.b[0][\"c\"].d"), "a.b[0][c].d");
  EXPECT_EQ(parsed("a[b].c"), "(member (at a b) c)");
  EXPECT_EQ(parsed("a[b.c + 1]"), "(at a (+ b.c 1))");
  EXPECT_EQ(parsed("(a).b"), "(member <a> b)");
  EXPECT_EQ(parsed("exists a[b].c and d"), "(and (exists (member (at a b) c)) d)");
  EXPECT_EQ(parsed("exists (a as int)"), "(exists <(as a (type 1 ()))>)");
  EXPECT_EQ(parsed("a is string and not (b is list)"), "(and (is a `string`) (not <(is b `list`)>))");
  EXPECT_EQ(parsed("f(a,)"), "E0101");
  EXPECT_EQ(parsed("a.f(b)"), "E0101");
}

TEST(Expression, NoTwoTestsChain) {
  EXPECT_EQ(parsed("a < b < c"), "E0113");
  EXPECT_EQ(parsed("a in b in c"), "E0113");
  EXPECT_EQ(parsed("a == b is null"), "E0113");
  EXPECT_EQ(parsed("a starts with b contains c"), "E0113");
  EXPECT_EQ(parsed("(a < b) == c"), "(== <(< a b)> c)");
}

} // namespace
} // namespace millrace::dsl
