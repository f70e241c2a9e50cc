// Running tests: the event through the router, then each of its messages through the tables.
#include <algorithm>
#include <map>
#include <set>

#include "dsl/evaluate.hpp"
#include "dsl/testing.hpp"
#include "dsl/testing/row_match.hpp"

namespace millrace::dsl {
namespace {

constexpr std::int64_t kArrival = 1'718'000'000'000'000; // 2024-06-10T06:13:20Z

struct SentMessage {
  std::string topic;
  std::optional<std::string> key;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string payload;
};

struct Refusal {
  std::string table;
  std::string column;
  std::string text;
};

/// What became of one event. Rows are compared while the evaluator holds them, so it is kept here.
struct Outcomes {
  bool routed = false; // a router was run
  Outcome outcome = Outcome::dropped;
  std::vector<SentMessage> messages;
  std::vector<Index> rules;
  bool by_otherwise = false;
  std::string reason;
  std::string reason_path;
  std::vector<Refusal> refusals; // of tables
  struct StoredRow {
    Index table;
    std::vector<Value> cells;
  };
  std::vector<StoredRow> rows;
};

class TestRun {
 public:
  TestRun(const Ruleset& ruleset, const Loader& load) : program_(ruleset.program), load_(load) {}

  TestResult run(const TestCase& test) {
    TestResult result{test.name, test.place, 0, {}};
    families_.clear();
    for (const TestGiven& given : test.givens) {
      const auto event = given.file ? load_(*given.file) : std::optional(given.event);
      result.expectations += given.expectations.size();
      if (!event) {
        result.failures.push_back({given.place, "there is no file `" + *given.file + "`"});
        continue;
      }
      this->given(test, given, *event, result);
    }
    return result;
  }

 private:
  void given(const TestCase& test, const TestGiven& given, const std::string& event, TestResult& result) {
    const Router* router = test.router == kNone || given.topic ? nullptr : &program_.routers[test.router];
    Evaluator routing(program_, {router == nullptr ? kNone : test.router, false});
    Evaluator loading(program_, {.load = true, .any_age = true});
    Outcomes outcomes;
    if (router != nullptr) {
      route(routing, event, outcomes);
      for (const SentMessage& message : outcomes.messages) {
        load(loading, message.topic, message.headers, message.payload, outcomes);
      }
    } else if (given.topic) {
      load(loading, *given.topic, {}, event, outcomes);
    }
    for (const TestExpectation& expectation : given.expectations) {
      const std::string mismatch = this->mismatch(expectation, outcomes, router);
      if (mismatch.empty() == expectation.negated) {
        const std::string what = expectation.negated ? "it did happen" : mismatch;
        result.failures.push_back(
            {expectation.place, "`" + expectation.text + "`: " + what + "; " + story(outcomes, router)});
      }
    }
  }

  void route(Evaluator& evaluator, const std::string& event, Outcomes& outcomes) {
    const Decision& decision = evaluator.evaluate(event, {"", kArrival, {}});
    outcomes.routed = true;
    outcomes.outcome = decision.outcome;
    outcomes.rules.assign(decision.rules.begin(), decision.rules.end());
    outcomes.by_otherwise = decision.by_otherwise;
    outcomes.reason = decision.reason.text;
    outcomes.reason_path = decision.reason.path;
    for (const Message& message : decision.messages) {
      SentMessage sent{granted(message), std::nullopt, {}, std::string(message.payload)};
      if (message.has_key) {
        sent.key = std::string(message.key);
      }
      for (const Header& header : message.headers) {
        sent.headers.emplace_back(std::string(header.name), std::string(header.value));
      }
      outcomes.messages.push_back(std::move(sent));
    }
  }

  /// `at most N topics`: there are none when a test starts, and those of its events stay.
  std::string granted(const Message& message) {
    if (message.at_most == 0) {
      return std::string(message.topic);
    }
    std::set<std::string, std::less<>>& names = families_[message.declared];
    const bool fits = names.contains(message.topic) || names.size() < static_cast<std::size_t>(message.at_most);
    if (!fits) {
      return program_.topics[message.overflow].name;
    }
    return *names.emplace(message.topic).first;
  }

  /// Cells of earlier events stay valid, as the evaluator is not reset before the expectations are looked at.
  /// A message takes its headers along.
  static void load(Evaluator& evaluator, std::string_view topic,
                   const std::vector<std::pair<std::string, std::string>>& sent, const std::string& event,
                   Outcomes& outcomes) {
    std::vector<Header> headers;
    for (const auto& [name, value] : sent) {
      headers.push_back({name, value});
    }
    const Decision& decision = evaluator.evaluate(event, {topic, kArrival, headers});
    for (const Row& row : decision.rows) {
      outcomes.rows.push_back({row.table, {row.cells.begin(), row.cells.end()}});
    }
    if (decision.outcome == Outcome::rejected) {
      outcomes.refusals.push_back(
          {std::string(decision.reason.rule), std::string(decision.reason.path), std::string(decision.reason.text)});
    } else if (decision.outcome == Outcome::invalid && !outcomes.routed) {
      outcomes.outcome = decision.outcome;
      outcomes.reason = decision.reason.text;
      outcomes.reason_path = decision.reason.path;
    }
  }

