// What a lookup holds: its types, its rows, and what of its files belongs to the ruleset.
#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "dsl/compile.hpp"
#include "dsl/testing.hpp"

namespace millrace::dsl {
namespace {

using Files = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view kEvent = R"(edition 1
event e { app: string }
topic "t" { event e }
topic "dlq" { }
router r for e {
  match first
  dead_letter "dlq"
  route x when true to topic "t"
  otherwise drop
}
)";

Compilation compiled(const Files& files) {
  return compile("rules/main.rules", [&](std::string_view name) -> std::optional<std::string> {
    const auto found = files.find(name);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  });
}

std::shared_ptr<const Ruleset> ruleset_of(const Files& files) {
  Compilation compilation = compiled(files);
  EXPECT_TRUE(compilation.ruleset) << compilation.text();
  return compilation.ruleset;
}

Files with(const std::string& lookup, const std::string& csv = "") {
  return {{"rules/main.rules", std::string(kEvent) + lookup}, {"rules/data/apps.csv", csv}};
}

TEST(Lookups, EntriesHaveTheTypeThatHoldsThemAll) {
  const auto ruleset = ruleset_of(with(R"(lookup a = { "DE": 1, "FR": 2.5, }
lookup b = { 1: true, 2: false }
lookup c = { }
)"));
  const std::vector<Lookup>& lookups = ruleset->program.lookups;
  ASSERT_EQ(lookups.size(), 3U);
  EXPECT_EQ(lookups[0].key.kind, Kind::text);
  EXPECT_EQ(lookups[0].types.front().kind, Kind::decimal);
  ASSERT_EQ(lookups[0].rows.find(Value::of_text("FR")), 1U);
  EXPECT_TRUE(equals(lookups[0].values[0], Value::of_int(1)));
  EXPECT_TRUE(equals(lookups[0].values[1], Value::of_double(2.5)));
  EXPECT_EQ(lookups[0].rows.find(Value::of_text("XX")), ValueMap::kMissing);
  EXPECT_EQ(lookups[1].key.kind, Kind::integer);
  EXPECT_EQ(lookups[1].types.front().kind, Kind::boolean);
  EXPECT_FALSE(lookups[1].is_record);
  EXPECT_TRUE(lookups[2].keys.empty());
}

TEST(Lookups, ColumnsOfAFileComeInTheOrderOfTheRules) {
  const auto ruleset = ruleset_of(
      with("lookup apps from csv \"data/apps.csv\" key app: string { team: string  tier: int  share: decimal(3,2) }\n",
           "\xEF\xBB\xBFtier,app,share,team\r\n1,maps,0.50,\"a, b\"\r\n,mail,,c\r\n"));
  const Lookup& lookup = ruleset->program.lookups.at(0);
  EXPECT_TRUE(lookup.is_record);
  EXPECT_EQ(lookup.columns, (std::vector<std::string>{"team", "tier", "share"}));
  ASSERT_EQ(lookup.rows.find(Value::of_text("mail")), 1U);
  EXPECT_EQ(lookup.values[0].as_text(), "a, b");
  EXPECT_EQ(lookup.values[1].as_int(), 1);
  EXPECT_EQ(lookup.values[3].as_text(), "c");
  EXPECT_FALSE(lookup.values[4].present()) << "an empty cell is absent";
  EXPECT_FALSE(lookup.values[5].present());
}

TEST(Lookups, TheFileBelongsToTheRuleset) {
  const std::string lookup = "lookup apps from csv \"data/apps.csv\" key app: string { tier: int }\n";
  const auto one = ruleset_of(with(lookup, "app,tier\nmaps,1\n"));
  const auto two = ruleset_of(with(lookup, "app,tier\nmaps,2\n"));
  ASSERT_EQ(one->files.size(), 2U);
  EXPECT_EQ(one->files[1].name, "rules/data/apps.csv");
  EXPECT_NE(one->hash, two->hash);
}

TEST(Lookups, PathsAreRelativeToTheFileThatNamesThem) {
  Files files = with("import \"more/more.rules\"\n", "app,tier\nmaps,1\n");
  files["rules/more/more.rules"] = "lookup apps from csv \"../data/apps.csv\" key app: string { tier: int }\n";
  EXPECT_EQ(ruleset_of(files)->program.lookups.at(0).keys.size(), 1U);
}

TEST(Lookups, TwoMayReadOneFile) {
  const auto ruleset =
      ruleset_of(with("lookup a from csv \"data/apps.csv\" key app: string { tier: int }\n"
                      "lookup b from csv \"data/apps.csv\" key app: string { tier: string }\n",
                      "app,tier\nmaps,1\n"));
  EXPECT_EQ(ruleset->program.lookups.at(1).values.front().as_text(), "1");
  EXPECT_EQ(ruleset->files.size(), 2U);
}

TEST(Lookups, FixturesStandForTheFilesInTests) {
  Files files = with(
      "lookup apps from csv \"data/apps.csv\" key app: string { tier: int }\n"
      "test \"t\" { given { \"app\": \"x\" } expect route x }\n",
      "app,tier\nmaps,1\n");
  const auto load = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = files.find(name);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
  files["rules/fixtures/apps.csv"] = "app,tier\nother,5\nanother,6\n";
  EXPECT_EQ(ruleset_of(files)->program.lookups.at(0).keys.size(), 1U) << "not where the rules run";
  const Compilation tested = compile_with_fixtures("rules/main.rules", load);
  ASSERT_TRUE(tested.ruleset) << tested.text();
  EXPECT_EQ(tested.ruleset->program.lookups.at(0).keys.size(), 2U);
  EXPECT_TRUE(run_tests(*ruleset_of(files), load).front().passed());

  files["rules/fixtures/apps.csv"] = "app,tier\nother,high\n";
  const std::vector<TestResult> results = run_tests(*ruleset_of(files), load);
  ASSERT_FALSE(results.front().passed());
  EXPECT_NE(results.front().failures.front().text.find("rules/fixtures/apps.csv:2:7"), std::string::npos)
      << results.front().failures.front().text;
}

TEST(Lookups, ManyRowsLoadFast) {
  std::string csv = "app,team,tier\n";
  for (int i = 0; i < 100'000; ++i) {
    csv += "app-number-" + std::to_string(i) + ",team-" + std::to_string(i % 50) + "," + std::to_string(i % 7) + "\n";
  }
  const Files files = with("lookup apps from csv \"data/apps.csv\" key app: string { team: string  tier: int }\n", csv);
  const auto begin = std::chrono::steady_clock::now();
  const auto ruleset = ruleset_of(files);
  const auto took = std::chrono::steady_clock::now() - begin;
  const Lookup& lookup = ruleset->program.lookups.at(0);
  ASSERT_EQ(lookup.rows.find(Value::of_text("app-number-99999")), 99'999U);
  EXPECT_LT(std::chrono::duration<double>(took).count(), 5.0) << "a sanitizer or a busy machine is slow, not this slow";
}

} // namespace
} // namespace millrace::dsl
