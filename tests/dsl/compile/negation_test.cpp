// What section 4 of the language promises: a condition that the compiler takes together with its negation is decided
// for every event. So just one of the two holds, whatever is missing, null or of another kind, and whether the rules
// are asked one by one or looked up. Conditions are made at random from all forms of the language; many are refused,
// which is right as often as it is not needed.
#include <gtest/gtest.h>

#include <random>

#include "dsl/compile.hpp"
#include "dsl/evaluate.hpp"

namespace millrace::dsl {
namespace {

constexpr std::string_view kHead = R"(edition 1
event e {
  n: int  m?: int  s: string  o?: string  kind: one of "a", "b" or other  flag?: bool  tags: list<string>
  nums?: list<int>  items?: list<object>  raw?: any  x?: object  p: decimal(10,2)  q?: float  at: timestamp
  span?: duration  ip?: ip  v: version  when_a?: int required when kind in ("a", "b")
}
topic "t" { event e }
topic "d" { }
lookup size = { "a": 1, "b": 2 }
let few = ["a", "x"]
def ratio = n / m
def close(l: int, r: int) = l in r..10
def drawn = sampled(s, 50%)
def drawn_o = sampled(o, 50%)
def safe = (o ?? "z") != "a"
def tail(w: string) = last(split(w, "b"))
)";

/// Conditions, by the types of what they speak of, so that many of them compile.
class Author {
 public:
  explicit Author(std::uint64_t seed) : random_(seed) {}

  std::string condition(int depth) {
    if (depth == 0 || pick(3) == 0) {
      return test();
    }
    switch (pick(5)) {
      case 0:
        return "(" + condition(depth - 1) + " and " + condition(depth - 1) + ")";
      case 1:
        return "(" + condition(depth - 1) + " or " + condition(depth - 1) + ")";
      case 2:
        return "not (" + condition(depth - 1) + ")";
      case 3: {
        const std::string guarded = one({"m", "o", "flag", "nums", "items", "raw", "q", "span", "ip", "ratio",
                                         "size[s]", "first(tags)", "(raw as int)", "items[0].a"});
        return pick(2) == 0 ? "(exists " + guarded + " and " + condition(depth - 1) + ")"
                            : "(not exists " + guarded + " or " + condition(depth - 1) + ")";
      }
      default:
        return list_test(depth);
    }
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::string one(std::initializer_list<const char*> from) { return from.begin()[pick(from.size())]; }

  std::string list_test(int depth) {
    const std::string name = "v" + std::to_string(variables_++);
    const auto kind = pick(3);
    std::vector<std::string>& names = kind == 0 ? texts_ : kind == 1 ? numbers_ : anys_;
    names.push_back(kind == 2 ? name + one({"", ".a", ".b[0]"}) : name);
    std::string text = "(" + one({"some ", "every "}) + name + " in " +
                       (kind == 0   ? "tags"
                        : kind == 1 ? "nums"
                                    : one({"items", "raw", "x.l"})) +
                       " satisfies (" + condition(depth - 1) + "))";
    names.pop_back();
    return text;
  }

  std::string test() {
    switch (pick(12)) {
      case 0:
      case 1:
        return number() + one({" == ", " != ", " < ", " >= "}) + number();
      case 2:
        return word() + one({" == ", " != ", " < "}) + word();
      case 3:
        return word() + one({" starts with ", " not contains ", " not ends with ", " contains "}) + word() +
               one({"", " ignoring case"});
      case 4:
        return word() + one({" matches /a+b?/i", " not matches /^a/"});
      case 5:
        return number() + one({" in ", " not in "}) + one({"0..5", "(1, 3, 7)", "(0..<2, 9)", "nums", "n..8"});
      case 6:
        return word() + one({" in ", " not in "}) + one({"few", "tags", "size", "(\"a\", o)", "(\"A\") ignoring case"});
      case 7:
        return any() +
               one({" is string", " is number", " is list", " == 1", " != \"a\"", " not starts with \"a\"", " > 1"});
      case 8:
        return one({"ip in (\"10.0.0.0/8\")", "ip not in (\"10.0.0.0/8\")", "v >= \"1.10\"", "v != \"2\"", "span > 1m",
                    "at + 1h != at", "at - at == 0s", "q * 2 != 1", "kind == \"a\"", "kind != \"b\"", "when_a != 1"});
      case 9:
        return one({"flag", "safe", "close(n, 3)", "close(m, n)", "drawn", "drawn_o", "tail(s) != \"c\"",
                    "tail(o) == \"a\"", "raw is null", "size[o] != 1", "size[s] in 1..2", "ratio != 2"});
      case 10:
        return one({"o in size and size[o] != 2", "raw is string and raw not contains \"b\"", "m > 0 and ratio != 1"});
      default:
        return "exists " + one({"m", "o", "raw.a", "x.l", "items[1]", "ratio", "size[o]", "(q + 1)", "host(s)"});
    }
  }

  std::string number() {
    if (!numbers_.empty() && pick(3) == 0) {
      return numbers_[pick(numbers_.size())];
    }
    return one({"n",      "m",         "p",         "1",           "2",           "n + 1",        "n * 2 - m",
                "-m",     "m ?? 2",    "length(s)", "count(tags)", "count(nums)", "(raw as int)", "n / m",
                "abs(n)", "min(n, 3)", "max(nums)", "round(p)",    "when_a",      "first(nums)"});
  }
  std::string word() {
    if (!texts_.empty() && pick(3) == 0) {
      return texts_[pick(texts_.size())];
    }
    return one({"s", "o", "\"a\"", "\"ab\"", "lower(s)", "upper(o)", "o ?? \"a\"", "substring(s, 1)", "concat(s, n)",
                "first(tags)", "trim(s)", "raw as string", "concat(raw, s)", "tags[0]", "n as string"});
  }
  std::string any() {
    if (!anys_.empty() && pick(2) == 0) {
      return anys_[pick(anys_.size())];
    }
    return one({"raw", "x.a", "raw.b", "items[0].a", "json(s)"});
  }

  std::mt19937_64 random_;
  std::size_t variables_ = 0;
  std::vector<std::string> texts_, numbers_, anys_; // variables of the lists around
};

class Events {
 public:
  explicit Events(std::uint64_t seed) : random_(seed) {}

