#include "engine/cli/test_report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::cli {
namespace {

void tell_cells(const std::vector<dsl::TestFailure::Cell>& cells, const Console& console) {
  std::size_t width = 0;
  for (const auto& cell : cells) {
    width = std::max(width, cell.column.size());
  }
  for (const auto& cell : cells) {
    if (!cell.column.empty()) {
      const auto line = [&](char mark, dsl::Tone tone, const std::string& value) {
        return "    " +
               dsl::painted(tone, fmt::format("{} {:<{}}  {}", mark, cell.column, width, value), console.err_colours) +
               "\n";
      };
      console.err << line('-', dsl::Tone::removed, cell.expected) << line('+', dsl::Tone::added, cell.was);
    }
  }
}

} // namespace

std::size_t tell_failures(const std::vector<dsl::TestResult>& results, const Console& console) {
  std::size_t failed = 0;
  for (const dsl::TestResult& result : results) {
    if (result.passed()) {
      continue;
    }
    ++failed;
    console.err << dsl::painted(dsl::Tone::error, "failed", console.err_colours)
                << fmt::format(": {} ({})\n", result.name, result.place);
    for (const dsl::TestFailure& failure : result.failures) {
      console.err << fmt::format("  {}: {}\n", failure.place, failure.text);
      tell_cells(failure.cells, console);
    }
    for (const std::string& explanation : result.explanations) {
      console.err << explanation;
    }
  }
  return failed;
}

} // namespace millrace::cli
