// What rules made from a sample have to hold: they compile without a word, are in the one style, and take every event.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "dsl/compile.hpp"
#include "dsl/evaluate.hpp"
#include "dsl/format/format.hpp"

namespace millrace::dsl {

/// `rows_too`: no value is one that PostgreSQL cannot hold.
inline void expect_taken(const std::string& rules, const std::vector<std::string>& events, bool rows_too = true) {
  const Compilation compiled = compile("main.rules", [&](std::string_view) { return std::optional(rules); });
  ASSERT_TRUE(compiled.diagnostics.all().empty()) << compiled.text() << rules;
  SourceMap sources;
  Diagnostics diagnostics;
  EXPECT_EQ(format_text(sources, "main.rules", rules, diagnostics), rules);
  const Program& program = compiled.ruleset->program;
  Evaluator evaluator(program, find_run(program, "tables").value());
  for (const std::string& event : events) {
    const Decision& decision = evaluator.evaluate(event, {program.topics[program.tables[0].topic].name, 0, {}});
    ASSERT_NE(decision.outcome, Outcome::invalid) << decision.reason.text << "\n" << event << "\n" << rules;
    ASSERT_TRUE(!rows_too || decision.rows.size() == 1) << decision.reason.text << "\n" << event << "\n" << rules;
  }
}

} // namespace millrace::dsl
