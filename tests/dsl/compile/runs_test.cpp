// Rules that differ in one value (W0702): what is a run and what is none, that the offered rule decides the same, and
// what it costs to look.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "dsl/diagnostic/fixes.hpp"
#include "dsl/evaluate.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl {
namespace {

constexpr std::string_view kHead = R"(edition 1
event e {
  s: string
  country?: string
  kind: one of "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9", "k10", "k11" or other
  n: int
  m?: int
  at: timestamp
  u: uuid
  v: version
  d?: decimal(9,2)
  raw?: any
  box { a?: string  b { c: string } }
  tags: list<string>
  more? { x: string } required when kind in ("k0", "k1")
}
topic "t.a" { event e }
topic "t.b" { event e }
topic "t.c" { event e }
topic "x"   { event e }
topic "x.*" { event e }
topic "dlq" { }
)";

Compilation compile_text(const std::string& text) {
  return compile("main.rules",
                 [&](std::string_view name) { return name == "main.rules" ? std::optional(text) : std::nullopt; });
}

std::string router(std::string_view match, const std::string& rules) {
  return std::string(kHead) + "router r for e {\n  match " + std::string(match) + "\n  dead_letter \"dlq\"\n" + rules +
         "  otherwise drop\n}\n";
}

/// `make(i)` is what stands behind the name of rule i.
template <typename Make>
std::string repeated(std::string_view kind, int count, Make make) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "  " + std::string(kind) + " r" + std::to_string(i) + " " + make(i) + "\n";
  }
  return text;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }
std::string quoted(std::string_view head, int number) { return quoted(std::string(head) + std::to_string(number)); }

std::vector<const Diagnostic*> runs_in(const Compilation& compilation) {
  std::vector<const Diagnostic*> found;
  for (const Diagnostic& diagnostic : compilation.diagnostics.all()) {
    if (diagnostic.code == Code::differ_in_one_value) {
      found.push_back(&diagnostic);
    }
  }
  return found;
}

const Fix* fix_of(const Diagnostic& diagnostic) {
  for (const Help& help : diagnostic.helps) {
    if (help.fix) {
      return &*help.fix;
    }
  }
  return nullptr;
}

std::string edited(std::string text, std::vector<Edit> edits) {
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.span.begin > b.span.begin; });
  for (const Edit& edit : edits) {
    text.replace(edit.span.begin, edit.span.size(), edit.replacement);
  }
  return text;
}

std::size_t runs_of(const std::string& rules, std::string_view match = "first") {
  const Compilation compilation = compile_text(router(match, rules));
  EXPECT_FALSE(compilation.diagnostics.has_errors()) << compilation.text();
  return runs_in(compilation).size();
}

TEST(Runs, AreEightRulesOrMore) {
  const auto same = [](int i) { return "when s == " + quoted("v", i) + " to topic \"x\""; };
  EXPECT_EQ(runs_of(repeated("route", 7, same)), 0U);
  EXPECT_EQ(runs_of(repeated("route", 8, same)), 1U);
}

TEST(Runs, DifferInOneValueOnly) {
  EXPECT_EQ(
      runs_of(repeated(
          "route", 9,
          [](int i) { return "when s == " + quoted("v", i) + " and n == " + std::to_string(i) + " to topic \"x\""; })),
      0U);
  EXPECT_EQ(
      runs_of(repeated("route", 9, [](int i) { return "when n > " + std::to_string(100 - i) + " to topic \"x\""; }),
              "all"),
      0U);
  EXPECT_EQ(runs_of(repeated("route", 9,
                             [](int i) {
                               return "when s == " + quoted("v", i) + " to topic \"x\" { key " + quoted("k", i) +
                                      "  header \"h\" = " + quoted("h", i) + " }";
                             })),
            0U);
  EXPECT_EQ(runs_of(repeated("route", 9,
                             [](int i) {
                               return "when s == " + quoted("v", i) + " to topic \"x\" { header " + quoted("h", i) +
                                      " = s }";
                             })),
            0U);
  EXPECT_EQ(
      runs_of(repeated("route", 9, [](int i) { return "when n != " + std::to_string(i) + " to topic \"x\""; }), "all"),
      0U);
  EXPECT_EQ(
      runs_of(repeated("route", 9, [](int i) { return "when s == " + quoted("v", i) + " or n == 1 to topic \"x\""; }),
              "all"),
      0U);
}

