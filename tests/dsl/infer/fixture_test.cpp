// Samples and the declarations that are made of them, as text: tests/dsl/fixtures/infer. A line `times N` stands for N
// events like the line behind it, with `$i` as their number.
#include "tests/dsl/compile/fixture.hpp"
#include "dsl/infer/write.hpp"
#include "tests/dsl/infer/taken.hpp"

namespace millrace::dsl {
namespace {

std::vector<std::string> events_of(const std::string& section) {
  std::vector<std::string> events;
  std::istringstream lines(section);
  int times = 1;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("times ")) {
      times = std::stoi(line.substr(6));
      continue;
    }
    for (int i = 0; i < times; ++i) {
      std::string event = line;
      for (std::size_t at = event.find("$i"); at != std::string::npos; at = event.find("$i")) {
        event.replace(at, 2, std::to_string(i + 10));
      }
      events.push_back(event);
    }
    times = 1;
  }
  return events;
}

class InferFixture : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(InferFixture, SuggestsDeclarations) {
  const Fixture fixture = read_fixture(GetParam());
  ASSERT_EQ(fixture.sections.size(), 2U);
  infer::Sample sample;
  std::vector<std::string> good;
  for (const std::string& event : events_of(fixture.sections.front().text)) {
    if (!sample.add(event)) {
      good.push_back(event);
    }
  }
  const std::string rules = infer::write_rules(sample, {"sample.json", "click", "web.clicks", "app.clicks"});
  expect_taken(rules, good, fixture.comment.find("rows are refused") == std::string::npos);
  if (!update_fixture(fixture, rules)) {
    EXPECT_EQ(rules, fixture.sections.back().text);
  }
}

INSTANTIATE_TEST_SUITE_P(All, InferFixture, testing::ValuesIn(fixture_paths("infer")),
                         [](const auto& info) { return fixture_name(info.param); });

} // namespace
} // namespace millrace::dsl
