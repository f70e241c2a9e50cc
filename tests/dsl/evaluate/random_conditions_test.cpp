// Random conditions over random events, against an evaluation that is slow and obvious: it asks simdjson's DOM for each
// field anew.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <functional>
#include <optional>
#include <random>
#include <string>

#include "tests/dsl/evaluate/program_builder.hpp"

namespace millrace::dsl {
namespace {

using Event = simdjson::dom::object;
using Obvious = std::function<bool(const Event&)>;

std::optional<std::int64_t> int_at(const Event& event, const char* key) {
  std::int64_t value = 0;
  return event[key].get(value) == simdjson::SUCCESS ? std::optional(value) : std::nullopt;
}

std::optional<std::string> text_at(const Event& event, const char* key) {
  std::string_view value;
  return event[key].get(value) == simdjson::SUCCESS ? std::optional<std::string>(value) : std::nullopt;
}

struct Condition {
  Index node;
  Obvious obvious;
};

class Generator {
 public:
  Generator(ProgramBuilder& build, std::uint64_t seed) : build_(build), random_(seed) {
    a_ = build.field(build.event.add("a", {Kind::integer}, false));
    b_ = build.field(build.event.add("b", {Kind::text}, false));
    c_ = build.field(build.event.add("c", {Kind::any}, false));
  }

  Condition condition(int depth) {
    if (depth > 0 && below(3) > 0) {
      return logical(depth);
    }
    switch (below(5)) {
      case 0:
        return int_test();
      case 1:
        return text_test();
      case 2:
        return presence();
      case 3:
        return membership();
      default:
        return any_test();
    }
  }

