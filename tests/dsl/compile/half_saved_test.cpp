// A rules file that was saved half-way: whatever byte it ends at, the compiler ends with a message or a ruleset, says
// no more than fits on a screen, and names places that are in the text.
#include <gtest/gtest.h>

#include "dsl/diagnostic/render.hpp"
#include "dsl/format/format.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl {
namespace {

const std::string kWhole = R"(edition 1
event click {
  type:   one of "view", "buy" or other
  user:   string
  at:     timestamp from unix_ms
  price?: decimal(12,2)
  tags?:  list<string>
  device  { id: string  `os-name`?: string }
}
topic "clicks" { event click  partitions 4  retention 7d }
topic "by.*"   { event click }
topic "dlq"    { }
let large = 500.00
lookup region_of = { "DE": "eu", "US": "na" }
def region = region_of[device.`os-name`] ?? "row"
def is_large(x: decimal(12,2)) = x >= large
rules money for click {
  group paid when exists price {
    tap large when is_large(price) to topic "clicks" { key user  header "of" = "{device.id}" }
  }
}
router web for click {
  match first
  dead_letter "dlq"
  include rules money
  drop tests when user matches /^test-\/[0-9]+$/i # ours
  route views when type == "view" and (some t in tags satisfies (t == "é")) {
    to topic "by.{region}"
    key user
  }
  otherwise to topic "clicks" { key user }
}
table web.clicks from topic "clicks" where type == "buy" {
  user_id varchar(20)   = user  else reject
  price   numeric(12,2) = price else null
  at      timestamptz   = at
  primary key (user_id, at)
  on conflict keep first
  partition by day of at keep 90 days
  index (at)
}
test "a click" {
  given { "type": "buy", "user": "ann", "at": 1718000000000, "device": { "id": "d" } }
  expect topic "clicks" key "ann"
  expect row web.clicks { "price": null }
}
)";

Compilation compiled(std::string_view text) {
  return compile("main.rules", [&](std::string_view name) {
    return name == "main.rules" ? std::optional(std::string(text)) : std::nullopt;
  });
}

void expect_bearable(const Compilation& compilation, std::string_view text) {
  std::size_t errors = 0;
  for (const Diagnostic& diagnostic : compilation.diagnostics.sorted()) {
    errors += diagnostic.is_error() ? 1 : 0;
    EXPECT_LE(diagnostic.primary.span.end, text.size()) << diagnostic.headline;
    EXPECT_LE(diagnostic.primary.span.begin, diagnostic.primary.span.end) << diagnostic.headline;
    EXPECT_FALSE(render_text(diagnostic, compilation.sources).empty());
  }
  EXPECT_LE(errors, Diagnostics::kMaxErrors);
  EXPECT_NE(compilation.ruleset == nullptr, errors == 0);
}

class HalfSaved : public testing::Test {
 protected:
  static void expect_bearable_at_every_byte(const std::string& whole) {
    for (std::size_t end = 0; end <= whole.size(); ++end) {
      const std::string text = whole.substr(0, end);
      SCOPED_TRACE("cut behind byte " + std::to_string(end) + ": …" + text.substr(end < 60 ? 0 : end - 60));
      expect_bearable(compiled(text), text);
      SourceMap sources;
      Diagnostics diagnostics;
      const bool is_formatted = format_text(sources, "x.rules", text, diagnostics).has_value();
      EXPECT_NE(is_formatted, diagnostics.has_errors());
      if (HasFailure()) {
        return;
      }
    }
  }
};

TEST_F(HalfSaved, TheWholeIsRight) { EXPECT_EQ(compiled(kWhole).text(), ""); }

TEST_F(HalfSaved, RulesEndWithAMessageOrSucceed) { expect_bearable_at_every_byte(kWhole); }

TEST_F(HalfSaved, SoDoRulesWithWindowsLineEnds) {
  std::string text;
  for (const char c : kWhole) {
    text += c == '\n' ? "\r\n" : std::string(1, c);
  }
  EXPECT_EQ(compiled(text).text(), "");
  expect_bearable_at_every_byte(text);
}

// Most cuts leave a hole in one declaration; that others speak of its names is not said again and again.
TEST_F(HalfSaved, ACutInTheMiddleOfAnEventIsOneMistake) {
  const std::string text = kWhole.substr(0, kWhole.find("  price?"));
  const Compilation compilation = compiled(text);
  EXPECT_EQ(compilation.diagnostics.error_count(), 1U) << compilation.text();
  EXPECT_NE(compilation.text().find("event `click` is not closed before the end of the file"), std::string::npos)
      << compilation.text();
}

// What other files read of it may have stood behind its end.
TEST_F(HalfSaved, AnEventWithoutItsEndMayHaveMoreFields) {
  const std::string rest = R"(edition 1
topic "t" { event e }
topic "dlq" { }
router r for e {
  match first
  dead_letter "dlq"
  route a when n > 5 and o.x == "y" to topic "t" { key user }
  otherwise drop
}
)";
  const Compilation compilation = compile("main.rules", [&](std::string_view name) {
    return name == "main.rules"
               ? std::optional<std::string>("edition 1\nimport \"rest.rules\"\nevent e {\n  id: string\n")
               : std::optional(rest);
  });
  EXPECT_EQ(compilation.diagnostics.error_count(), 1U) << compilation.text();
  EXPECT_NE(compilation.text().find("event `e` is not closed before the end of the file"), std::string::npos);
}

} // namespace
} // namespace millrace::dsl
