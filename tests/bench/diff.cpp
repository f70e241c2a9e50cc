// Two rulesets over the same events and what differs, beside routing the events by the one and then by the other: the
// events and rules of `route`. Of the new rules one sends a seventh of the events elsewhere.
#include <cstdio>
#include <string>
#include <vector>

#include "dsl/compile.hpp"
#include "dsl/evaluate.hpp"
#include "dsl/explain/comparison.hpp"
#include "tests/bench/devices.hpp"
#include "tests/bench/turns.hpp"

namespace millrace::dsl {
namespace {

constexpr int kRounds = 51;
constexpr std::size_t kBatch = 250;

Compilation compiled(const std::string& rules) {
  return compile("bench.rules", [&](std::string_view) { return std::optional(rules); });
}

double routing(Evaluator& evaluator, const std::vector<std::string>& events) {
  return bench::seconds_of([&] {
    for (std::size_t i = 0; i < events.size(); ++i) {
      evaluator.evaluate(events[i], {});
      if (i % kBatch == kBatch - 1) {
        evaluator.reset();
      }
    }
  });
}

int run() {
  const std::string rules = bench::kDeviceRules;
  std::string other = rules;
  const std::string crashes = R"(to topic "crashes" )";
  other.replace(other.find(crashes), crashes.size(), R"(to topic "other" )");
  const Compilation before = compiled(rules);
  const Compilation after = compiled(other);
  if (!before.ruleset || !after.ruleset) {
    std::fputs((before.text() + after.text()).c_str(), stderr);
    return 1;
  }
  const std::vector<std::string> events = bench::device_events(5'000);
  Evaluator first(before.ruleset->program, {.router = 0});
  Evaluator second(after.ruleset->program, {.router = 0});
  std::vector<double> values;
  std::vector<double> references;
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    references.push_back(routing(first, events) + routing(second, events));
    Comparison comparison(*before.ruleset, 0, *after.ruleset, 0);
    values.push_back(bench::seconds_of([&] {
      for (std::size_t i = 0; i < events.size(); ++i) {
        comparison.add(events[i], {}, i + 1);
      }
    }));
    ratios.push_back(references.back() / values.back());
    if (comparison.changed() < events.size() / 8) {
      std::fputs("bench diff: fewer events changed than should\n", stderr);
      return 1;
    }
  }
  const auto count = static_cast<double>(events.size());
  std::printf("bench diff value=%.0f unit=events/s reference=%.0f ratio=%.2f\n", count / bench::median(values),
              count / bench::median(references), bench::median(ratios));
  return 0;
}

} // namespace
} // namespace millrace::dsl

int main() { return millrace::dsl::run(); }
