// The meaning of the rules is fixed twice: what the evaluator decides, with its index and without, is what the
// reference interpreter decides. Random rules, random events; MILLRACE_SEED is where to begin, MILLRACE_COMPARISONS how
// many.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "dsl/compile.hpp"
#include "tests/support/reference/generate.hpp"
#include "tests/support/reference/minimise.hpp"
#include "tests/support/reference/verdict.hpp"

namespace millrace::dsl {
namespace {

using reference::Case;
using reference::Circumstances;
using reference::Dice;
using reference::Verdict;

constexpr std::int64_t kArrival = 1'718'000'000'000'000; // 2024-06-10T06:13:20Z

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kComparisons = 10'000;
#else
constexpr std::uint64_t kComparisons = 200'000;
#endif

std::uint64_t number_from(const char* name, std::uint64_t usual) {
  const char* const text = std::getenv(name);
  return text == nullptr ? usual : std::stoull(text);
}

Compilation compiled(const std::string& rules) {
  return compile_with_unreachable(
      "main.rules", [&](std::string_view name) { return name == "main.rules" ? std::optional(rules) : std::nullopt; });
}

/// Two evaluators and the reference, for one way to run a program.
class Trio {
 public:
  Trio(const Program& program, Run run)
      : program_(program), run_(run), indexed_(program, run), plain_(program, asked(run)) {}

  /// What is different; empty if nothing is.
  std::string difference(const std::string& event, const Circumstances& from) {
    std::vector<Header> headers;
    for (const auto& [name, value] : from.headers) {
      headers.push_back({name, value});
    }
    const Meta meta{from.topic, from.received_at, headers};
    Verdict wanted = reference::decide(program_, run_, event, from);
    const Verdict with_index = reference::verdict_of(program_, run_, event, indexed_.evaluate(event, meta));
    const Verdict one_by_one = reference::verdict_of(program_, run_, event, plain_.evaluate(event, meta));
    indexed_.reset();
    plain_.reset();
    if (wanted.front().starts_with("invalid R01") && broken_twice(event)) { // which one is named is not fixed
      wanted.front().replace(0, 13, with_index.front(), 0, 13);
    }
    outcome_ = wanted.front().substr(0, wanted.front().find(' '));
    if (with_index == wanted && one_by_one == wanted) {
      return "";
    }
    return "reference:\n" + reference::joined(wanted) + "with the index:\n" + reference::joined(with_index) +
           (one_by_one == with_index ? "" : "one by one:\n" + reference::joined(one_by_one));
  }

  const std::string& outcome() const { return outcome_; }
  const dsl::Run& run() const { return run_; }

 private:
  static bool broken_twice(const std::string& event) {
    const std::size_t first = event.find_first_not_of(" \t\r\n");
    const bool no_object = first == std::string::npos || event[first] != '{';
    return (no_object || !reference::is_utf8(event)) && !reference::parse_json(event).json;
  }

  static Run asked(Run run) {
    run.one_by_one = true;
    return run;
  }

  const Program& program_;
  Run run_;
  Evaluator indexed_;
  Evaluator plain_;
  std::string outcome_;
};

std::string difference(const Case& of, const Run& run, const Circumstances& from) {
  const Compilation compilation = compiled(of.rules);
  const bool runs = compilation.ruleset && (run.router == kNone || !compilation.ruleset->program.routers.empty());
  return runs ? Trio(compilation.ruleset->program, run).difference(of.event, from) : "";
}

/// The case made small, as a fixture of tests/dsl/fixtures/decisions has it.
std::string report(std::uint64_t seed, const Case& failing, const Run& run, const Circumstances& from) {
  const Case small = minimised(failing, [&](const Case& of) { return !difference(of, run, from).empty(); });
  const std::string way = run.router == kNone ? "run tables " + from.topic : run.load ? "run r and tables" : "run r";
  return "MILLRACE_SEED=" + std::to_string(seed) + " shows a difference\n" + difference(small, run, from) +
         "--- main.rules\n" + small.rules + "--- decisions\n" + way + "\n" + small.event + "\n";
}

TEST(Oracle, AgreesWithTheEvaluator) {
  constexpr int kEvents = 100;
  const std::uint64_t first = number_from("MILLRACE_SEED", 1);
  const std::uint64_t wanted = number_from("MILLRACE_COMPARISONS", kComparisons);
  std::uint64_t made = 0;
  std::uint64_t rulesets = 0;
  std::uint64_t refused = 0;
  std::map<std::string, int> codes;
  std::map<std::string, std::uint64_t> outcomes;
  for (std::uint64_t seed = first; made < wanted; ++seed) {
    Dice dice(seed);
    const reference::Schema schema = reference::make_schema(dice);
    const std::string rules = reference::make_rules(schema, dice);
    const Compilation compilation = compiled(rules);
    ++rulesets;
    if (!compilation.ruleset) {
      ++refused;
      if (std::getenv("MILLRACE_SHOW_REFUSED") != nullptr) {
        std::printf("seed %llu\n%s\n", static_cast<unsigned long long>(seed), compilation.text().c_str());
      }
      ASSERT_LT(refused, 50 + rulesets / 5) << "too many do not compile";
      continue;
    }
    const Program& program = compilation.ruleset->program;
    const std::vector<std::string> topics = {"t0", "t1", "over", "part.a", "part.zz"};
    const int way = static_cast<int>(dice.below(4));
    Trio trio(program, way == 0 ? dsl::Run{kNone, true} : dsl::Run{0, way == 1});
    for (int i = 0; i < kEvents && made < wanted; ++i, ++made) {
      const std::string event = reference::make_event(schema, dice);
      Circumstances from{way == 0 ? dice.pick(topics) : "", kArrival, {{"h", dice.once_in(10) ? "\xff" : "a"}}};
      const std::string difference = trio.difference(event, from);
      ASSERT_TRUE(difference.empty()) << report(seed, {rules, event}, trio.run(), from);
      ++outcomes[trio.outcome()];
    }
  }
  std::printf("%llu comparisons, %llu of %llu rulesets refused\n", static_cast<unsigned long long>(made),
              static_cast<unsigned long long>(refused), static_cast<unsigned long long>(rulesets));
  for (const auto& [outcome, count] : outcomes) {
    std::printf("  %-9s %llu\n", outcome.c_str(), static_cast<unsigned long long>(count));
  }
}

} // namespace
} // namespace millrace::dsl
