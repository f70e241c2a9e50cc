// The index decides as asking one rule after the other does: random rules, random events, every order and nesting.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "dsl/compile.hpp"
#include "dsl/evaluate.hpp"
#include "dsl/index/reach.hpp"

namespace millrace::dsl {
namespace {

constexpr std::string_view kHead = R"(edition 1
event e {
  kind: one of "a", "b", "c" or other
  mode: string  n: int  m: int  x: decimal(6,2)  on: bool  at: timestamp from unix_s  city?: string  deep? { v: int }  ip: ip
}
topic "t" { event e }
topic "dlq" { }
)";

class Maker {
 public:
  explicit Maker(std::uint32_t seed) : random_(seed) {}

  std::string rules() {
    const bool all = chance(2);
    std::string text(kHead);
    text += std::string("router r for e {\n  match ") + (all ? "all" : "first") + "\n  dead_letter \"dlq\"\n";
    for (std::uint32_t i = 1 + below(60); i > 0; --i) {
      text += rule(all, 2);
    }
    return text + "  otherwise drop\n}\n";
  }

  std::string event() {
    std::string text = R"({"kind":")" + std::string(1, "abcd"[below(4)]) + R"(","mode":")" + word() + R"(","n":)" +
                       number() + R"(,"m":)" + number() + R"(,"x":)" + number() + "." + std::to_string(below(10)) +
                       R"(,"on":)" + (chance(2) ? "true" : "false") + R"(,"at":)" + std::to_string(below(30)) +
                       R"(,"ip":"10.0.)" + std::to_string(below(4)) + "." + std::to_string(below(4)) + "\"";
    text += chance(2) ? R"(,"city":")" + word() + "\"" : "";
    text += chance(2) ? R"(,"deep":{"v":)" + number() + "}" : "";
    return text + "}";
  }

 private:
  std::uint32_t below(std::uint32_t most) { return static_cast<std::uint32_t>(random_() % most); }
  bool chance(std::uint32_t in) { return below(in) == 0; }
  std::string number() { return std::to_string(below(25)); }
  std::string word() {
    std::string text;
    for (std::uint32_t i = below(6); i > 0; --i) {
      text += "xyz"[below(3)];
    }
    return text;
  }
  std::string quoted() { return "\"" + word() + "\""; }
  std::string some(std::string (Maker::*make)()) {
    std::string list = (this->*make)();
    for (std::uint32_t i = below(4); i > 0; --i) {
      list += ", " + (this->*make)();
    }
    return "(" + list + ")";
  }
  std::string pattern() {
    const std::string first = "X" + word();
    switch (below(4)) {
      case 0:
        return first;
      case 1:
        return word() + "y";
      case 2:
        return "(" + word() + "|z" + word() + ")x?";
      default:
        return word() + "[xy]+" + word() + "z";
    }
  }
  std::string range() {
    const std::uint32_t low = below(25);
    return std::to_string(low) + (chance(2) ? ".." : "..<") + std::to_string(low + 1 + below(9));
  }
  std::string kind() { return std::string("\"") + "abc"[below(3)] + "\""; }

  std::string rule(bool all, std::uint32_t depth) {
    const std::string name = "r" + std::to_string(names_++);
    if (depth > 0 && chance(8)) {
      std::string text = "group " + name + " when " + condition(2) + " {\n";
      for (std::uint32_t i = 1 + below(6); i > 0; --i) {
        text += rule(all, depth - 1);
      }
      return text + "}\n";
    }
    if (chance(10)) {
      return "drop " + name + " when " + condition(3) + "\n";
    }
    return std::string(!all && chance(3) ? "tap " : "route ") + name + " when " + condition(3) + " to topic \"t\"\n";
  }

  std::string condition(std::uint32_t depth) {
    if (depth > 0 && chance(3)) {
      return "(" + condition(depth - 1) + " and " + condition(depth - 1) + ")";
    }
    if (depth > 0 && chance(5)) {
      return "(" + condition(depth - 1) + " or " + condition(depth - 1) + ")";
    }
    return test();
  }

  std::string compared() { return std::string(1, ' ') + kSigns[below(6)] + " "; }

  std::string test() {
    const std::string negation = chance(6) ? "not " : "";
    switch (below(20)) {
      case 0:
        return "kind == " + kind();
      case 1:
        return "kind " + negation + "in " + some(&Maker::kind);
      case 2:
        return "mode == " + quoted();
      case 3:
        return "mode " + negation + "in " + some(&Maker::quoted);
      case 4:
        return "n" + compared() + number();
      case 5:
        return "m" + compared() + number();
      case 6:
        return "(n >= " + number() + " and n < " + number() + ")";
      case 7:
        return "x" + compared() + number() + ".5";
      case 8:
        return negation + "on";
      case 9:
        return "mode " + negation + kTexts[below(3)] + " " + quoted();
      case 10:
        return "city == " + quoted();
      case 11:
        return negation + "exists city";
      case 12:
        return "deep.v > " + number();
      case 13:
        return "mode " + negation + "matches /" + (chance(2) ? "^" : "") + pattern() + "/" + (chance(2) ? "i" : "");
      case 14:
        return "n " + negation + "in (" + range() + ", " + number() + ", " + range() + ")";
      case 15:
        return "mode " + negation + "in " + some(&Maker::quoted) + " ignoring case";
      case 16:
        return "ip " + negation + "in (\"10.0." + std::to_string(below(4)) + ".0/24\", \"10.0.1." +
               std::to_string(below(4)) + "\")";
      case 17:
        return "lower(mode) == " + quoted();
      case 18:
        return "mode " + negation + "contains " + quoted() + " ignoring case";
      default:
        return "at < \"1970-01-01T00:00:" + std::to_string(10 + below(20)) + "Z\"";
    }
  }

  static constexpr const char* kSigns[] = {"==", "!=", "<", "<=", ">", ">="};
  static constexpr const char* kTexts[] = {"starts with", "ends with", "contains"};
  std::mt19937_64 random_;
  int names_ = 0;
};

