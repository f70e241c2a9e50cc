#include "dsl/explain/way.hpp"

#include <gtest/gtest.h>

#include "dsl/compile.hpp"
#include "dsl/explain/explain.hpp"

namespace millrace::dsl {
namespace {

constexpr const char* kRules = R"(edition 1
event e { id: string  kind: string }
topic "by.*" { event e }
topic "rest" { event e }
topic "dlq" { }
router r for e {
  match first
  dead_letter "dlq"
  route all when true to topic "by.{kind}" at most 2 topics else "rest"
  otherwise drop
}
)";

TEST(WayFinder, ACapHoldsFromOneEventToTheNext) {
  const Compilation rules = compile("main.rules", [](std::string_view) { return std::optional<std::string>(kRules); });
  ASSERT_NE(rules.ruleset, nullptr) << rules.text();
  WayFinder ways(rules.ruleset->program, 0);
  std::vector<std::string> topics;
  for (const char* const kind : {"a", "b", "c", "a"}) {
    const std::string event = std::string(R"({"id":"1","kind":")") + kind + "\"}";
    topics.emplace_back(ways.find(event, {}).sent.at(0).topic);
    ways.reset();
  }
  EXPECT_EQ(topics, (std::vector<std::string>{"by.a", "by.b", "rest", "by.a"}));
}

TEST(Partition, NothingIsSaidWhereChanceDecides) {
  EXPECT_EQ(partition_of("k", "random", 8), std::nullopt);
  EXPECT_EQ(partition_of("", "", 8), std::nullopt);
  EXPECT_EQ(partition_of("k", "murmur2", 0), std::nullopt);
}

} // namespace
} // namespace millrace::dsl
