// Running tests: the event through the router, then each of its messages through the tables.
#include <algorithm>

#include "dsl/explain/explain.hpp"
#include "dsl/explain/way.hpp"
#include "dsl/testing.hpp"
#include "dsl/testing/row_match.hpp"

namespace millrace::dsl {
namespace {

constexpr std::int64_t kArrival = 1'718'000'000'000'000; // 2024-06-10T06:13:20Z

using Cells = std::vector<TestFailure::Cell>;

/// Why an expectation (without its `not`) does not hold.
struct Mismatch {
  std::string text; // empty: it holds
  Cells cells;
};

class TestRun {
 public:
  TestRun(const Ruleset& ruleset, const Loader& load) : ruleset_(ruleset), program_(ruleset.program), load_(load) {}

  TestResult run(const TestCase& test) {
    TestResult result{test.name, test.place, 0, {}, {}, {}};
    WayFinder ways(program_, test.router);
    for (const TestGiven& given : test.givens) {
      result.expectations += given.expectations.size();
      std::optional<std::string> event = given.event;
      std::string why_not;
      try {
        event = given.file ? load_(*given.file) : std::move(event);
        why_not = event ? "" : "there is no file `" + *given.file + "`";
      } catch (const Unreadable& error) {
        why_not = "`" + *given.file + "` cannot be read: " + error.what();
      }
      if (!why_not.empty()) {
        result.failures.push_back({given.place, why_not, {}});
        continue;
      }
      this->given(test, given, *event, ways, result);
    }
    return result;
  }

 private:
  void given(const TestCase& test, const TestGiven& given, const std::string& event, WayFinder& ways,
             TestResult& result) {
    const bool from_topic = given.topic || test.router == kNone;
    const Meta meta{given.topic ? std::string_view(*given.topic) : "", kArrival, {}};
    const Way& way = from_topic ? ways.find_from(event, meta) : ways.find(event, meta);
    for (const Index rule : way.rules) {
      result.reached.push_back({test.router, rule});
    }
    if (way.by_otherwise) {
      result.reached.push_back({test.router, kNone});
    }
    const std::size_t before = result.failures.size();
    for (const TestExpectation& expectation : given.expectations) {
      const Mismatch mismatch = this->mismatch(expectation, way);
      if (mismatch.text.empty() == expectation.negated) {
        const std::string what = expectation.negated ? "it did happen" : mismatch.text;
        result.failures.push_back(
            {expectation.place, "`" + expectation.text + "`: " + what + "; " + story(way), mismatch.cells});
      }
    }
    if (result.failures.size() > before) {
      result.explanations.push_back(Explainer(ruleset_, from_topic ? kNone : test.router).explain(event, meta));
    }
  }

  Mismatch mismatch(const TestExpectation& expectation, const Way& way) const {
    switch (expectation.kind) {
      case TestExpectation::Kind::topic:
        return {topic_mismatch(expectation, way), {}};
      case TestExpectation::Kind::rule:
        return {rule_mismatch(expectation, way), {}};
      case TestExpectation::Kind::otherwise:
        return {way.by_otherwise ? "" : "a rule took the event", {}};
      case TestExpectation::Kind::invalid:
        return {invalid_mismatch(expectation, way), {}};
      case TestExpectation::Kind::row:
        return row_mismatch(expectation, way);
      case TestExpectation::Kind::reject:
        return {reject_mismatch(expectation, way), {}};
    }
    return {};
  }

  static std::string topic_mismatch(const TestExpectation& expectation, const Way& way) {
    std::string nearest = "it was not sent there";
    for (const Way::Sent& sent : way.sent) {
      if (sent.topic != expectation.topic) {
        continue;
      }
      const std::string difference = message_difference(expectation, *sent.message);
      if (difference.empty()) {
        return "";
      }
      nearest = difference;
    }
    return nearest;
  }

  static std::string message_difference(const TestExpectation& expectation, const Message& message) {
    if (expectation.key && (!message.has_key || message.key != *expectation.key)) {
      return "the key is " + (message.has_key ? "\"" + std::string(message.key) + "\"" : std::string("absent"));
    }
    for (const auto& [name, value] : expectation.headers) {
      const auto found = std::find_if(message.headers.begin(), message.headers.end(),
                                      [&name = name](const Header& header) { return header.name == name; });
      if (found == message.headers.end()) {
        return "there is no header \"" + name + "\"";
      }
      if (found->value != value) {
        return "the header \"" + name + "\" is \"" + std::string(found->value) + "\"";
      }
    }
    return "";
  }