  std::string event() {
    std::string out = "{";
    const auto add = [&](const char* key, const std::string& value) {
      out += std::string(out.size() > 1 ? "," : "") + "\"" + key + "\":" + value;
    };
    if (below(4) > 0) {
      add("a", below(6) == 0 ? "null" : std::to_string(below(5)));
    }
    if (below(4) > 0) {
      add("b", below(6) == 0 ? "null" : "\"" + word() + "\"");
    }
    if (below(4) > 0) {
      const std::string values[] = {"null", "true", std::to_string(below(5)), "\"" + word() + "\"", "[1]", "{}"};
      add("c", values[below(6)]);
    }
    return out + "}";
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::string word() {
    std::string out(below(4), 'x');
    for (char& c : out) {
      c = static_cast<char>('x' + below(2));
    }
    return out;
  }

  Condition logical(int depth) {
    const bool all = below(2) == 0;
    std::vector<Index> nodes;
    std::vector<Obvious> parts;
    for (std::size_t count = 1 + below(3); count > 0; --count) {
      const Condition part = condition(depth - 1);
      nodes.push_back(part.node);
      parts.push_back(part.obvious);
    }
    return {build_.program.add_list_node(all ? Op::all_of : Op::any_of, nodes), [all, parts](const Event& event) {
              for (const Obvious& part : parts) {
                if (part(event) != all) {
                  return !all;
                }
              }
              return all;
            }};
  }

  Condition int_test() {
    const auto limit = static_cast<std::int64_t>(below(5));
    const Op ops[] = {Op::equal, Op::unequal, Op::less, Op::less_equal, Op::greater, Op::greater_equal};
    const Op op = ops[below(6)];
    return {build_.node(op, a_, build_.number(limit)), [op, limit](const Event& event) {
              const auto value = int_at(event, "a");
              if (!value) {
                return false;
              }
              switch (op) {
                case Op::equal:
                  return *value == limit;
                case Op::unequal:
                  return *value != limit;
                case Op::less:
                  return *value < limit;
                case Op::less_equal:
                  return *value <= limit;
                case Op::greater:
                  return *value > limit;
                default:
                  return *value >= limit;
              }
            }};
  }

  Condition text_test() {
    const Op ops[] = {Op::equal,     Op::unequal,       Op::starts_with, Op::not_starts_with,
                      Op::ends_with, Op::not_ends_with, Op::contains,    Op::not_contains};
    const Op op = ops[below(8)];
    const std::string part = word();
    return {build_.node(op, b_, build_.text(part)), [op, part](const Event& event) {
              const auto value = text_at(event, "b");
              if (!value) {
                return false;
              }
              const bool at_end = value->size() >= part.size() && value->substr(value->size() - part.size()) == part;
              switch (op) {
                case Op::equal:
                  return *value == part;
                case Op::unequal:
                  return *value != part;
                case Op::starts_with:
                  return value->rfind(part, 0) == 0;
                case Op::not_starts_with:
                  return value->rfind(part, 0) != 0;
                case Op::ends_with:
                  return at_end;
                case Op::not_ends_with:
                  return !at_end;
                case Op::contains:
                  return value->find(part) != std::string::npos;
                default:
                  return value->find(part) == std::string::npos;
              }
            }};
  }

  Condition presence() {
    const char* const keys[] = {"a", "b", "c"};
    const Index nodes[] = {a_, b_, c_};
    const std::size_t which = below(3);
    const std::string key = keys[which];
    const Op ops[] = {Op::exists, Op::not_exists, Op::is_null, Op::is_not_null};
    const Op op = ops[below(4)];
    return {build_.node(op, nodes[which]), [op, key](const Event& event) {
              simdjson::dom::element value;
              const bool there = event[key].get(value) == simdjson::SUCCESS;
              const bool null = there && value.is_null();
              switch (op) {
                case Op::exists:
                  return there && !null;
                case Op::not_exists:
                  return !there || null;
                case Op::is_null:
                  return null;
                default:
                  return !null;
              }
            }};
  }

  Condition membership() {
    std::vector<std::string> words(1 + below(12));
    std::vector<Value> values;
    for (std::string& w : words) {
      w = word();
      values.push_back(Value::of_text(w));
    }
    const bool wanted = below(2) == 0;
    const Index node = build_.node(wanted ? Op::in_set : Op::not_in_set, b_, build_.program.add_set({values, {}, {}}));
    return {node, [words, wanted](const Event& event) {
              const auto value = text_at(event, "b");
              return value && (std::find(words.begin(), words.end(), *value) != words.end()) == wanted;
            }};
  }

  Condition any_test() {
    const auto limit = static_cast<std::int64_t>(below(5));
    const std::string part = word();
    const bool number = below(2) == 0;
    const bool wanted = below(2) == 0;
    const Index right = number ? build_.number(limit) : build_.text(part);
    return {build_.node(wanted ? Op::equal : Op::unequal, c_, right), [=](const Event& event) {
              simdjson::dom::element value;
              if (event["c"].get(value) != simdjson::SUCCESS || value.is_null()) {
                return false;
              }
              const bool equal = number ? int_at(event, "c") == limit : text_at(event, "c") == part;
              return equal == wanted;
            }};
  }

  ProgramBuilder& build_;
  std::mt19937_64 random_;
  Index a_ = 0;
  Index b_ = 0;
  Index c_ = 0;
};

TEST(RandomConditions, DecideAsTheObviousEvaluationDoes) {
  constexpr int kRules = 40;
  simdjson::dom::parser parser;
  std::size_t matched = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    ProgramBuilder build;
    Generator generator(build, seed);
    Router& router = build.router(true);
    router.otherwise = {build.to(build.topic("rest"))};
    std::vector<Obvious> obvious;
    for (int i = 0; i < kRules; ++i) {
      const Condition condition = generator.condition(3);
      router.rules.push_back(build.rule(RuleKind::route, std::to_string(i), condition.node));
      obvious.push_back(condition.obvious);
    }
    build.program.seal();
    Evaluator evaluator(build.program, {0, false});
    for (int i = 0; i < 50; ++i) {
      const std::string text = generator.event();
      const simdjson::padded_string padded(text);
      const Event event = parser.parse(padded).get_object();
      std::vector<Index> expected;
      for (Index rule = 0; rule < obvious.size(); ++rule) {
        if (obvious[rule](event)) {
          expected.push_back(rule);
        }
      }
      const Decision& decision = evaluator.evaluate(text, {});
      ASSERT_EQ(std::vector<Index>(decision.rules.begin(), decision.rules.end()), expected)
          << "seed " << seed << ": " << text;
      matched += expected.size();
    }
    evaluator.reset();
  }
  EXPECT_GT(matched, 100'000U);
  EXPECT_LT(matched, 300'000U);
}

} // namespace
} // namespace millrace::dsl