std::string spelled(const Program& program, const Decision& decision) {
  std::string text = decision.by_otherwise ? "otherwise" : "";
  for (const Index rule : decision.rules) {
    text += " " + program.routers.front().rules[rule].name;
  }
  return text;
}

/// And what is proven unreachable is never reached.
TEST(IndexAgrees, WithAskingOneRuleAfterTheOther) {
  constexpr std::uint32_t kRulesets = 200;
  constexpr int kEvents = 60;
  int matched = 0;
  std::size_t proven = 0;
  for (std::uint32_t seed = 1; seed <= kRulesets; ++seed) {
    Maker maker(seed);
    const std::string rules = maker.rules();
    const Compilation compilation =
        compile_with_unreachable("main.rules", [&](std::string_view) { return std::optional(rules); });
    ASSERT_TRUE(compilation.ruleset) << "seed " << seed << "\n" << compilation.text() << rules;
    const Program& program = compilation.ruleset->program;
    ASSERT_TRUE(program.routers.front().index);
    Evaluator indexed(program, {.router = 0});
    Evaluator plain(program, {.router = 0, .load = false, .one_by_one = true});
    const std::vector<Unreachable> unreachable = unreachable_rules(program, program.routers.front());
    proven += unreachable.size();
    for (int i = 0; i < kEvents; ++i) {
      const std::string event = maker.event();
      const Decision& decision = plain.evaluate(event, {});
      for (const Unreachable& rule : unreachable) {
        ASSERT_EQ(std::count(decision.rules.begin(), decision.rules.end(), rule.rule), 0)
            << "seed " << seed << ": " << program.routers.front().rules[rule.rule].name << "\n"
            << event << "\n"
            << rules;
      }
      const std::string wanted = spelled(program, decision);
      ASSERT_EQ(spelled(program, indexed.evaluate(event, {})), wanted) << "seed " << seed << "\n"
                                                                       << event << "\n"
                                                                       << rules;
      matched += wanted == "otherwise" ? 0 : 1;
      indexed.reset();
      plain.reset();
    }
  }
  EXPECT_GT(matched, 4'000); // not all of it is vain
  EXPECT_GT(proven, 100U);
}

} // namespace
} // namespace millrace::dsl
