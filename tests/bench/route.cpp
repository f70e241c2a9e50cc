// Events of 300 bytes through ten rules that read six fields, from bytes to messages, all of the JSON checked; beside
// simdjson's DOM parse of the same bytes. Both run in turn, several times, and the best of each counts, since other
// programs share the machine.
#include <simdjson.h>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "dsl/compile.hpp"
#include "dsl/evaluate.hpp"
#include "tests/bench/devices.hpp"
#include "tests/bench/turns.hpp"

namespace millrace::dsl {
namespace {

template <typename Each>
double events_per_second(std::size_t count, std::size_t times, Each each) {
  const double seconds = bench::seconds_of([&] {
    for (std::size_t time = 0; time < times; ++time) {
      for (std::size_t i = 0; i < count; ++i) {
        each(i);
      }
    }
  });
  return static_cast<double>(count * times) / seconds;
}

int run() {
  const Compilation compilation =
      compile("bench.rules", [](std::string_view) { return std::optional<std::string>(bench::kDeviceRules); });
  if (!compilation.ruleset) {
    std::fputs(compilation.text().c_str(), stderr);
    return 1;
  }
  const Program& program = compilation.ruleset->program;
  Evaluator evaluator(program, *find_run(program, "device_events"));

  const std::vector<std::string> events = bench::device_events(1000);
  const std::vector<simdjson::padded_string> padded(events.begin(), events.end());
  simdjson::dom::parser parser;
  std::size_t messages = 0;
  std::size_t parsed = 0;
  std::vector<double> values;
  std::vector<double> references;
  std::vector<double> ratios;
  constexpr int kRounds = 101;
  constexpr std::size_t kTimes = 10;
  constexpr std::size_t kBatch = 250;
  for (int round = 0; round < kRounds; ++round) {
    references.push_back(events_per_second(events.size(), kTimes, [&](std::size_t i) {
      simdjson::dom::element document;
      parsed += parser.parse(padded[i]).get(document) == simdjson::SUCCESS ? 1 : 0;
    }));
    values.push_back(events_per_second(events.size(), kTimes, [&](std::size_t i) {
      messages += evaluator.evaluate(events[i], {}).messages.size();
      if (i % kBatch == kBatch - 1) {
        evaluator.reset();
      }
    }));
    ratios.push_back(values.back() / references.back());
  }
  constexpr std::size_t kRuns = kRounds * kTimes;
  if (parsed != events.size() * kRuns || messages < events.size() * kRuns) {
    std::fputs("bench route: not every event was parsed and routed\n", stderr);
    return 1;
  }
  std::printf("bench route value=%.0f unit=events/s reference=%.0f ratio=%.2f\n", bench::median(values),
              bench::median(references), bench::median(ratios));
  return 0;
}

} // namespace
} // namespace millrace::dsl

int main() { return millrace::dsl::run(); }