  static std::string rule_mismatch(const TestExpectation& expectation, const Way& way) {
    const bool matched = std::any_of(way.rules.begin(), way.rules.end(), [&](Index rule) {
      return way.router->rules[rule].name == expectation.rule && way.router->rules[rule].kind == expectation.rule_kind;
    });
    return matched ? "" : "it did not match";
  }

  static std::string invalid_mismatch(const TestExpectation& expectation, const Way& way) {
    if (way.outcome != Outcome::invalid) {
      return "the event is valid";
    }
    const bool same_path = expectation.path.empty() || expectation.path == way.reason.path;
    return same_path ? "" : "it is invalid at `" + std::string(way.reason.path) + "`";
  }

  /// Of several rows of the table the one that is nearest.
  Mismatch row_mismatch(const TestExpectation& expectation, const Way& way) const {
    Mismatch nearest{"no such row", {}};
    for (const Way::Stored& row : way.rows) {
      if (row.table != expectation.table) {
        continue;
      }
      Cells cells =
          expectation.row.empty() ? Cells() : row_differences(program_, {row.table, row.cells}, expectation.row);
      if (cells.empty()) {
        return {};
      }
      if (nearest.cells.empty() || cells.size() < nearest.cells.size()) {
        nearest = {difference_text(cells), std::move(cells)};
      }
    }
    return nearest;
  }

  static std::string difference_text(const Cells& cells) {
    std::string text;
    for (const TestFailure::Cell& cell : cells) {
      text += text.empty() ? "" : ", ";
      text += cell.column.empty() ? cell.was : "`" + cell.column + "` is " + cell.was + ", not " + cell.expected;
    }
    return text;
  }

  std::string reject_mismatch(const TestExpectation& expectation, const Way& way) const {
    std::string nearest = "the table did not refuse it";
    for (const Way::Refused& refused : way.refused) {
      if (refused.table != expectation.table) {
        continue;
      }
      if (expectation.column.empty() || expectation.column == refused.path) {
        return "";
      }
      nearest = "it was refused at `" + refused.path + "`";
    }
    return nearest;
  }

  /// What happened, in a few words.
  std::string story(const Way& way) const {
    std::string text;
    if (way.outcome == Outcome::invalid) {
      return "the event is invalid: " + std::string(way.reason.text);
    }
    if (way.outcome == Outcome::rejected && way.router != nullptr) {
      return "the event was rejected: " + std::string(way.reason.text);
    }
    for (const Index rule : way.rules) {
      const Rule& decided = way.router->rules[rule];
      text += (text.empty() ? "" : ", ") + std::string(word_of(decided.kind)) + " `" + decided.name + "`";
    }
    text += way.by_otherwise ? (text.empty() ? "otherwise" : ", otherwise") : "";
    text = text.empty() ? "no rule took the event" : "taken by " + text;
    for (const Way::Sent& sent : way.sent) {
      text += " → " + std::string(sent.topic);
    }
    for (const Way::Refused& refused : way.refused) {
      const std::string by = refused.table == kNone ? refused.topic : qualified_name(program_.tables[refused.table]);
      text += "; " + by + " refused it: " + refused.text;
    }
    return text;
  }

  const Ruleset& ruleset_;
  const Program& program_;
  const Loader& load_;
};

bool has_fixtures(const Ruleset& ruleset, const Loader& load) {
  return std::any_of(ruleset.program.lookups.begin(), ruleset.program.lookups.end(), [&](const Lookup& lookup) {
    return lookup.is_record && load(fixture_of(ruleset.files.front().name, lookup.name));
  });
}

std::vector<TestResult> run_all(const Ruleset& ruleset, const Loader& load) {
  TestRun runner(ruleset, load);
  std::vector<TestResult> results;
  for (const TestCase& test : ruleset.tests) {
    results.push_back(runner.run(test));
  }
  return results;
}

} // namespace

std::vector<TestResult> run_tests(const Ruleset& ruleset, const Loader& load) {
  if (ruleset.tests.empty() || !has_fixtures(ruleset, load)) {
    return run_all(ruleset, load);
  }
  const Compilation tested = compile_with_fixtures(ruleset.files.front().name, load);
  if (tested.ruleset) {
    return run_all(*tested.ruleset, load);
  }
  std::vector<TestResult> results; // the fixtures are at fault: the rules alone compiled
  for (const TestCase& test : ruleset.tests) {
    results.push_back({test.name, test.place, 0, {{test.place, "with the fixtures:\n" + tested.text(), {}}}, {}, {}});
  }
  return results;
}

} // namespace millrace::dsl
