// Formatting random rules: they say the same afterwards, and formatting twice is formatting once.
#include <gtest/gtest.h>

#include "dsl/format/format.hpp"
#include "dsl/syntax/dump.hpp"
#include "dsl/syntax/parser.hpp"
#include "tests/support/reference/generate.hpp"

namespace millrace::dsl {
namespace {

TEST(FormatOfRandomRules, SaysTheSameAndIsDoneOnce) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    reference::Dice dice(seed);
    for (const auto& [name, rules] : reference::make_rules(reference::make_schema(dice), dice)) {
      if (!name.ends_with(".rules")) {
        continue;
      }
      SourceMap sources;
      Diagnostics diagnostics;
      const auto once = format_text(sources, name, rules, diagnostics);
      ASSERT_TRUE(once) << "seed " << seed << "\n" << rules;
      const auto twice = format_text(sources, "again.rules", *once, diagnostics);
      ASSERT_TRUE(twice) << "seed " << seed << "\n" << *once;
      ASSERT_EQ(*once, *twice) << "seed " << seed;
      ASSERT_EQ(dump(parse_file(sources, 0, diagnostics)), dump(parse_file(sources, 1, diagnostics)))
          << "seed " << seed << "\n"
          << *once;
    }
  }
}

} // namespace
} // namespace millrace::dsl
