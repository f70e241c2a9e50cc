// The meaning of the rules is fixed twice: what the evaluator decides, with its index and without, is what the
// reference interpreter decides. Random rules, random events; MILLRACE_SEED is where to begin, MILLRACE_COMPARISONS how
// many.
#include <gtest/gtest.h>

#include <chrono>
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

Compilation compiled(const reference::Files& files) {
  return compile_with_unreachable("main.rules", [&](std::string_view name) {
    const auto found = files.find(std::string(name));
    return found == files.end() ? std::nullopt : std::optional(found->second);
  });
}

/// Whether the event was found by more than one test, those of the groups around the rule counted.
bool is_deep(const Program& program, const Router& router, Index rule) {
  const auto several = [&](Index condition) {
    const Node& node = program.nodes[condition];
    return node.op == Op::all_of && node.b > 1;
  };
  return router.rules[rule].group != kNone || several(router.rules[rule].condition);
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
    const Decision& decision = indexed_.evaluate(event, meta);
    const Verdict with_index = reference::verdict_of(program_, run_, event, decision);
    look_at(decision);
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
  bool by_rule() const { return by_rule_; }
  bool deep() const { return deep_; }
  const dsl::Run& run() const { return run_; }

 private:
  /// A rejected event was found by the rule that rejects it.
  void look_at(const Decision& decision) {
    by_rule_ = !decision.rules.empty();
    deep_ = false;
    if (run_.router == kNone) {
      return;
    }
    const Router& router = program_.routers[run_.router];
    const std::string by = router.name + ".";
    for (Index i = 0; i < router.rules.size() && decision.outcome == Outcome::rejected; ++i) {
      if (decision.reason.rule == by + router.rules[i].name) {
        by_rule_ = true;
        deep_ = is_deep(program_, router, i);
      }
    }
    for (const Index rule : decision.rules) {
      deep_ = deep_ || is_deep(program_, router, rule);
    }
  }

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
  bool by_rule_ = false;
  bool deep_ = false;
};

std::string difference(const Case& of, const Run& run, const Circumstances& from) {
  const Compilation compilation = compiled(of.files);
  const bool runs = compilation.ruleset && (run.router == kNone || !compilation.ruleset->program.routers.empty());
  return runs ? Trio(compilation.ruleset->program, run).difference(of.event, from) : "";
}

std::string sections(const reference::Files& files) {
  std::string out;
  for (const auto& [name, text] : files) {
    out += "--- " + name + "\n" + text;
  }
  return out;
}

/// The case made small, as a fixture of tests/dsl/fixtures/decisions has it.
std::string report(std::uint64_t seed, const Case& failing, const Run& run, const Circumstances& from) {
  const Case small = minimised(failing, [&](const Case& of) { return !difference(of, run, from).empty(); });
  const std::string way = run.router == kNone ? "run tables " + from.topic : run.load ? "run r and tables" : "run r";
  return "MILLRACE_SEED=" + std::to_string(seed) + " shows a difference\n" + difference(small, run, from) +
         sections(small.files) + "--- decisions\n" + way + "\n" + small.event + "\n";
}

/// What the comparisons were of, so that it can be seen that they reach deep.
class Tally {
 public:
  explicit Tally(std::uint64_t first_seed, std::uint64_t wanted) : wanted_(wanted) {
    if (wanted > kMillion) {
      std::fprintf(stderr, "MILLRACE_SEED=%llu, %llu comparisons\n", static_cast<unsigned long long>(first_seed),
                   static_cast<unsigned long long>(wanted));
    }
  }

  void ruleset(const Compilation& compilation) {
    ++rulesets_;
    if (!compilation.ruleset) {
      ++refused_;
      ++reasons_[reference::why_refused(compilation)];
    }
  }

