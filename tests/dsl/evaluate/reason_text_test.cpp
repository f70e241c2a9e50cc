#include "dsl/evaluate/reason_text.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "tests/dsl/evaluate/program_builder.hpp"

namespace millrace::dsl {
namespace {

TEST(ReasonText, ShowsControlCharactersAndCutsBetweenCharacters) {
  Arena arena;
  EXPECT_EQ(describe_refusal(Fault::bad_topic, "a.*", std::string_view("x\0\n\x7f", 4), "", arena),
            "`x\\u0000\\u000a\\u007f` is no name for a topic of `a.*`");
  std::string euros = "x";
  for (int i = 0; i < 100; ++i) {
    euros += "€";
  }
  const std::string_view text = describe_refusal(Fault::too_large, "c", euros, "char(3)", arena);
  EXPECT_EQ(text, "column `c`: " + euros.substr(0, 64) + "… does not fit char(3)");
}

TEST(ReasonText, StaysShortAndValidWithManyLongNames) {
  for (std::size_t offset = 0; offset < 4; ++offset) {
    ProgramBuilder build;
    std::vector<std::string> names(100, "€€€€€€€€€");
    names[0] = std::string(offset, 'x');
    const Index kind = build.event.add("kind", build.event.one_of(names));
    build.program.seal();
    Arena arena;
    const std::string_view text =
        describe_violation(build.program, build.program.shapes[0], {kind, Fault::not_listed, "\"?\""}, arena);
    EXPECT_LE(text.size(), 500U);
    EXPECT_GT(text.size(), 490U);
    EXPECT_TRUE(simdjson::validate_utf8(text.data(), text.size()));
  }
}

} // namespace
} // namespace millrace::dsl
