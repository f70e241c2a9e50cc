// From the text of rules to an active index, on one core: 10,000 and 100,000 rules of mixed kinds.
#include <cstdio>
#include <string>
#include <vector>

#include "dsl/compile.hpp"
#include "tests/bench/turns.hpp"

namespace millrace::dsl {
namespace {

std::string rules_of(std::size_t count) {
  std::string text = R"(edition 1
event e {
  type: one of "a", "b", "c" or other
  country: string  device: string  path: string  load: int  battery?: float
}
topic "t" { event e }
topic "other" { event e }
topic "dlq" { }
router r for e {
  match first
  dead_letter "dlq"
)";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    const std::string conditions[] = {
        "device == \"d-" + number + "\"",
        "type == \"a\" and country == \"C" + std::to_string(i % 200) + "\" and device == \"x-" + number + "\"",
        "path starts with \"/shop/" + number + "/\"",
        "load >= " + number + "0 and load < " + number + "9",
        "country in (\"DE\", \"FR\", \"C" + number + "\") and not (type == \"b\")",
    };
    text += "  route r" + number + " when " + conditions[i % 5] + "\n    to topic \"t\" { key device }\n";
  }
  return text + "  otherwise to topic \"other\"\n}\n";
}

int run() {
  constexpr double kMost[] = {0.3, 4};
  constexpr std::size_t kCounts[] = {10'000, 100'000};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string text = rules_of(kCounts[i]);
    std::vector<double> times;
    for (int round = 0; round < (i == 0 ? 9 : 3); ++round) {
      bool good = false;
      times.push_back(bench::seconds_of([&] {
        const Compilation compilation = compile("bench.rules", [&](std::string_view) { return std::optional(text); });
        good = compilation.ruleset != nullptr;
        if (!good) {
          std::fputs(compilation.text().c_str(), stderr);
        }
      }));
      if (!good) {
        return 1;
      }
    }
    const double value = bench::median(times) * 1'000;
    std::printf("bench compile_%zu value=%.0f unit=ms reference=%.0f ratio=%.2f\n", kCounts[i], value, kMost[i] * 1'000,
                value / 1'000 / kMost[i]);
  }
  return 0;
}

} // namespace
} // namespace millrace::dsl

int main() { return millrace::dsl::run(); }
