// What each name of a text means, line by line, as the compiler has it.
#include "dsl/check/uses.hpp"

#include <gtest/gtest.h>

#include "dsl/compile.hpp"

namespace millrace::dsl {
namespace {

constexpr std::string_view kRules = R"(edition 1
event click { type: string  user?: string  `odd name`: int  items: list<object>
  more? { n: int } required when type in kinds }
event view { type: string }
topic "clicks" { event click }
topic "by.*" { event click }
topic "dlq" { }
let kinds = ["a", "b"]
let small = 5
lookup team_of from csv "teams.csv" key id: string { team: string }
def big(n: int) = n > small
def kind = type == "x"
def lonely = more.n
rules shared for click {
  route one when some item in items satisfies (exists item) to topic "clicks"
}
router web for click {
  match first
  dead_letter "dlq"
  include rules shared
  route large when big(`odd name`) and kind to topic "by.{team}" at most 3 topics else "clicks" { key user else none  omit more }
  route known when type in kinds and team_of[type].team == "x" to topic "clicks"
  otherwise drop
}
def team = team_of[type].team ?? "none"
table app.clicks from topic "clicks" where exists more {
  who text = user else null
  n   bigint = more.n
  primary key (n)
  on conflict keep first
}
test "t" on web {
  given { "type": "a", "odd name": 7, "items": [], "more": { "n": 1 } }
  expect route large
  expect row app.clicks { "n": 1 }
  expect topic "by.x"
}
)";

std::string uses_of(std::string_view rules) {
  ParsedFiles parsed;
  check::Uses uses;
  const Compilation made = diagnose(
      "main.rules",
      [&](std::string_view name) -> std::optional<std::string> {
        return std::string(name == "main.rules" ? rules : "id,team\na,b\n");
      },
      parsed, Depth::checked, &uses);
  EXPECT_FALSE(made.diagnostics.has_errors()) << made.text();
  std::string text;
  std::uint32_t line = 0;
  for (const check::Use& use : uses.all()) {
    if (use.at == use.definition) {
      continue;
    }
    const Location at = made.sources.locate(0, use.at.begin);
    text += at.line != line ? "\n" + std::to_string(at.line) + ":" : "";
    line = at.line;
    text += " " + std::string(made.sources.text(use.at)) + (use.exact ? "@" : "~") +
            std::to_string(made.sources.locate(0, use.definition.begin).line);
    const check::Definition* definition = uses.definition(use.definition);
    EXPECT_NE(definition, nullptr) << made.sources.text(use.at);
  }
  return text;
}

TEST(Uses, TellWhereEachNameIsDeclared) {
  EXPECT_EQ(uses_of(kRules), R"(
3: type@2 kinds@8
5: click@2
6: click@2
11: n@11 small@9
12: type@2
13: more@3 n@3
14: click@2
15: items@2 item@15 "clicks"@5
17: click@2
19: "dlq"@7
20: shared@14
21: big@11 `odd name`@2 kind@12 "by.{team}"~6 team@25 "clicks"@5 user@2 more@3
22: type@2 kinds@8 team_of@10 type@2 team@10 "clicks"@5
25: team_of@10 type@2 team@10
26: "clicks"@5 more@3
27: user@2
28: more@3 n@3
29: n@28
32: web@17
33: "type"@2 "odd name"@2 "items"@2 "more"@3 "n"@3
34: large@21
35: clicks@26 "n"@28
36: "by.x"~6)");
}

} // namespace
} // namespace millrace::dsl
