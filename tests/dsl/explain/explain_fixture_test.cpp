// What `explain` says, as text: tests/dsl/fixtures/explain. Sections are files, then `events`, one a line, then what is
// said of each, and its line of JSON. An event line `topic NAME EVENT` begins at that topic.
#include <gtest/gtest.h>

#include "dsl/explain/explain.hpp"
#include "dsl/explain/way_json.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl {
namespace {

constexpr std::int64_t kArrival = 1'718'000'000'000'000; // 2024-06-10T06:13:20Z

std::string told(const Ruleset& ruleset, const std::string& line) {
  constexpr std::string_view kTopic = "topic ";
  std::string topic;
  std::string event = line;
  if (line.starts_with(kTopic)) {
    const std::size_t end = line.find(' ', kTopic.size());
    topic = line.substr(kTopic.size(), end - kTopic.size());
    event = line.substr(end + 1);
  }
  const Index router = topic.empty() ? 0 : kNone;
  const Meta meta{topic, kArrival, {}};
  std::string out = "# " + line + "\n" + Explainer(ruleset, router).explain(event, meta);
  WayFinder ways(ruleset.program, router);
  write_json(ruleset.program, router == kNone ? ways.find_from(event, meta) : ways.find(event, meta), out);
  return out + "\n\n";
}

class ExplainFixture : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(ExplainFixture, SaysWhatBecomesOfEvents) {
  const Fixture fixture = read_fixture(GetParam());
  const Compilation compilation = fixture.compile();
  ASSERT_NE(compilation.ruleset, nullptr) << compilation.text();
  std::string actual;
  std::istringstream events(*fixture.file("events"));
  for (std::string line; std::getline(events, line);) {
    actual += line.empty() ? "" : told(*compilation.ruleset, line);
  }
  if (!update_fixture(fixture, actual)) {
    EXPECT_EQ(actual, fixture.sections.back().text);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ExplainFixture, ::testing::ValuesIn(fixture_paths("explain")),
                         [](const auto& info) { return fixture_name(info.param); });

} // namespace
} // namespace millrace::dsl
