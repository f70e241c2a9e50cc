#include "engine/runtime/receipt.hpp"

#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

Ruleset old_ruleset() {
  return {"aaaa",
          {{"event", "edit", "1"}, {"file", "main.rules", "1"}, {"rule", "web.clicks", "1"}, {"rule", "web.old", "1"}},
          2};
}

Ruleset new_ruleset() {
  return {"bbbb",
          {{"event", "edit", "1"}, {"file", "main.rules", "2"}, {"rule", "web.clicks", "1"}, {"topic", "late", "1"}},
          1};
}

host::Diagnostic warning() {
  return {MR_LOG_WARN, 3, 7, "W0115", "main.rules", "plain braces", "main.rules:3:7: W0115"};
}
host::Diagnostic mistake() { return {MR_LOG_ERROR, 4, 1, "E0201", "main.rules", "no 'totl'", "main.rules:4:1: E0201"}; }

Receipt accepted() {
  Receipt out;
  out.id = "20231114T221320.000000Z-1";
  out.what = "reload";
  out.accepted = true;
  out.asked = {"command", "alice@desk"};
  out.engine = "here:1:2";
  out.at_us = 1'700'000'000'000'000;
  out.duration_us = 12'340;
  out.pipelines.push_back({"ingest",
                           old_ruleset(),
                           new_ruleset(),
                           {{"read", 200'000}, {"compile", 9'000'000}},
                           {warning()},
                           {"late: will be made"},
                           {},
                           {{"ingest/0", out.at_us + 11'000}, {"ingest/1", out.at_us + 12'000}}});
  out.pipelines.push_back({"load", old_ruleset(), old_ruleset(), {}, {}, {}, {}, {}});
  out.notes.emplace_back("memory changed");
  out.engines.push_back({"there:3:4", "switched"});
  return out;
}

Receipt refused() {
  Receipt out;
  out.what = "reload";
  out.asked = {"signal", {}};
  out.at_us = 1;
  out.duration_us = 50;
  out.error = "router.rules of ingest/0: 1 error in \"main.rules\"";
  out.pipelines.push_back({"ingest", old_ruleset(), {}, {}, {mistake()}, {}, out.error, {}});
  return out;
}

TEST(Receipt, ComparesByKindAndNameAndLeavesOutKindsWithoutAChange) {
  const std::vector<Changes> changes = compare(old_ruleset(), new_ruleset());
  ASSERT_EQ(changes.size(), 3u); // no "event"
  EXPECT_EQ(changes[0].kind, "file");
  EXPECT_EQ(changes[0].changed, std::vector<std::string>{"main.rules"});
  EXPECT_TRUE(changes[0].added.empty() && changes[0].removed.empty());
  EXPECT_EQ(changes[1].kind, "rule");
  EXPECT_EQ(changes[1].removed, std::vector<std::string>{"web.old"});
  EXPECT_TRUE(changes[1].added.empty() && changes[1].changed.empty());
  EXPECT_EQ(changes[2].kind, "topic");
  EXPECT_EQ(changes[2].added, std::vector<std::string>{"late"});
}

TEST(Receipt, AnItemMovesBetweenKindsAsOneGoneAndOneNew) {
  const std::vector<Changes> changes = compare({"a", {{"rule", "x", "1"}}, 0}, {"b", {{"topic", "x", "1"}}, 0});
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].removed, std::vector<std::string>{"x"});
  EXPECT_EQ(changes[1].added, std::vector<std::string>{"x"});
}

TEST(Receipt, EverythingIsNewWhereThereWasNothing) {
  const std::vector<Changes> changes = compare({}, {"b", {{"rule", "x", "1"}, {"rule", "y", "1"}}, 0});
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].added, (std::vector<std::string>{"x", "y"}));
}

TEST(Receipt, ARulesetThatWasNeverMadeIsComparedWithNothing) { EXPECT_TRUE(compare(old_ruleset(), {}).empty()); }

TEST(Receipt, EqualRulesetsHaveNoChanges) { EXPECT_TRUE(compare(old_ruleset(), old_ruleset()).empty()); }