TEST(Runs, EndWhereAnotherKindOfRuleStands) {
  const auto same = [](int i) { return "when s == " + quoted("v", i) + " to topic \"x\""; };
  const std::string five = repeated("route", 5, same);
  std::string others = repeated("route", 10, same);
  others = others.substr(others.find("  route r5"));
  EXPECT_EQ(runs_of(five + others), 1U);
  EXPECT_EQ(runs_of(five + "  drop d when n == 1\n" + others), 0U);
  EXPECT_EQ(runs_of(five + "  group g when n == 1 {\n" + others + "  }\n"), 0U);
}

TEST(Runs, OfASampleAreLeftAlone) {
  EXPECT_EQ(
      runs_of(repeated("route", 9,
                       [](int i) { return "when s == " + quoted("v", i) + " and sampled(u, 5%) to topic \"x\""; })),
      0U);
}

TEST(Runs, AreFoundInGroupsAndFragmentsOnBothSidesOfABreak) {
  const auto same = [](int i) { return "when s == " + quoted("v", i) + " to topic \"x\""; };
  const std::string rules = repeated("route", 9, same);
  EXPECT_EQ(runs_of("  group g when n == 1 {\n" + rules + "  }\n"), 1U);
  const Compilation fragment =
      compile_text(router("first", "  include rules f\n") + "rules f for e {\n" + rules + "}\n");
  EXPECT_EQ(runs_in(fragment).size(), 1U) << fragment.text();
  // A rule that ends one run may begin the next.
  std::string shifted =
      repeated("tap", 8, [](int i) { return "when s == " + quoted("v", i) + " and n == 0 to topic \"x\""; });
  shifted += repeated("tap", 17, [](int i) {
               return "when s == \"v7\" and n == " + std::to_string(i) + " to topic \"x\"";
             }).substr(std::string_view("  tap r0 when s == \"v7\" and n == 0 to topic \"x\"\n").size());
  std::size_t renamed = 0;
  for (std::size_t at = shifted.find("tap r"); at != std::string::npos; at = shifted.find("tap r", at + 1)) {
    shifted.replace(at, 5, "tap n" + std::to_string(renamed++) + "_");
  }
  EXPECT_EQ(runs_of(shifted), 2U);
}

TEST(Runs, EndBeforeAValueThatWasThere) {
  // Two taps for one event are two messages; one rule would send one.
  const std::string rules =
      repeated("tap", 10, [](int i) { return "when s == " + quoted("v", i % 5) + " to topic \"x\""; });
  EXPECT_EQ(runs_of(rules), 0U);
}

// ---- what is offered decides the same

std::string decision_text(const Decision& decision) {
  std::string text = std::to_string(static_cast<int>(decision.outcome)) + (decision.by_otherwise ? " otherwise" : "");
  for (const Message& message : decision.messages) {
    text += "\n" + std::string(message.topic) + " key " + (message.has_key ? std::string(message.key) : "-") + " by " +
            std::string(message.partition_by) + " at " + std::to_string(message.time);
    for (const Header& header : message.headers) {
      text += " " + std::string(header.name) + "=" + std::string(header.value);
    }
    text += message.payload.empty() ? "" : " " + std::string(message.payload);
  }
  return text;
}