  /// Empty if the expectation (without its `not`) holds.
  std::string mismatch(const TestExpectation& expectation, const Outcomes& outcomes, const Router* router) const {
    switch (expectation.kind) {
      case TestExpectation::Kind::topic:
        return topic_mismatch(expectation, outcomes);
      case TestExpectation::Kind::rule:
        return rule_mismatch(expectation, outcomes, router);
      case TestExpectation::Kind::otherwise:
        return outcomes.by_otherwise ? "" : "a rule took the event";
      case TestExpectation::Kind::invalid:
        return invalid_mismatch(expectation, outcomes);
      case TestExpectation::Kind::row:
        return row_mismatch(expectation, outcomes);
      case TestExpectation::Kind::reject:
        return reject_mismatch(expectation, outcomes);
    }
    return "";
  }

  static std::string topic_mismatch(const TestExpectation& expectation, const Outcomes& outcomes) {
    std::string nearest = "it was not sent there";
    for (const SentMessage& message : outcomes.messages) {
      if (message.topic != expectation.topic) {
        continue;
      }
      const std::string difference = message_difference(expectation, message);
      if (difference.empty()) {
        return "";
      }
      nearest = difference;
    }
    return nearest;
  }

  static std::string message_difference(const TestExpectation& expectation, const SentMessage& message) {
    if (expectation.key && message.key != expectation.key) {
      return "the key is " + (message.key ? "\"" + *message.key + "\"" : std::string("absent"));
    }
    for (const auto& [name, value] : expectation.headers) {
      const auto found = std::find_if(message.headers.begin(), message.headers.end(),
                                      [&name = name](const auto& header) { return header.first == name; });
      if (found == message.headers.end()) {
        return "there is no header \"" + name + "\"";
      }
      if (found->second != value) {
        return "the header \"" + name + "\" is \"" + found->second + "\"";
      }
    }
    return "";
  }

  static std::string rule_mismatch(const TestExpectation& expectation, const Outcomes& outcomes, const Router* router) {
    for (const Index rule : outcomes.rules) {
      if (router->rules[rule].name == expectation.rule && router->rules[rule].kind == expectation.rule_kind) {
        return "";
      }
    }
    return "it did not match";
  }

  static std::string invalid_mismatch(const TestExpectation& expectation, const Outcomes& outcomes) {
    if (outcomes.outcome != Outcome::invalid) {
      return "the event is valid";
    }
    const bool same_path = expectation.path.empty() || expectation.path == outcomes.reason_path;
    return same_path ? "" : "it is invalid at `" + outcomes.reason_path + "`";
  }

  std::string row_mismatch(const TestExpectation& expectation, const Outcomes& outcomes) const {
    std::string nearest = "no such row";
    for (const auto& row : outcomes.rows) {
      if (row.table != expectation.table) {
        continue;
      }
      const std::string difference =
          expectation.row.empty() ? "" : dsl::row_mismatch(program_, {row.table, row.cells}, expectation.row);
      if (difference.empty()) {
        return "";
      }
      nearest = difference;
    }
    return nearest;
  }

  std::string reject_mismatch(const TestExpectation& expectation, const Outcomes& outcomes) const {
    const std::string table = qualified_name(program_.tables[expectation.table]);
    std::string nearest = "the table did not refuse it";
    for (const Refusal& refusal : outcomes.refusals) {
      if (refusal.table != table) {
        continue;
      }
      if (expectation.column.empty() || expectation.column == refusal.column) {
        return "";
      }
      nearest = "it was refused at `" + refusal.column + "`";
    }
    return nearest;
  }

  /// What happened, in a few words.
  std::string story(const Outcomes& outcomes, const Router* router) const {
    std::string text;
    switch (outcomes.outcome) {
      case Outcome::invalid:
        return "the event is invalid: " + outcomes.reason;
      case Outcome::rejected:
        return "the event was rejected: " + outcomes.reason;
      case Outcome::dropped:
      case Outcome::routed:
        break;
    }
    for (const Index rule : outcomes.rules) {
      constexpr std::string_view kWords[] = {"drop", "tap", "route", "group"};
      const auto kind = static_cast<std::size_t>(router->rules[rule].kind) - 1;
      text += (text.empty() ? "" : ", ") + std::string(kWords[kind]) + " `" + router->rules[rule].name + "`";
    }
    text += outcomes.by_otherwise ? (text.empty() ? "otherwise" : ", otherwise") : "";
    text = text.empty() ? "no rule took the event" : "taken by " + text;
    for (const SentMessage& message : outcomes.messages) {
      text += " → " + message.topic;
    }
    for (const Refusal& refusal : outcomes.refusals) {
      text += "; " + refusal.table + " refused it: " + refusal.text;
    }
    return text;
  }

  const Program& program_;
  const Loader& load_;
  std::map<Index, std::set<std::string, std::less<>>> families_; // names that were granted, by Program::topics
};

} // namespace

namespace {

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
    results.push_back({test.name, test.place, 0, {{test.place, "with the fixtures:\n" + tested.text()}}});
  }
  return results;
}

} // namespace millrace::dsl