TEST(Receipt, SaysAsJsonWhatWasAcceptedWithFilesAndChanges) {
  EXPECT_EQ(
      json_of(accepted()),
      R"({"id":"20231114T221320.000000Z-1","what":"reload","accepted":true,"how":"command","who":"alice@desk",)"
      R"("engine":"here:1:2","at_us":1700000000000000,"duration_us":12340,"error":"","dry_run":false,"not_kept":"","configuration":[],"notes":["memory changed"],)"
      R"("engines":[{"engine":"there:3:4","text":"switched"}],"pipelines":[)"
      R"({"pipeline":"ingest","old":"aaaa","new":"bbbb","files":[{"name":"main.rules","hash":"2"}],"tests":1,)"
      R"("changes":[{"kind":"file","added":[],"removed":[],"changed":["main.rules"]},)"
      R"({"kind":"rule","added":[],"removed":["web.old"],"changed":[]},)"
      R"({"kind":"topic","added":["late"],"removed":[],"changed":[]}],)"
      R"("diagnostics":[{"severity":"warning","code":"W0115","file":"main.rules","line":3,"column":7,)"
      R"("headline":"plain braces","rendered":"main.rules:3:7: W0115"}],)"
      R"("findings":["late: will be made"],"error":"",)"
      R"("phases":[{"name":"read","us":200},{"name":"compile","us":9000}],)"
      R"("switched":[{"worker":"ingest/0","at_us":1700000000011000},{"worker":"ingest/1","at_us":1700000000012000}]},)"
      R"({"pipeline":"load","old":"aaaa","new":"aaaa","files":[{"name":"main.rules","hash":"1"}],"tests":2,)"
      R"("changes":[],"diagnostics":[],"findings":[],"error":"","phases":[],"switched":[]}]})");
}

TEST(Receipt, SaysAsJsonWhatWasRefusedAndWhy) {
  EXPECT_EQ(
      json_of(refused()),
      R"({"id":"","what":"reload","accepted":false,"how":"signal","who":"","engine":"","at_us":1,"duration_us":50,)"
      R"("error":"router.rules of ingest/0: 1 error in \"main.rules\"","dry_run":false,"not_kept":"","configuration":[],"notes":[],)"
      R"("engines":[],"pipelines":[)"
      R"({"pipeline":"ingest","old":"aaaa","new":"","files":[],"tests":0,"changes":[],)"
      R"("diagnostics":[{"severity":"error","code":"E0201","file":"main.rules","line":4,"column":1,)"
      R"("headline":"no 'totl'","rendered":"main.rules:4:1: E0201"}],"findings":[],)"
      R"("error":"router.rules of ingest/0: 1 error in \"main.rules\"","phases":[],"switched":[]}]})");
}

TEST(Receipt, TellsAPersonWhatIsActiveNow) {
  EXPECT_EQ(text_of(accepted()),
            "accepted (12.3 ms)\n"
            "main.rules:3:7: W0115\n"
            "pipeline ingest: aaaa -> bbbb, 1 test passed, switched: ingest/0 after 11.0 ms, ingest/1 after 12.0 ms\n"
            "  file changed: main.rules\n"
            "  rule removed: web.old\n"
            "  topic added: late\n"
            "  late: will be made\n"
            "  took: read 0.2 ms, compile 9.0 ms\n"
            "pipeline load: aaaa, unchanged, 2 tests passed\n"
            "note: memory changed\n"
            "engine there:3:4: switched\n"
            "receipt 20231114T221320.000000Z-1\n");
}

TEST(Receipt, TellsAPersonThatARefusedRulesetChangedNothing) {
  EXPECT_EQ(text_of(refused()),
            "refused, nothing was changed: router.rules of ingest/0: 1 error in \"main.rules\" (0.1 ms)\n"
            "main.rules:4:1: E0201\n"
            "pipeline ingest: aaaa stays active\n");
}

TEST(Receipt, SaysWhereItIsWhileItCannotBeKept) {
  Receipt receipt = refused();
  receipt.not_kept = "nobody answers at db:5432";
  EXPECT_TRUE(text_of(receipt).ends_with("\nthe receipt waits here to be kept: nobody answers at db:5432\n"));
}

TEST(Receipt, InOneLineSaysWhoWantedWhatAndWhatCameOfIt) {
  EXPECT_EQ(line_of(accepted()),
            "2023-11-14 22:13:20  20231114T221320.000000Z-1  reload by command (alice@desk)  accepted  "
            "ingest: aaaa -> bbbb; load: aaaa unchanged");
  EXPECT_EQ(line_of(refused()),
            "1970-01-01 00:00:00    reload by signal  refused: router.rules of ingest/0: 1 error in \"main.rules\"");
}

TEST(Receipt, InOneLineAPipelineThatIsNoMoreIsGone) {
  Receipt receipt = accepted();
  receipt.pipelines[1].after = {};
  EXPECT_TRUE(line_of(receipt).ends_with("; load: aaaa gone")) << line_of(receipt);
}

TEST(Receipt, TheLineIsTheSameOfOneThatWasKept) {
  for (const Receipt& receipt : {accepted(), refused()}) {
    const std::optional<Receipt> kept = summary_of(json_of(receipt));
    ASSERT_TRUE(kept);
    EXPECT_EQ(line_of(*kept), line_of(receipt));
  }
  EXPECT_FALSE(summary_of("{}"));
  EXPECT_FALSE(summary_of("half a rec"));
}

} // namespace
} // namespace millrace::runtime
