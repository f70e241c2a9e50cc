// From the text of rules to an active index, on one core: 10,000 and 100,000 rules of mixed kinds, and again after one
// rule has been changed, and when nothing has.
#include <cstdio>
#include <string>
#include <vector>

#include "dsl/compile.hpp"
#include "tests/bench/many_rules.hpp"
#include "tests/bench/turns.hpp"

namespace millrace::dsl {
namespace {

/// Milliseconds, of one compilation after the other.
template <typename Text>
bool measure(const std::string& name, double most, int rounds, ParsedFiles* parsed, Text text) {
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const std::string now = text(round);
    bool good = false;
    times.push_back(bench::seconds_of([&] {
      ParsedFiles none;
      const Compilation compilation = compile(
          "bench.rules", [&](std::string_view) { return std::optional(now); }, parsed ? *parsed : none);
      good = compilation.ruleset != nullptr;
      if (!good) {
        std::fputs(compilation.text().c_str(), stderr);
      }
    }));
    if (!good) {
      return false;
    }
  }
  const double value = bench::median(times) * 1'000;
  std::printf("bench compile_%s value=%.0f unit=ms reference=%.0f ratio=%.2f\n", name.c_str(), value, most,
              value / most);
  return true;
}

int run() {
  const std::string some = bench::many_rules(10'000);
  const std::string many = bench::many_rules(100'000);
  const auto edited = [&](int round) {
    const std::string_view rule = "\"d-5000\"";
    std::string text = some;
    return text.replace(text.find(rule), rule.size(), "\"e-" + std::to_string(round) + "\"");
  };
  ParsedFiles parsed;
  const bool good = measure("10000", 300, 9, nullptr, [&](int) { return some; }) &&
                    measure("10000_edited", 300, 9, &parsed, edited) &&
                    measure("10000_unchanged", 300, 9, &parsed, [&](int) { return some; }) &&
                    measure("100000", 4'000, 3, nullptr, [&](int) { return many; });
  return good ? 0 : 1;
}

} // namespace
} // namespace millrace::dsl

int main() { return millrace::dsl::run(); }