  void comparison(const Trio& trio, std::uint64_t seed) {
    ++made_;
    ++outcomes_[trio.outcome()];
    by_rule_ += trio.by_rule() ? 1 : 0;
    deep_ += trio.deep() ? 1 : 0;
    if (wanted_ > kMillion && made_ % kMillion == 0) {
      std::fprintf(stderr, "%llu million comparisons, at seed %llu, %.0f a second\n",
                   static_cast<unsigned long long>(made_ / kMillion), static_cast<unsigned long long>(seed),
                   per_second());
    }
  }

  std::uint64_t made() const { return made_; }
  double refused() const { return share(refused_, rulesets_); }
  double by_rule() const { return share(by_rule_, made_); }
  double deep() const { return share(deep_, made_); }

  void print() const {
    std::printf("%llu comparisons, %.0f a second; %.1f %% found by a rule, %.1f %% by more than one test\n",
                static_cast<unsigned long long>(made_), per_second(), by_rule() * 100, deep() * 100);
    for (const auto& [outcome, count] : outcomes_) {
      std::printf("  %-9s %llu\n", outcome.c_str(), static_cast<unsigned long long>(count));
    }
    std::printf("%llu rulesets, %.1f %% refused\n", static_cast<unsigned long long>(rulesets_), refused() * 100);
    for (const auto& [reason, count] : reasons_) {
      std::printf("  %d times: %s\n", count, reason.c_str());
    }
  }

 private:
  static constexpr std::uint64_t kMillion = 1'000'000;

  static double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }
  double per_second() const {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begin_;
    return static_cast<double>(made_) / since.count();
  }

  std::uint64_t wanted_;
  std::uint64_t made_ = 0;
  std::uint64_t by_rule_ = 0;
  std::uint64_t deep_ = 0;
  std::uint64_t rulesets_ = 0;
  std::uint64_t refused_ = 0;
  std::map<std::string, int> reasons_;
  std::map<std::string, std::uint64_t> outcomes_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

TEST(Oracle, AgreesWithTheEvaluator) {
  constexpr int kEvents = 100;
  const std::uint64_t first = number_from("MILLRACE_SEED", 1);
  const std::uint64_t wanted = number_from("MILLRACE_COMPARISONS", kComparisons);
  Tally tally(first, wanted);
  for (std::uint64_t seed = first; tally.made() < wanted; ++seed) {
    Dice dice(seed);
    const reference::Schema schema = reference::make_schema(dice);
    const reference::Files files = reference::make_rules(schema, dice);
    const Compilation compilation = compiled(files);
    tally.ruleset(compilation);
    if (!compilation.ruleset) {
      if (std::getenv("MILLRACE_SHOW_REFUSED") != nullptr) {
        std::printf("seed %llu\n%s\n%s", static_cast<unsigned long long>(seed), compilation.text().c_str(),
                    sections(files).c_str());
      }
      ASSERT_LT(seed - first < 100 ? 0 : tally.refused(), 0.1) << "too many do not compile";
      continue;
    }
    const Program& program = compilation.ruleset->program;
    const std::vector<std::string> topics = {"t0", "t1", "over", "part.a", "part.zz"};
    const int way = static_cast<int>(dice.below(6));
    Trio trio(program, way == 0 ? dsl::Run{kNone, true} : dsl::Run{0, way < 3});
    for (int i = 0; i < kEvents && tally.made() < wanted; ++i) {
      const std::string event = reference::make_event(schema, dice);
      Circumstances from{way == 0 ? dice.pick(topics) : "", kArrival, {{"h", dice.once_in(10) ? "\xff" : "a"}}};
      const std::string difference = trio.difference(event, from);
      ASSERT_TRUE(difference.empty()) << report(seed, {files, event}, trio.run(), from);
      tally.comparison(trio, seed);
    }
  }
  tally.print();
  EXPECT_GE(tally.by_rule(), 0.4) << "too few events are found by a rule";
  EXPECT_GE(tally.deep(), 0.2) << "too few events are found by a rule that asks more than one thing";
  EXPECT_LE(tally.refused(), 0.02) << "too many rulesets do not compile";
}

} // namespace
} // namespace millrace::dsl