std::string decide(const std::string& rules, const std::vector<std::string>& events) {
  const Compilation compilation = compile_text(rules);
  if (!compilation.ruleset) {
    return compilation.text();
  }
  const Program& program = compilation.ruleset->program;
  Evaluator evaluator(program, find_run(program, "r").value());
  std::string text;
  for (const std::string& event : events) {
    text += decision_text(evaluator.evaluate(event, {"", 0, {}})) + "\n";
  }
  return text;
}

std::vector<std::string> sample_events() {
  std::vector<std::string> events;
  for (int i = 0; i < 60; ++i) {
    const std::string v = quoted("v", i % 14);
    std::string event = "{\"s\":" + v + ",\"kind\":" + quoted("k", i % 14) + ",\"n\":" + std::to_string(i % 14) +
                        ",\"at\":\"2024-06-10T08:00:" + (i % 14 < 10 ? "0" : "") + std::to_string(i % 14) +
                        "Z\",\"u\":\"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a" + (i % 14 < 10 ? "0" : "") +
                        std::to_string(i % 14) + "\",\"v\":\"1." + std::to_string(i % 14) + "\",\"tags\":[" + v +
                        "],\"box\":{\"b\":{\"c\":" + v + "}";
    event += i % 3 == 0 ? "}" : ",\"a\":" + v + "}";
    event += i % 4 == 0 ? "" : ",\"country\":" + v + ",\"m\":" + std::to_string(i % 14);
    event += i % 5 == 0 ? "" : ",\"d\":" + std::to_string(i % 14) + ".50,\"raw\":" + (i % 2 == 0 ? v : "3");
    event += i % 14 < 2 ? ",\"more\":{\"x\":\"y\"}" : "";
    events.push_back(event + "}");
  }
  return events;
}

struct Subject {
  std::string text;
  std::string_view head, tail; // of a value, around its number
  bool padded = false;
};

const std::vector<Subject> kSubjects = {
    {"s", "\"v", "\""},
    {"country", "\"v", "\""},
    {"kind", "\"k", "\""},
    {"n", "", ""},
    {"m", "", ""},
    {"d", "", ".50"},
    {"raw", "\"v", "\""},
    {"at", "\"2024-06-10T08:00:", "Z\"", true},
    {"u", "\"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a", "\"", true},
    {"v", "\"1.", "\""},
    {"box.a", "\"v", "\""},
    {"box.b.c", "\"v", "\""},
    {"box[\"a\"]", "\"v", "\""},
    {"tags[0]", "\"v", "\""},
    {"first(tags)", "\"v", "\""},
    {"lower(country)", "\"v", "\""},
    {"concat(s, \"\")", "\"v", "\""},
    {"country ?? \"v3\"", "\"v", "\""},
    {"n + 1", "", ""},
    {"(s)", "\"v", "\""},
};

class RandomRun {
 public:
  explicit RandomRun(unsigned seed) : random_(seed) {}

  std::string rules() {
    const Subject& subject = kSubjects[pick(kSubjects.size())];
    const bool all = pick(3) == 0;
    const std::size_t kind = pick(3);
    const std::string word = kind == 0 ? "drop" : kind == 1 && !all ? "tap" : "route";
    const std::size_t vary = word == "drop" ? 0 : pick(4);
    const std::size_t around = pick(4);
    const int count = 8 + static_cast<int>(pick(20) == 0 ? 30 : pick(5));
    int value = 0;
    std::string text = repeated(word, count, [&](int i) {
      std::string test = subject.text + " == " + literal(subject, value++);
      if (pick(4) == 0) {
        test = subject.text + " in (" + literal(subject, value) + ", " + literal(subject, value + 1) + ")";
        value += 2;
      }
      const std::string when = around == 0   ? test
                               : around == 1 ? "n < 12 and " + test
                               : around == 2 ? "(" + test + ") and exists country and country != \"v2\""
                                             : test + " and (n > 3 or s == \"v1\")";
      if (word == "drop") {
        return "when " + when;
      }
      const std::string topic =
          vary == 1 ? quoted("t." + std::string(1, static_cast<char>('a' + (i * 7) % 3))) : "\"x\"";
      const std::string key = vary == 2 ? quoted("key", i % 5) : "s";
      const std::string header = vary == 3 ? quoted("h\\u0041", i % 4).replace(1, 7, "h") : "u";
      return pick(2) == 0 || vary == 2 || vary == 3
                 ? "when " + when + " {\n    to topic " + topic + "\n    key " + key +
                       "\n    header \"h\" = " + header + "\n    omit tags\n  }"
                 : "when " + when + " to topic " + topic;
    });
    return router(all ? "all" : "first", text + "  drop rest when n == 13\n  route all when true to topic \"t.a\"\n");
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }

