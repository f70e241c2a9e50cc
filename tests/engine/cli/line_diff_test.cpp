#include "engine/cli/line_diff.hpp"

#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <vector>

namespace millrace::cli {
namespace {

// What `patch` would make of it.
std::string patched(const std::string& before, const std::string& diff) {
  std::vector<std::string> lines;
  std::istringstream in(before);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  std::string out;
  std::size_t at = 0;
  std::istringstream hunks(diff);
  for (std::string line; std::getline(hunks, line);) {
    if (line.starts_with("---") || line.starts_with("+++")) {
      continue;
    }
    if (line.starts_with("@@ -")) {
      const std::size_t first = std::stoul(line.substr(4));
      const bool none = line.find(",0 +") != std::string::npos;
      while (at + (none ? 0 : 1) < first) {
        out += lines.at(at++) + "\n";
      }
      continue;
    }
    if (line[0] != '+') {
      EXPECT_EQ(lines.at(at), line.substr(1));
      ++at;
    }
    out += line[0] == '-' ? "" : line.substr(1) + "\n";
  }
  while (at < lines.size()) {
    out += lines[at++] + "\n";
  }
  return out;
}

TEST(UnifiedDiff, ShowsWhatChangesWithThreeLinesAround) {
  EXPECT_EQ(unified_diff("f", "a\nb\nc\nd\ne\nf\ng\n", "a\nb\nc\nX\ne\nf\ng\n"),
            "--- f\n+++ f\n@@ -1,7 +1,7 @@\n a\n b\n c\n-d\n+X\n e\n f\n g\n");
  EXPECT_EQ(unified_diff("f", "", "a\n"), "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n");
  EXPECT_EQ(unified_diff("f", "a", "a\n"), "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n");
  EXPECT_EQ(unified_diff("f", "a\n", "a\n"), "");
}

TEST(UnifiedDiff, APatchOfItMakesTheOneOfTheOther) {
  std::mt19937 random(7);
  for (int round = 0; round < 2'000; ++round) {
    const auto text = [&](std::size_t kinds) {
      std::string lines;
      for (std::size_t left = random() % 40; left > 0; --left) {
        lines += "l" + std::to_string(random() % kinds) + "\n";
      }
      return lines;
    };
    const std::size_t kinds = 1 + random() % 60;
    const std::string before = text(kinds);
    std::string after = random() % 2 == 0 ? text(kinds) : before;
    if (!after.empty() && random() % 2 == 0) {
      const std::size_t line = after.find('\n', random() % after.size());
      after.insert(line == std::string::npos ? 0 : line + 1, "new\n");
    }
    const std::string diff = unified_diff("f", before, after);
    ASSERT_EQ(diff.empty(), before == after);
    ASSERT_EQ(patched(before, diff), after) << before << "---\n" << after << "---\n" << diff;
  }
}

} // namespace
} // namespace millrace::cli
