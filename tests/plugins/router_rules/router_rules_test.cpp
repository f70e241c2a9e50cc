// The rule language behind the contract: targets, messages, rows, refusals and what a receipt needs.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <millrace/ext/draft/explain.h>
#include <millrace/ext/draft/places.h>
#include <millrace/ext/draft/rules_files.h>
#include <millrace/ext/draft/ruleset.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <millrace/testing/module.hpp>
#include <millrace/testing/router.hpp>

namespace millrace {
namespace {

const mr_plugin& plugin() {
  static const mr_plugin& found =
      testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/router_rules.so"), MR_ROUTER);
  return found;
}

constexpr const char* kRules = R"(edition 1
event click { type: string  user?: string  at: timestamp  price?: decimal(8,2) }

topic "clicks"  { event click  partitions 4  retention 2d }
topic "other"   { event click }
topic "dlq.web" { partitions 1 }

router web for click {
  match first
  dead_letter "dlq.web"
  drop bots when type == "bot"
  route clicks when type == "click" {
    to topic "clicks"
    key user else reject
    header "kind" = type
  }
  otherwise to topic "other"
}

table app.clicks from topic "clicks" {
  user_id text         = user else reject
  at      timestamptz  = at
  price   numeric(8,2) = price else null
  primary key (user_id)
  on conflict keep newest by at
}

test "clicks go to clicks" {
  given { "type": "click", "user": "u", "at": "2024-06-10T08:00:00Z" }
  expect topic "clicks" key "u"
}
)";

constexpr const char* kClick = R"({"type":"click","user":"u-1","at":"2024-06-10T08:00:00Z","price":9.5})";

class RouterRules : public ::testing::Test {
 protected:
  RouterRules() {
    std::string name = (std::filesystem::temp_directory_path() / "millrace-rules-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    write("web.rules", kRules);
  }
  ~RouterRules() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
};

TEST_F(RouterRules, SaysWhereATargetAndWhatBelongsToItStandInTheRules) {
  testing::Router router(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  const std::string rules = kRules;
  const auto place = [&](std::uint32_t form, const char* name, const char* item) -> std::string {
    mr_target target{};
    target.name = name == nullptr ? kAbsent : str(name);
    target.form = form;
    mr_place found{};
    const mr_str wanted = item == nullptr ? kAbsent : str(item);
    if (router.extension<mr_router_places>(MR_PLACES)->find(router.self(), form == 0 ? nullptr : &target, wanted,
                                                            &found) == 0) {
      return "not known";
    }
    EXPECT_EQ(view(found.file), path("web.rules"));
    return rules.substr(found.begin, found.end - found.begin);
  };
  EXPECT_EQ(place(MR_MESSAGES, "clicks", nullptr), "\"clicks\"");
  EXPECT_EQ(place(MR_MESSAGES, "clicks", "partitions"), "partitions 4");
  EXPECT_EQ(place(MR_MESSAGES, "clicks", "retention_ms"), "retention 2d");
  EXPECT_EQ(place(MR_MESSAGES, "clicks", "replicas"), "\"clicks\"") << "the rules say nothing of them";
  EXPECT_EQ(place(MR_MESSAGES, "app.clicks", nullptr), "not known");
  EXPECT_EQ(place(MR_ROWS, "app.clicks", nullptr), "app.clicks");
  EXPECT_EQ(place(MR_ROWS, "app.clicks", "price"), "price");
  EXPECT_EQ(place(MR_ROWS, "app.clicks", "primary_key"), "primary key (user_id)");
  EXPECT_EQ(place(MR_ROWS, "app.clicks", "newest_by"), "on conflict keep newest by at");
  EXPECT_EQ(place(MR_ROWS, "app.clicks", "index.1"), "app.clicks");
  EXPECT_EQ(place(MR_ROWS, "clicks", nullptr), "not known");
  EXPECT_EQ(place(0, nullptr, "clicks"), "\"clicks\"");
  EXPECT_EQ(place(0, nullptr, "click"), "not known");
}

TEST_F(RouterRules, NamesTheTopicsOfTheRulesAsTargetsWithTheirProperties) {
  testing::Router router(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  const auto targets = router.host().targets();
  ASSERT_EQ(targets.size(), 3U);
  const auto clicks = std::ranges::find(targets, "clicks", &testing::Target::name);
  ASSERT_NE(clicks, targets.end());
  EXPECT_EQ(clicks->form, static_cast<std::uint32_t>(MR_MESSAGES));
  EXPECT_EQ(clicks->properties,
            (std::map<std::string, std::string>{{"partitions", "4"}, {"retention_ms", "172800000"}}));
  const auto dead = std::ranges::find(targets, "dlq.web", &testing::Target::name);
  ASSERT_NE(dead, targets.end());
  EXPECT_EQ(dead->flags, static_cast<std::uint32_t>(MR_DEAD_LETTER));
}

TEST_F(RouterRules, RoutesDropsAndRefuses) {
  testing::Router router(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  const auto targets = router.host().targets();
  const auto id_of = [&](const std::string& name) {
    return static_cast<std::uint32_t>(std::ranges::find(targets, name, &testing::Target::name) - targets.begin() + 1);
  };
  const mr_event* no_user = router.event(R"({"type":"click","at":"2024-06-10T08:00:00Z"})");
  const mr_event* broken = router.event("{\"type\":");
  const auto routed = router.route({router.event(kClick), router.event(R"({"type":"bot","at":"2024-06-10T08:00:00Z"})"),
                                    no_user, router.event(R"({"type":"view","at":"2024-06-10T08:00:00Z"})"), broken});
  EXPECT_EQ(routed.status, MR_OK) << routed.error;
  ASSERT_EQ(routed.messages.size(), 2U);
  EXPECT_EQ(routed.messages[0].target, id_of("clicks"));
  EXPECT_EQ(routed.messages[0].key, "u-1");
  EXPECT_EQ(routed.messages[0].payload, kClick);
  EXPECT_EQ(routed.messages[0].headers[0], (std::pair<std::string, std::string>("kind", "click")));
  EXPECT_EQ(routed.messages[0].headers[1].first, "millrace-ruleset");
  EXPECT_EQ(routed.messages[1].target, id_of("other"));
  EXPECT_FALSE(routed.messages[1].has_key);
  ASSERT_EQ(routed.rejected.size(), 2U);
  EXPECT_EQ(routed.rejected[0].event, no_user);
  EXPECT_EQ(routed.rejected[0].code, "R0301");
  EXPECT_EQ(routed.rejected[0].rule, "web.clicks");
  EXPECT_EQ(routed.rejected[0].dead_letter, id_of("dlq.web"));
  EXPECT_EQ(routed.rejected[1].event, broken);
  EXPECT_EQ(routed.rejected[1].code, "R0101");
  EXPECT_EQ(routed.rejected[1].ruleset, routed.messages[0].headers[1].second);
  EXPECT_TRUE(router.violations().empty());
}

TEST_F(RouterRules, AsksAtOnceForEveryTopicThatANameCanBecome) {
  write("parts.rules", R"(edition 1
event click { type: one of "a", "b"  user: string }
topic "by.*"   { event click  partitions 3 }
topic "own.a"  { event click  partitions 1 }
topic "own.b"  { event click  partitions 2 }
topic "dead"   { }
router web for click {
  match first
  dead_letter "dead"
  route all when true {
    to topic "by.{type}"
    to topic "own.{type}"
  }
  otherwise to topic "own.a"
}
)");
  testing::Router router(plugin(), {{"file", path("parts.rules")}, {"run", "web"}});
  const auto targets = router.host().targets();
  std::map<std::string, std::string> partitions;
  for (const testing::Target& target : targets) {
    partitions[target.name] = target.properties.contains("partitions") ? target.properties.at("partitions") : "";
  }
  EXPECT_EQ(partitions, (std::map<std::string, std::string>{
                            {"by.a", "3"}, {"by.b", "3"}, {"own.a", "1"}, {"own.b", "2"}, {"dead", ""}}));
  EXPECT_EQ(targets.size(), 5U);
  const auto routed = router.route({router.event(R"({"type":"b","user":"u"})")});
  ASSERT_EQ(routed.messages.size(), 2U);
  EXPECT_EQ(targets[routed.messages[0].target - 1].name, "by.b");
  EXPECT_EQ(targets[routed.messages[1].target - 1].name, "own.b");
}

constexpr const char* kFamilyRules = R"(edition 1
event e { tenant: string  user: string  secret?: string }
topic "t.*"  { event e  partitions 6 }
topic "rest" { event e }
topic "dlq"  { }
router r for e {
  match first
  dead_letter "dlq"
  route all when true to topic "t.{tenant}" at most 2 topics else "rest" {
    key tenant
    partition by user
    omit secret
  }
  otherwise drop
}
)";

TEST_F(RouterRules, AsksForACappedNameWhenItComesUpAndTakesTheOverflowWhereItIsNotGranted) {
  write("family.rules", kFamilyRules);
  testing::Router router(plugin(), {{"file", path("family.rules")}, {"run", "r"}});
  EXPECT_EQ(router.host().targets().size(), 2U) << "the overflow and the dead letter are known beforehand";
  router.host().refuse_target("t.c");
  const auto event = [&](const std::string& tenant) {
    return router.event(R"({"tenant":")" + tenant + R"(","user":"u"})");
  };
  const auto routed = router.route({event("a"), event("c"), event("a"), event("x y"), event("c")});
  ASSERT_EQ(routed.messages.size(), 5U) << routed.error;
  const auto targets = router.host().targets();
  ASSERT_EQ(targets.size(), 3U);
  EXPECT_EQ(targets[2].name, "t.a");
  EXPECT_EQ(targets[2].properties,
            (std::map<std::string, std::string>{{"at_most", "2"}, {"partitions", "6"}, {"pattern", "t.*"}}));
  const auto to = [&](std::size_t message) { return targets[routed.messages[message].target - 1].name; };
  EXPECT_EQ(to(0), "t.a");
  EXPECT_EQ(to(1), "rest");
  EXPECT_EQ(to(2), "t.a");
  EXPECT_EQ(to(3), "rest") << "no name of a topic";
  EXPECT_EQ(to(4), "rest");
  EXPECT_EQ(routed.messages[1].key, "c") << "never rewritten, delivered whole";
  EXPECT_EQ(router.host().metric("topic_overflow_total{topic=rest}"), 3);
}

TEST_F(RouterRules, SaysWhatChoosesThePartitionAndLeavesOutWhatIsOmitted) {
  write("family.rules", kFamilyRules);
  testing::Router router(plugin(), {{"file", path("family.rules")}, {"run", "r"}});
  const auto routed = router.route(
      {router.event(R"({ "tenant":"a", "secret":"s", "user":"u" })"), router.event(R"({"tenant":"a","user":"u"})")});
  ASSERT_EQ(routed.messages.size(), 2U) << routed.error;
  EXPECT_EQ(routed.messages[0].partition_by, "u");
  EXPECT_EQ(routed.messages[0].key, "a");
  EXPECT_EQ(routed.messages[0].payload, R"({ "tenant":"a", "user":"u" })");
  EXPECT_EQ(routed.messages[1].payload, R"({"tenant":"a","user":"u"})");
}

TEST_F(RouterRules, MakesRowsOfTheTopicsThatItsTablesRead) {
  testing::Router router(plugin(), {{"file", path("web.rules")}, {"run", "tables"}});
  EXPECT_EQ(router.host().declared_streams(), (std::vector<std::string>{"clicks"}));
  ASSERT_EQ(router.host().targets().size(), 1U);
  const testing::Target table = router.host().targets()[0];
  EXPECT_EQ(table.name, "app.clicks");
  EXPECT_EQ(table.properties, (std::map<std::string, std::string>{
                                  {"primary_key", "user_id"}, {"on_conflict", "keep_newest"}, {"newest_by", "at"}}));
  const mr_event* click = router.event(kClick, "clicks", 0, 7);
  const mr_event* nobody = router.event(R"({"type":"click","at":"2024-06-10T08:00:00Z"})", "clicks", 0, 8);
  const auto routed = router.route({click, nobody, router.event(kClick, "other", 0, 1)});
  ASSERT_EQ(routed.rows.size(), 1U);
  ASSERT_EQ(routed.rows[0]->events, (std::vector<const mr_event*>{click}));
  const RowView rows(routed.rows[0]->array);
  EXPECT_EQ(rows[0].text(0), "u-1");
  EXPECT_EQ(rows[1].timestamp(0), 1'718'006'400'000'000);
  EXPECT_EQ(rows[2].decimal(0).low, 950U);
  ASSERT_EQ(routed.rejected.size(), 1U);
  EXPECT_EQ(routed.rejected[0].event, nobody);
  EXPECT_EQ(routed.rejected[0].code, "R0401");
  EXPECT_EQ(routed.rejected[0].path, "user_id");
}

TEST_F(RouterRules, MakesRowsOfListsDurationsAndAddresses) {
  write("lists.rules", R"(edition 1
event e { tags: list<string>  sums?: list<decimal(9,2)>  took: duration  ip: ip  app: version  any: list<any> }
topic "t" { event e }
table t from topic "t" {
  tags text[]          = tags
  sums numeric(12,2)[] = sums else null
  wide numeric[]       = sums else null
  took interval        = took
  ip   inet            = ip
  app  text            = app
  any  jsonb[]         = any
}
)");
  testing::Router router(plugin(), {{"file", path("lists.rules")}, {"run", "tables"}});
  const auto routed = router.route(
      {router.event(R"({"tags":["a","b"],"sums":[1.5],"took":"1s","ip":"10.0.0.1","app":"1.2","any":[null,1]})", "t"),
       router.event(R"({"tags":[],"took":"-1m","ip":"::1","app":"2","any":[]})", "t")});
  ASSERT_EQ(routed.rows.size(), 1U) << routed.error;
  const RowView rows(routed.rows[0]->array);
  EXPECT_EQ(rows[0].list(0).end, 2U);
  EXPECT_EQ(rows[0].items().text(1), "b");
  EXPECT_EQ(rows[0].list(1).first, rows[0].list(1).end);
  EXPECT_EQ(rows[1].items().decimal(0).low, 150U);
  EXPECT_TRUE(rows[1].is_null(1));
  EXPECT_EQ(rows[2].items().text(0), "1.50"); // as it is declared
  EXPECT_EQ(rows[3].duration(0), 1'000'000);
  EXPECT_EQ(rows[3].duration(1), -60'000'000);
  EXPECT_EQ(rows[4].ip(0), std::string_view("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16));
  EXPECT_EQ(rows[4].ip(1).back(), 1);
  EXPECT_EQ(rows[5].text(0), "1.2");
  EXPECT_TRUE(rows[6].items().is_null(0));
  EXPECT_EQ(rows[6].items().text(1), "1");
}

TEST_F(RouterRules, SaysHowATableIsLaidOut) {
  write("laid-out.rules", R"(edition 1
event click { id: uuid  at: timestamp  price: int }
topic "clicks" { event click }
table app.clicks from topic "clicks" {
  id      uuid        = id
  at      timestamptz = at
  `a,b`   bigint      = price renamed from cost
  price   bigint      = price
  primary key (id, at)
  on conflict keep first
  partition by day of at keep 1 month
  index (`a,b`, at)
  index (price)
  evolve additive
  drop column old
  drop column `o,d`
}
table frozen from topic "clicks" { id uuid = id  at timestamptz = at  evolve frozen  partition by hour of at keep 30 days }
)");
  testing::Router router(plugin(), {{"file", path("laid-out.rules")}, {"run", "tables"}});
  const auto targets = router.host().targets();
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets[0].properties, (std::map<std::string, std::string>{{"dropped_columns", "old,o,,d"},
                                                                       {"index.1", "a,,b,at"},
                                                                       {"index.2", "price"},
                                                                       {"on_conflict", "keep_first"},
                                                                       {"partition_by", "at"},
                                                                       {"partition_keep", "1 month"},
                                                                       {"partition_unit", "day"},
                                                                       {"primary_key", "id,at"},
                                                                       {"renamed_from.a,b", "cost"}}));
  EXPECT_EQ(
      targets[1].properties,
      (std::map<std::string, std::string>{
          {"evolve", "frozen"}, {"partition_by", "at"}, {"partition_keep", "30 days"}, {"partition_unit", "hour"}}));
}

TEST_F(RouterRules, SendsWhatATableRefusesToTheTopicThatItNames) {
  write("refusing.rules", R"(edition 1
event click { id: uuid  user?: string }
topic "clicks" { event click }
topic "dlq.named" { partitions 3 }
topic "dlq.none" { }
table named from topic "clicks" where user == "a" { id uuid = id  n char(1) = user else reject  dead_letter "dlq.named" }
table other from topic "clicks" where user == "longer" { n char(1) = user else reject }
table again from topic "clicks" where user == "again" { n char(1) = user else reject  dead_letter "dlq.named" }
table none from topic "clicks" where user == "none" { n char(1) = user else reject  dead_letter "dlq.none" }
)");
  testing::Router router(plugin(), {{"file", path("refusing.rules")}, {"run", "tables"}});
  const auto targets = router.host().targets();
  ASSERT_EQ(targets.size(), 6U);
  EXPECT_EQ(targets[4].name, "dlq.named");
  EXPECT_EQ(targets[4].form, static_cast<std::uint32_t>(MR_MESSAGES));
  EXPECT_EQ(targets[4].flags, static_cast<std::uint32_t>(MR_DEAD_LETTER));
  EXPECT_EQ(targets[4].properties, (std::map<std::string, std::string>{{"partitions", "3"}}));
  const auto dead_letter_of = [&](const std::string& user) {
    const mr_event* event =
        router.event(R"({"id":"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a11","user":")" + user + "\"}", "clicks");
    const auto routed = router.route({event});
    return routed.rejected.empty() ? 77 : routed.rejected[0].dead_letter;
  };
  EXPECT_EQ(dead_letter_of("a"), 77U);
  EXPECT_EQ(dead_letter_of("again"), 5U);
  EXPECT_EQ(dead_letter_of("longer"), 0U);
  EXPECT_EQ(dead_letter_of("none"), 6U);
}

TEST_F(RouterRules, LoadsAtOnceWhatItRoutes) {
  testing::Router router(plugin(), {{"file", path("web.rules")}, {"run", "web"}, {"load", "true"}});
  const auto routed = router.route({router.event(kClick), router.event("nonsense")});
  EXPECT_TRUE(routed.messages.empty());
  ASSERT_EQ(routed.rows.size(), 1U);
  EXPECT_EQ(routed.rows[0]->array.length, 1);
  ASSERT_EQ(routed.rejected.size(), 1U);
  EXPECT_EQ(routed.rejected[0].dead_letter, 0U);
}

TEST_F(RouterRules, KeepsWorkingOverManyCallsAndAnEmptyOne) {
  testing::Router router(plugin(), {{"file", path("web.rules")}, {"run", "web"}, {"load", "true"}});
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(router.route({router.event(kClick)}).rows.size(), 1U);
    EXPECT_TRUE(router.route({}).rows.empty());
  }
}

TEST_F(RouterRules, SaysWhatItWasMadeOf) {
  testing::Router router(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  const auto* calls = router.extension<mr_router_ruleset>(MR_RULESET);
  ASSERT_NE(calls, nullptr);
  EXPECT_FALSE(view(calls->hash(router.self())).empty());
  EXPECT_EQ(calls->tests(router.self()), 1U);
  const mr_ruleset_item* items = nullptr;
  const std::size_t count = calls->items(router.self(), &items);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(copy(items[i].kind) + " " + copy(items[i].name));
  }
  EXPECT_TRUE(std::ranges::is_sorted(names));
  for (const char* wanted : {"rule web.clicks", "topic clicks", "table app.clicks"}) {
    EXPECT_TRUE(std::ranges::find(names, wanted) != names.end()) << wanted;
  }
}

TEST_F(RouterRules, ATwinHasTheRulesetOfItsModelAlsoWhenTheFileIsWrongNow) {
  testing::Router router(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  const auto* calls = router.extension<mr_router_ruleset>(MR_RULESET);
  write("web.rules", "edition 1\nruoter web\n");
  void* twin = nullptr;
  mr_error error{};
  ASSERT_EQ(calls->twin(router.self(), router.host().get(), &twin, &error), MR_OK) << error.text;
  EXPECT_EQ(copy(calls->hash(twin)), copy(calls->hash(router.self())));
  plugin().destroy(twin);
}

TEST_F(RouterRules, AChangedFileIsReadAnewAndAnUnchangedOneIsShared) {
  const auto hash_of = [](testing::Router& router) {
    return copy(router.extension<mr_router_ruleset>(MR_RULESET)->hash(router.self()));
  };
  testing::Router first(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  testing::Router second(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  EXPECT_EQ(hash_of(first), hash_of(second));
  write("web.rules", std::string(kRules) + "# changed\n");
  testing::Router third(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  EXPECT_NE(hash_of(first), hash_of(third));
}

TEST_F(RouterRules, IsMadeAgainOfTheFilesThatItWasReadFrom) {
  write("web.rules", std::string(kRules) + "lookup risky from csv \"risky.csv\" key country: string { risky: bool }\n");
  write("risky.csv", "country,risky\nXX,true\n");
  testing::Router router(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  const auto* calls = router.extension<mr_router_rules_files>(MR_RULES_FILES);
  ASSERT_NE(calls, nullptr);
  const mr_rules_file* files = nullptr;
  const std::size_t count = calls->files(router.self(), &files);
  ASSERT_EQ(count, 2U);
  EXPECT_EQ(copy(files[0].name), path("web.rules"));
  EXPECT_EQ(copy(files[1].bytes), "country,risky\nXX,true\n");
  std::filesystem::remove(folder_ / "web.rules");
  std::filesystem::remove(folder_ / "risky.csv");

  void* again = nullptr;
  mr_error error{};
  ASSERT_EQ(calls->create_from(router.host().get(), router.values(), files, count, &again, &error), MR_OK)
      << error.text;
  const auto* ruleset = router.extension<mr_router_ruleset>(MR_RULESET);
  EXPECT_EQ(copy(ruleset->hash(again)), copy(ruleset->hash(router.self())));
  plugin().destroy(again);
  EXPECT_EQ(calls->create_from(router.host().get(), router.values(), files, 1, &again, &error), MR_INVALID);
  EXPECT_NE(std::string_view(error.text).find("risky.csv"), std::string_view::npos) << error.text;
}

struct Heard {
  std::string text;
  mr_listener listener{&text, [](void* context, mr_str piece) { *static_cast<std::string*>(context) += copy(piece); }};
};

TEST_F(RouterRules, ExplainsAnEventInWordsAndAsJson) {
  testing::Router router(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  const auto* calls = router.extension<mr_router_explain>(MR_EXPLAIN);
  ASSERT_NE(calls, nullptr);
  mr_error error{};
  Heard words;
  ASSERT_EQ(calls->explain(router.self(), router.event(kClick), MR_EXPLAIN_TEXT, &words.listener, &error), MR_OK);
  EXPECT_NE(words.text.find("clicks"), std::string::npos) << words.text;
  EXPECT_NE(words.text.find("u-1"), std::string::npos) << words.text;
  Heard json;
  ASSERT_EQ(calls->explain(router.self(), router.event(kClick), MR_EXPLAIN_JSON, &json.listener, &error), MR_OK);
  EXPECT_TRUE(json.text.starts_with(R"({"outcome":"routed","rules":["clicks"],"to":[{"topic":"clicks")")) << json.text;
  testing::Router tables(plugin(), {{"file", path("web.rules")}, {"run", "tables"}});
  Heard row;
  ASSERT_EQ(calls->explain(tables.self(), tables.event(kClick, "clicks"), MR_EXPLAIN_JSON, &row.listener, &error),
            MR_OK);
  EXPECT_NE(row.text.find(R"("rows":[{"table":"app.clicks")"), std::string::npos) << row.text;
}

TEST_F(RouterRules, ComparesWhatTwoRulesetsMakeOfTheSameEvents) {
  testing::Router before(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  std::string changed = kRules;
  changed.replace(changed.find("drop bots when type == \"bot\""), 28, "drop bots when type == \"bat\"");
  write("web.rules", changed);
  testing::Router after(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  const auto* calls = before.extension<mr_router_explain>(MR_EXPLAIN);
  void* comparison = nullptr;
  mr_error error{};
  ASSERT_EQ(calls->compare(before.self(), after.self(), &comparison, &error), MR_OK) << error.text;
  calls->compare_event(comparison, before.event(kClick));
  calls->compare_event(comparison, before.event(R"({"type":"bot","at":"2024-06-10T08:00:00Z"})"));
  const mr_comparison_count count = calls->compare_count(comparison);
  EXPECT_EQ(count.events, 2U);
  EXPECT_EQ(count.changed, 1U);
  Heard heard;
  calls->compare_tell(comparison, MR_EXPLAIN_TEXT, &heard.listener);
  EXPECT_TRUE(heard.text.starts_with("2 events, 1 changed\n")) << heard.text;
  EXPECT_NE(heard.text.find("bot"), std::string::npos) << heard.text;
  calls->compare_end(comparison);
}

TEST_F(RouterRules, SaysWhyAFileThatIsThereCannotBeRead) {
  std::filesystem::create_directory(folder_ / "parts.rules");
  write("web.rules", "edition 1\nimport \"parts.rules\"\n");
  const auto said = [&](const std::string& file) {
    try {
      testing::Router router(plugin(), {{"file", path(file)}, {"run", "web"}});
    } catch (const testing::CallFailed& failed) {
      return failed.text();
    }
    return std::string("nothing");
  };
  EXPECT_NE(said("web.rules").find("parts.rules` cannot be read: it is a folder"), std::string::npos)
      << said("web.rules");
  EXPECT_NE(said("parts.rules").find("cannot be read: it is a folder"), std::string::npos) << said("parts.rules");
  EXPECT_NE(said("gone.rules").find("cannot be read: there is no such file"), std::string::npos) << said("gone.rules");
}

TEST_F(RouterRules, AFileThatChangesWhileItIsReadIsNotUsed) {
  try {
    testing::Router router(plugin(), {{"file", "/proc/sys/kernel/random/uuid"}, {"run", "web"}});
    ADD_FAILURE() << "each read gives another text";
  } catch (const testing::CallFailed& failed) {
    EXPECT_NE(failed.text().find("changes while it is read"), std::string::npos) << failed.text();
  }
}

TEST_F(RouterRules, SaysWhatItSpentItsTimeOn) {
  const auto steps_of = [](testing::Router& router) {
    const mr_rules_step* steps = nullptr;
    const std::size_t count = router.extension<mr_router_rules_files>(MR_RULES_FILES)->steps(router.self(), &steps);
    std::vector<std::string> names;
    for (const mr_rules_step& step : std::span(steps, count)) {
      EXPECT_GE(step.ns, 0);
      names.push_back(copy(step.name));
    }
    return names;
  };
  testing::Router first(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  EXPECT_EQ(steps_of(first), (std::vector<std::string>{"read", "compile", "test"}));
  testing::Router unchanged(plugin(), {{"file", path("web.rules")}, {"run", "web"}});
  EXPECT_EQ(steps_of(unchanged), (std::vector<std::string>{"read"}));
}

// What create says when it refuses.
std::string refusal(const std::vector<testing::Setting>& settings) {
  try {
    testing::Router router(plugin(), settings);
  } catch (const testing::CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_INVALID);
    return failed.text();
  }
  return "";
}

TEST_F(RouterRules, WhatIsWrongIsSaidWithTheWayOut) {
  EXPECT_NE(refusal({{"file", path("no.rules")}, {"run", "web"}}).find("no.rules"), std::string::npos);
  write("empty.rules", "");
  EXPECT_NE(refusal({{"file", path("empty.rules")}, {"run", "web"}}).find("the rules have no router of that name"),
            std::string::npos);
  const std::string unknown = refusal({{"file", path("web.rules")}, {"run", "wbe"}});
  EXPECT_NE(unknown.find("no router of that name; there are `tables`, `web`"), std::string::npos) << unknown;
  write("bad.rules", "edition 1\nevent e { a: strin }\n");
  const std::string bad = refusal({{"file", path("bad.rules")}, {"run", "web"}});
  EXPECT_NE(bad.find("bad.rules:2:"), std::string::npos) << bad;
}

TEST_F(RouterRules, ATestThatFailsRefusesTheRuleset) {
  std::string rules = kRules;
  rules.replace(rules.find("key \"u\""), 7, "key \"x\"");
  write("web.rules", rules);
  const std::string said = refusal({{"file", path("web.rules")}, {"run", "web"}});
  EXPECT_NE(said.find("1 test fails"), std::string::npos) << said;
  EXPECT_EQ(refusal({{"file", path("web.rules")}, {"run", "web"}, {"tests", "false"}}), "");
}

} // namespace
} // namespace millrace
