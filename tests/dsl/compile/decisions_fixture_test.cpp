// Rules, events, and what becomes of them, as text: tests/dsl/fixtures/decisions. The last section lists events, one a
// line, each followed by lines that begin with `=>`. A line `run NAME` or `run tables TOPIC` says what runs from there.
#include <gtest/gtest.h>

#include "dsl/evaluate.hpp"
#include "dsl/testing/row_match.hpp"
#include "dsl/values/timestamp.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl {
namespace {

constexpr std::int64_t kArrival = 1'718'000'000'000'000; // 2024-06-10T06:13:20Z
const std::vector<Header> kHeaders = {{"trace", "t-1"}};

std::string quote(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string time_text(std::int64_t micros) {
  char text[kTimestampSize];
  return {text, static_cast<std::size_t>(write_timestamp(text, micros) - text)};
}

std::string message_text(const Message& message, const Program& program, std::string_view event) {
  std::string line = "topic " + std::string(message.topic);
  if (message.at_most > 0) {
    line += " (one of " + std::to_string(message.at_most) + ", else " + program.topics[message.overflow].name + ")";
  }
  line += message.overflowed ? " (overflow)" : "";
  line += message.has_key ? " key " + quote(message.key) : "";
  line += message.partition_by.empty() ? "" : " partition by " + quote(message.partition_by);
  for (const Header& header : message.headers) {
    line += " header " + quote(header.name) + "=" + quote(header.value);
  }
  line += " at " + time_text(message.time);
  return message.payload == event ? line : line + " payload " + std::string(message.payload);
}

std::string row_text(const Program& program, const Row& row) {
  const Table& table = program.tables[row.table];
  std::string line = "row " + qualified_name(table);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    line += " " + table.columns[i].name + "=" + cell_text(row.cells[i], table.columns[i].type);
  }
  return line;
}

std::string decision_text(const Program& program, const Run& run, std::string_view event, const Decision& decision) {
  std::string text;
  const auto line = [&](const std::string& what) { text += "=> " + what + "\n"; };
  for (const Index rule : decision.rules) {
    line("rule " + program.routers[run.router].rules[rule].name);
  }
  if (decision.by_otherwise) {
    line("otherwise");
  }
  switch (decision.outcome) {
    case Outcome::routed:
      break;
    case Outcome::dropped:
      line("dropped");
      break;
    case Outcome::invalid:
    case Outcome::rejected:
      line((decision.outcome == Outcome::invalid ? "invalid " : "rejected ") + std::string(decision.reason.code()) +
           " " + std::string(decision.reason.rule) + " " + std::string(decision.reason.path) + ": " +
           std::string(decision.reason.text));
      break;
  }
  for (const Message& message : decision.messages) {
    line(message_text(message, program, event));
  }
  for (const Row& row : decision.rows) {
    line(row_text(program, row));
  }
  return text;
}

class Player {
 public:
  explicit Player(const Program& program) : program_(program) {}

  std::string play(const std::string& script) {
    std::istringstream lines(script);
    std::string out;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("=>")) {
        continue;
      }
      out += line + "\n";
      if (line.starts_with("run ")) {
        begin(line);
      } else if (!line.empty() && line[0] != '#') {
        out += decision_text(program_, run_, line, evaluator_->evaluate(line, {topic_, kArrival, kHeaders}));
      }
    }
    return out;
  }

 private:
  /// `run web`, `run web and tables`, `run tables clicks`
  void begin(const std::string& line) {
    std::istringstream words(line);
    std::string word, name, topic;
    words >> word >> name >> topic;
    run_ = find_run(program_, name).value();
    if (topic == "and") {
      run_.load = true;
      topic.clear();
    }
    topic_ = topic;
    evaluator_.emplace(program_, run_);
  }

  const Program& program_;
  Run run_;
  std::string topic_;
  std::optional<Evaluator> evaluator_;
};

class DecisionsFixture : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(DecisionsFixture, DecidesAsWritten) {
  const Fixture fixture = read_fixture(GetParam());
  ASSERT_GE(fixture.sections.size(), 2U);
  const Compilation compilation = fixture.compile();
  ASSERT_TRUE(compilation.ruleset) << compilation.text();
  const std::string actual = Player(compilation.ruleset->program).play(fixture.sections.back().text);
  if (!update_fixture(fixture, actual)) {
    EXPECT_EQ(actual, fixture.sections.back().text);
  }
}

INSTANTIATE_TEST_SUITE_P(All, DecisionsFixture, testing::ValuesIn(fixture_paths("decisions")),
                         [](const auto& info) { return fixture_name(info.param); });

} // namespace
} // namespace millrace::dsl
