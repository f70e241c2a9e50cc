// What a ruleset is named by, what it says of itself, and what changes between two of them.
#include "dsl/compile.hpp"

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

#include "dsl/testing.hpp"

namespace millrace::dsl {
namespace {

using Files = std::map<std::string, std::string, std::less<>>;

Loader loader(const Files& files) {
  return [&files](std::string_view name) -> std::optional<std::string> {
    const auto found = files.find(name);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
}

constexpr std::string_view kRules = R"(edition 1
event click { type: string  user?: string  n: int }
topic "clicks" { event click  partitions 4  replicas 2  retention 7d  compact }
topic "dlq" { }
def big = n > 5
router web for click {
  match first
  dead_letter "dlq"
  route large when big to topic "clicks"
  route small when true to topic "clicks"
  otherwise drop
}
table app.clicks from topic "clicks" {
  kind varchar(8) = type else reject
  who  text       = user else null
  n    int        = n    else 0
  at   timestamptz = meta.received_at
  primary key (kind)
  on conflict keep newest by at
}
)";

std::shared_ptr<const Ruleset> ruleset_of(const Files& files, std::string_view root = "main.rules") {
  Compilation compilation = compile(root, loader(files));
  if (!compilation.ruleset) {
    throw std::runtime_error(compilation.text());
  }
  return compilation.ruleset;
}

std::shared_ptr<const Ruleset> ruleset_of(std::string text) {
  return ruleset_of(Files{{"main.rules", std::move(text)}});
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

std::string changes_text(const std::string& before, const std::string& after) {
  std::string text;
  for (const Change& change : changes(*ruleset_of(before), *ruleset_of(after))) {
    constexpr std::string_view kSigns = "+-~";
    text += (text.empty() ? "" : " ") + std::string(1, kSigns[static_cast<std::size_t>(change.what)]) + change.item;
  }
  return text;
}

TEST(Compile, SaysWhatApplyNeeds) {
  const auto ruleset = ruleset_of(std::string(kRules));
  const Program& program = ruleset->program;
  ASSERT_EQ(program.topics.size(), 2U);
  EXPECT_EQ(program.topics[0].name, "clicks");
  EXPECT_EQ(program.topics[0].partitions, 4);
  EXPECT_EQ(program.topics[0].replicas, 2);
  EXPECT_EQ(program.topics[0].retention_ms, 7LL * 86'400'000);
  EXPECT_TRUE(program.topics[0].compact);
  ASSERT_EQ(program.tables.size(), 1U);
  const Table& table = program.tables[0];
  EXPECT_EQ(qualified_name(table), "app.clicks");
  std::string columns;
  for (const Column& column : table.columns) {
    columns += column.name + " " + sql_text(column.type) + (column.nullable ? "" : " NOT NULL") + ", ";
  }
  EXPECT_EQ(columns, "kind varchar(8) NOT NULL, who text, n integer NOT NULL, at timestamptz NOT NULL, ");
  EXPECT_EQ(table.primary_key, std::vector<Index>{0});
  EXPECT_EQ(table.on_conflict, OnConflict::keep_newest);
  EXPECT_EQ(table.newest_by, 3U);
  EXPECT_NE(program.find_router("web"), nullptr);
}

TEST(Compile, HashCoversEveryFileAndNotWhereTheyLie) {
  const Files files = {{"main.rules", std::string(kRules) + "import \"sub/a.rules\"\n"}, {"sub/a.rules", "# empty\n"}};
  Files elsewhere;
  Files changed = files;
  for (const auto& [name, text] : files) {
    elsewhere["far/away/" + name] = text;
  }
  changed["sub/a.rules"] = "# still empty\n";
  const auto ruleset = ruleset_of(files);
  EXPECT_EQ(ruleset->hash.size(), 32U);
  EXPECT_EQ(ruleset->hash, ruleset_of(files)->hash);
  EXPECT_EQ(ruleset->hash, ruleset_of(elsewhere, "far/away/main.rules")->hash);
  EXPECT_NE(ruleset->hash, ruleset_of(changed)->hash);
  ASSERT_EQ(ruleset->files.size(), 2U);
  EXPECT_EQ(ruleset->files[1].name, "sub/a.rules");
}

TEST(Compile, AsksForEachFileOnceAndByItsPlainName) {
  const Files files = {{"r/main.rules", "import \"./sub/a.rules\"\nimport \"sub/../sub/a.rules\"\n"},
                       {"r/sub/a.rules", "import \"../main.rules\"\nimport \"b.rules\"\n"},
                       {"r/sub/b.rules", ""}};
  std::vector<std::string> asked;
  const Compilation compilation = compile("r/main.rules", [&](std::string_view name) {
    asked.emplace_back(name);
    return loader(files)(name);
  });
  EXPECT_TRUE(compilation.ruleset) << compilation.text();
  EXPECT_EQ(asked, (std::vector<std::string>{"r/main.rules", "r/sub/a.rules", "r/sub/b.rules"}));
}

TEST(Compile, AMissingRootIsADiagnostic) {
  const Compilation compilation = compile("gone.rules", loader({}));
  EXPECT_FALSE(compilation.ruleset);
  EXPECT_NE(compilation.text().find("there is no rules file `gone.rules`"), std::string::npos) << compilation.text();
}

TEST(Compile, WarningsDoNotStopIt) {
  const Compilation compilation =
      compile("main.rules", loader({{"main.rules", "event e { a: int }\ndef unused = a > 1\n"}}));
  EXPECT_TRUE(compilation.ruleset);
  EXPECT_EQ(compilation.diagnostics.all().size(), 1U);
}

TEST(Changes, ASpellingIsNone) {
  const std::string rules(kRules);
  EXPECT_EQ(changes_text(rules, "# comment\n" + replaced(rules, "n > 5", "(n   >   5)")), "");
  EXPECT_EQ(changes_text(rules, replaced(replaced(rules, "def big", "def large"), "when big", "when large")), "");
}

TEST(Changes, AreFoundThroughDefinitions) {
  const std::string rules(kRules);
  EXPECT_EQ(changes_text(rules, replaced(rules, "n > 5", "n > 6")), "~rule web.large");
}

TEST(Changes, NameWhatIsAddedRemovedAndChanged) {
  const std::string rules(kRules);
  EXPECT_EQ(changes_text(rules, replaced(rules, "partitions 4", "partitions 8")), "~topic clicks");
  EXPECT_EQ(changes_text(rules, replaced(rules, "varchar(8)", "varchar(9)")), "~table app.clicks");
  EXPECT_EQ(changes_text(rules, replaced(rules, "n: int", "n?: int")), "~event click");
  EXPECT_EQ(changes_text(rules, replaced(rules, "route small", "route little")),
            "~router web -rule web.small +rule web.little");
  EXPECT_EQ(changes_text(rules, rules + "topic \"more\" { }\n"), "+topic more");
  EXPECT_EQ(changes_text(rules, replaced(rules, "otherwise drop", "otherwise to topic \"clicks\"")), "~router web");
}

TEST(Changes, TheOrderOfRulesCounts) {
  const std::string rules = replaced(std::string(kRules), "route small when true", "route small when n < 9");
  const std::string swapped = replaced(
      replaced(rules, "route large when big to topic \"clicks\"\n", ""), "route small when n < 9 to topic \"clicks\"",
      "route small when n < 9 to topic \"clicks\"\n  route large when big to topic \"clicks\"");
  EXPECT_EQ(changes_text(rules, swapped), "~router web");
}

std::vector<TestResult> results(const std::string& tests, const Files& more = {}) {
  Files files = more;
  files["main.rules"] = std::string(kRules) + tests;
  return run_tests(*ruleset_of(files), loader(files));
}

TEST(RunTests, PassWhenEveryExpectationHolds) {
  const auto all = results(R"(test "large" {
  given { "type": "buy", "n": 6 }
  expect route large
  expect not route small
  expect topic "clicks"
  expect row app.clicks { "kind": "buy", "who": null, "n": 6, "at": "2024-06-10T08:13:20+02:00" }
  expect not row app.clicks { "n": 7 }
  given { "type": "buy" }
  expect invalid at n
  given { "type": "much too long", "n": 1 }
  expect route small
  expect reject app.clicks at kind
  given { "type": "x", "n": 1 } topic "clicks"
  expect row app.clicks
}
)");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].expectations, 9U);
  for (const TestFailure& failure : all[0].failures) {
    ADD_FAILURE() << failure.place << " " << failure.text;
  }
}

TEST(RunTests, SayWhatHappenedInstead) {
  const auto all = results(R"(test "wrong" {
  given { "type": "buy", "n": 6 }
  expect route small
  expect topic "clicks" key "k"
  expect not topic "clicks"
  expect otherwise
  expect invalid
  expect row app.clicks { "n": 7 }
  expect reject app.clicks
}
)");
  ASSERT_EQ(all[0].failures.size(), 7U);
  const std::string story = "; taken by route `large` → clicks";
  EXPECT_EQ(all[0].failures[0].text, "`expect route small`: it did not match" + story);
  EXPECT_EQ(all[0].failures[1].text, "`expect topic \"clicks\" key \"k\"`: the key is absent" + story);
  EXPECT_EQ(all[0].failures[2].text, "`expect not topic \"clicks\"`: it did happen" + story);
  EXPECT_EQ(all[0].failures[5].text, "`expect row app.clicks { \"n\": 7 }`: `n` is 6, not 7" + story);
  EXPECT_EQ(all[0].failures[0].place, "main.rules:23:3");
}

TEST(RunTests, AMessageTakesItsHeadersToTheTables) {
  const Files files = {{"main.rules", R"(event e { a: int }
topic "t" { event e }
router r for e {
  match first
  dead_letter "t"
  route x when true to topic "t" { header "tier" = "tier-{a}" }
  otherwise drop
}
table t from topic "t" { tier text = meta.headers["tier"] else "none" }
test "headers" {
  given { "a": 1 }
  expect row t { "tier": "tier-1" }
  given { "a": 1 } topic "t"
  expect row t { "tier": "none" }
}
)"}};
  const std::vector<TestResult> results = run_tests(*ruleset_of(files), loader(files));
  for (const TestFailure& failure : results.at(0).failures) {
    ADD_FAILURE() << failure.text;
  }
}

TEST(RunTests, CountTheTopicsOfACapFromNoneAndLoadWhatIsNotOmitted) {
  const Files files = {{"main.rules", R"(event e { a: string  b?: string }
topic "t.*" { event e }
topic "rest" { event e }
router r for e {
  match first
  dead_letter "rest"
  route x when true to topic "t.{a}" at most 2 topics else "rest" { omit b }
  otherwise drop
}
table t from topic "rest" { a text = a  rest jsonb = unmapped }
test "cap" {
  given { "a": "1" } expect topic "t.1"
  given { "a": "2" } expect topic "t.2"
  given { "a": "3", "b": "x" } expect topic "rest" expect not topic "t.3" expect row t { "a": "3", "rest": {} }
  given { "a": "1" } expect topic "t.1" expect not topic "rest"
  given { "a": "a.b" } expect topic "rest"
}
test "again" { given { "a": "3" } expect topic "t.3" }
)"}};
  for (const TestResult& result : run_tests(*ruleset_of(files), loader(files))) {
    for (const TestFailure& failure : result.failures) {
      ADD_FAILURE() << failure.text;
    }
  }
}

TEST(RunTests, LoadEventsFromFilesBesideTheRules) {
  const Files files = {{"fixtures/one.json", R"({"type":"x","n":1})"}};
  const auto all = results(
      "test \"file\" { given file \"fixtures/one.json\" expect route small given file \"gone.json\" expect otherwise "
      "}\n",
      files);
  ASSERT_EQ(all[0].failures.size(), 1U);
  EXPECT_EQ(all[0].failures[0].text, "there is no file `gone.json`");
}

TEST(Compile, SaysWhyAFileThatIsThereCannotBeRead) {
  const Files files = {{"main.rules",
                        "edition 1\nimport \"shut.rules\"\nlookup team from csv \"shut.csv\" key a: string "
                        "{ b: string }\n"}};
  const Loader shut = [&files](std::string_view name) -> std::optional<std::string> {
    if (name.find("shut") != std::string_view::npos) {
      throw Unreadable("Permission denied");
    }
    return loader(files)(name);
  };
  const std::string text = compile("main.rules", shut).text();
  EXPECT_NE(text.find("error[E0710]: `shut.rules` cannot be read: Permission denied"), std::string::npos) << text;
  EXPECT_NE(text.find("error[E0711]: `shut.csv` cannot be read: Permission denied"), std::string::npos) << text;
  EXPECT_NE(compile("shut.rules", shut).text().find("`shut.rules` cannot be read: Permission denied"),
            std::string::npos);
}

TEST(RunTests, SayWhyAFileThatIsThereCannotBeRead) {
  const auto ruleset =
      ruleset_of(std::string(kRules) + "test \"file\" { given file \"shut.json\" expect otherwise }\n");
  const Loader shut = [](std::string_view name) -> std::optional<std::string> {
    return name == "shut.json" ? throw Unreadable("it is a folder") : std::nullopt;
  };
  const auto all = run_tests(*ruleset, shut);
  ASSERT_EQ(all[0].failures.size(), 1U);
  EXPECT_EQ(all[0].failures[0].text, "`shut.json` cannot be read: it is a folder");
}

} // namespace
} // namespace millrace::dsl