  static std::string literal(const Subject& subject, int value) {
    const std::string number = std::to_string(value);
    return std::string(subject.head) + (subject.padded && value < 10 ? "0" : "") + number + std::string(subject.tail);
  }

  std::mt19937 random_;
};

TEST(Runs, AsOneRuleDecideTheSame) {
  const std::vector<std::string> events = sample_events();
  int fixed = 0;
  int lookups = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    const std::string before = RandomRun(seed).rules();
    const Compilation compilation = compile_text(before);
    if (compilation.diagnostics.has_errors()) {
      continue; // a value too many of a time or a version, `country` said to be absent
    }
    for (const Diagnostic* run : runs_in(compilation)) {
      const Fix* fix = fix_of(*run);
      if (fix == nullptr) {
        continue;
      }
      EXPECT_EQ(fix->applicability, Applicability::choice);
      const std::string after = edited(before, fix->edits);
      const Compilation again = compile_text(after);
      ASSERT_FALSE(again.diagnostics.has_errors()) << again.text() << after;
      EXPECT_LT(again.diagnostics.all().size(), compilation.diagnostics.all().size()) << again.text() << after;
      ASSERT_EQ(decide(after, events), decide(before, events)) << before << after;
      ++fixed;
      lookups += after.find("lookup ") != std::string::npos ? 1 : 0;
    }
  }
  EXPECT_GT(fixed, 100);
  EXPECT_GT(lookups, 50);
}

TEST(Runs, OfManyRulesBecomeOneOfAList) {
  const std::string before =
      router("first", repeated("route", 60, [](int i) { return "when s == " + quoted("v", i) + " to topic \"x\""; }));
  const Compilation compilation = compile_text(before);
  const Fix* fix = fix_of(*runs_in(compilation).at(0));
  ASSERT_NE(fix, nullptr);
  const std::string after = edited(before, fix->edits);
  EXPECT_NE(after.find("route by_s when s in listed_s to topic \"x\""), std::string::npos) << after;
  EXPECT_EQ(decide(after, sample_events()), decide(before, sample_events()));
}

TEST(Runs, OfTenThousandRulesAreFoundAtOnce) {
  using Clock = std::chrono::steady_clock;
  const std::string rules =
      router("first", repeated("route", 10'000, [](int i) {
               return "when s == " + quoted("v", i) + " to topic " + (i % 2 == 0 ? "\"t.a\"" : "\"t.b\"");
             }));
  const std::string apart =
      router("first", repeated("route", 10'000, [](int i) {
               return "when s == " + quoted("v", i) + " and n " + (i % 2 == 0 ? "==" : ">") + " 5 to topic \"t.a\"";
             }));
  const auto shortest = [](const std::string& text) {
    auto best = Clock::duration::max();
    for (int i = 0; i < 3; ++i) {
      const auto begin = Clock::now();
      const Compilation compilation = compile_text(text);
      best = std::min(best, Clock::now() - begin);
    }
    return std::chrono::duration<double, std::milli>(best).count();
  };
  const double with = shortest(rules);
  const double without = shortest(apart);
  std::printf("10,000 rules: %.0f ms in a run, %.0f ms of two conditions each\n", with, without);
  EXPECT_LT(with, 2 * without);
}

} // namespace
} // namespace millrace::dsl