  std::string next() {
    std::string text = "{\"n\":" + one({"0", "1", "2", "3", "7", "-5"}) + ",\"s\":" + word() +
                       ",\"kind\":" + one({"\"a\"", "\"b\"", "\"c\""}) +
                       ",\"tags\":" + one({"[]", "[\"a\"]", "[\"A\",\"b\"]"}) + ",\"p\":" + one({"0", "1.50", "2"}) +
                       ",\"at\":\"2024-06-10T08:00:00Z\",\"v\":" + one({"\"1.9\"", "\"1.10\"", "\"2\""});
    maybe(text, "m", {"0", "1", "2", "null"});
    maybe(text, "o", {"\"a\"", "\"b\"", "\"Ab\"", "null"});
    maybe(text, "flag", {"true", "false"});
    maybe(text, "nums", {"[]", "[1]", "[2,3]"});
    maybe(text, "items", {"[]", "[{\"a\":1},{}]", "[{\"a\":\"ab\",\"b\":[null]}]", "[{\"b\":[1]},{\"a\":null}]"});
    maybe(text, "raw", {"1", "\"a\"", "\"5\"", "true", "null", "[1,\"a\",null]", "[]", "{\"a\":1,\"b\":\"a\"}", "2.5"});
    maybe(text, "x", {"{}", "{\"a\":\"a\",\"l\":[1]}", "{\"a\":1,\"l\":\"no\"}", "{\"l\":[null,\"b\"]}"});
    maybe(text, "q", {"0.5", "1e308", "0"});
    maybe(text, "span", {"\"5s\"", "\"2m\""});
    maybe(text, "ip", {"\"10.1.1.1\"", "\"::1\""});
    return text + ",\"when_a\":" + one({"1", "2"}) + "}";
  }

 private:
  std::string one(std::initializer_list<const char*> from) { return from.begin()[random_() % from.size()]; }
  std::string word() { return one({"\"a\"", "\"ab\"", "\"B\"", "\"\"", "\"[1]\"", "\"http://a/\""}); }
  void maybe(std::string& text, const char* name, std::initializer_list<const char*> values) {
    if (random_() % 2 == 0) {
      text += ",\"" + std::string(name) + "\":" + one(values);
    }
  }
  std::mt19937_64 random_;
};

std::string rules(const std::string& condition) {
  return std::string(kHead) + "router r for e {\n  match all\n  dead_letter \"d\"\n  route yes when " + condition +
         " to topic \"t\"\n  route no when not (" + condition + ") to topic \"t\"\n  otherwise drop\n}\n";
}

std::string fired(const Decision& decision, const Program& program) {
  std::string names;
  for (const Index rule : decision.rules) {
    names += program.routers[0].rules[rule].name + " ";
  }
  return names;
}

TEST(Negation, IsTheOppositeForEveryEvent) {
  const char* const wanted = std::getenv("MILLRACE_SEED");
  const std::uint64_t seed = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 20'240'610;
  SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed));
  Author author(seed);
  std::vector<std::string> events;
  Events makes(seed);
  for (int i = 0; i < 60; ++i) {
    events.push_back(makes.next());
  }
  std::size_t taken = 0;
  std::size_t decided = 0;
  for (int i = 0; i < 3'000 && !HasFailure(); ++i) {
    const std::string condition = author.condition(3);
    const Compilation result = compile("main.rules", [&](std::string_view name) {
      return name == "main.rules" ? std::optional(rules(condition)) : std::nullopt;
    });
    if (!result.ruleset) {
      EXPECT_TRUE(result.diagnostics.has_errors()) << condition;
      continue;
    }
    ++taken;
    const Program& program = result.ruleset->program;
    Evaluator looked_up(program, {.router = 0});
    Evaluator asked(program, {.router = 0, .one_by_one = true});
    for (const std::string& event : events) {
      const Decision& decision = looked_up.evaluate(event, {});
      ASSERT_NE(decision.outcome, Outcome::invalid) << event << " " << decision.reason.text;
      const std::string names = fired(decision, program);
      EXPECT_TRUE(names == "yes " || names == "no ") << condition << "\n" << event << "\nfired: " << names;
      EXPECT_EQ(names, fired(asked.evaluate(event, {}), program)) << condition << "\n" << event;
      ++decided;
    }
  }
  EXPECT_GT(taken, 100U);
  EXPECT_GT(decided, 6'000U);
  RecordProperty("taken", static_cast<int>(taken));
}

} // namespace
} // namespace millrace::dsl
