#include <gmock/gmock.h>

#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(CommandLine, CheckCreatesEverythingAndSaysWhatItSaw) {
  const Ran ran = run({"check", "-c", pipeline(R"(targets = ["a", "b"])", "")});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_EQ(ran.out, "pipeline 'p': ok, 2 targets, ruleset cafe, 4 tests passed\n");
  EXPECT_EQ(ran.err, "");
}

TEST_F(CommandLine, CheckShowsWhatIsWrongWithTheRules) {
  const Ran ran = run({"check", "-c", pipeline(R"(answer = "bad rules")", "")});
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_EQ(ran.err, "main.rules:3:7: no field 'totl'\n  | totl == 1\n");
  EXPECT_EQ(ran.out, "");
}

TEST_F(CommandLine, CheckShowsAWarningAndIsContent) {
  const Ran ran = run({"check", "-c", pipeline(R"(answer = "odd rules")", "")});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_THAT(ran.err, HasSubstr("no field 'totl'"));
}

TEST_F(CommandLine, CheckNamesTheInstanceThatRefusesItsSettingsAndNotItsSecret) {
  const Ran ran = run({"check", "-c", pipeline("", R"(answer = "refuses", password = "hunter2")")});
  EXPECT_EQ(ran.code, ExitCode::kConfiguration);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("millrace.toml:7:6: sink.shelf of p/0 (plugin shelf 2.1.0): cannot use '***'"),
                             Not(HasSubstr("hunter2"))));
}

TEST_F(CommandLine, CheckFindsWhatOnlyASecondWorkerRefuses) {
  const std::string one = R"(source.told = {}
router.told = {}
sink.shelf = { answer = "alone" }
)";
  EXPECT_EQ(run({"check", "-c", config("[pipeline.p]\n" + one)}).code, ExitCode::kOk);
  const Ran ran = run({"check", "-c", config("[pipeline.p]\nworkers = 2\n" + one)});
  EXPECT_EQ(ran.code, ExitCode::kConfiguration);
  EXPECT_THAT(ran.err, HasSubstr("sink.shelf of p/1 (plugin shelf 2.1.0): there is room for one worker"));
}

TEST_F(CommandLine, CheckSaysEverythingThatIsWrongInOneRun) {
  const Ran ran = run({"check", "-c", pipeline(R"(answer = "bad rules")", R"(answer = "fails")")});
  EXPECT_EQ(ran.code, ExitCode::kPlugin);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("no field 'totl'"), HasSubstr("out of paper")));
}

TEST_F(CommandLine, CheckRefusesATargetThatNoSinkTakes) {
  const Ran ran =
      run({"check", "-c",
           config("[pipeline.p]\nsource.told = {}\nrouter.told = { targets = [\"a\"] }\nsink.plain = {}\n")});
  EXPECT_EQ(ran.code, ExitCode::kConfiguration);
  EXPECT_THAT(ran.err, HasSubstr("target 'a' has messages, and no sink of the pipeline takes them"));
}

TEST_F(CommandLine, CheckReachesNothingOutsideUnlessAsked) {
  EXPECT_EQ(run({"check", "-c", pipeline("", R"(answer = "unreachable")")}).code, ExitCode::kOk);
}

TEST_F(CommandLine, CheckConnectAsksWhetherTheTargetsFit) {
  const Ran ran = run({"check", "--connect", "-c", pipeline(R"(targets = ["a"])", "")});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("source.told of pipeline 'p': its plugin cannot be asked"),
                             HasSubstr("sink.shelf of pipeline 'p': ok: a: width: as wanted"),
                             HasSubstr("sink.shelf of pipeline 'p': reached")));
  const Ran differs = run({"check", "--connect", "-c", pipeline(R"(targets = ["a"])", R"(answer = "differs")")});
  EXPECT_EQ(differs.code, ExitCode::kFindings);
  EXPECT_THAT(differs.err, HasSubstr("sink.shelf of pipeline 'p': error: a: width: is 4, but the rules want 6"));
}

TEST_F(CommandLine, CheckConnectLeavesOutWhatAClientLibraryLogsOnItsWay) {
  const std::string file = pipeline("", R"(answer = "unreachable", warns = "asked")");
  const Ran ran = run({"check", "--connect", "-c", file});
  EXPECT_EQ(ran.err, "left out: sink.shelf of pipeline 'p': nobody answers at shelf:1\n");
  EXPECT_EQ(run({"apply", "-c", file}).err, "sink.shelf of pipeline 'p': nobody answers at shelf:1\n");
}

TEST_F(CommandLine, CheckShowsWhatAPluginWarnsOfWhileItIsCreatedOnce) {
  const Ran ran = run({"check", "--connect", "-c", pipeline("", R"(warns = "created")")});
  const std::size_t first = ran.err.find("a bolt is missing");
  ASSERT_NE(first, std::string::npos) << ran.err;
  EXPECT_EQ(first, ran.err.rfind("a bolt is missing")) << ran.err;
}

TEST_F(CommandLine, CheckConnectSaysWhoCannotBeReached) {
  const Ran ran = run({"check", "--connect", "-c", pipeline("", R"(answer = "unreachable")")});
  EXPECT_EQ(ran.code, ExitCode::kUnreachable);
  EXPECT_THAT(ran.err, HasSubstr("left out: sink.shelf of pipeline 'p': nobody answers at shelf:1"));
}

TEST_F(CommandLine, CheckConnectSaysWhichTargetsWereLeftOutAndAsksTheOthers) {
  const std::string two = config(R"([pipeline.p]
source.told = {}
router.told = { targets = ["a", "b", "c", "d", "e", "f"] }
sink.shelf = { answer = "falls silent" }

[pipeline.q]
source.told = {}
router.told = { targets = ["g"] }
sink.shelf = { answer = "differs" }
)");
  const Ran ran = run({"check", "--connect", "-c", two});
  EXPECT_EQ(ran.code, ExitCode::kUnreachable) << "an answer that is not whole comes before what is in it";
  EXPECT_EQ(ran.err,
            "sink.shelf of pipeline 'p': warning: a: is dusty\n"
            "left out: b, c, d and 2 more of sink.shelf of pipeline 'p': nobody answers any more at shelf:1\n"
            "sink.shelf of pipeline 'q': error: g: width: is 4, but the rules want 6\n");
}

// A file of rules in which the scripted router finds its targets.
class Placed : public CommandLine {
 protected:
  Placed() {
    std::ofstream(rules_) << "shelf boards {\n\ttotl  int\n}\n";
    file_ = pipeline(R"(targets = ["boards"], rules = "shelf.rules")", R"(answer = "lacks")");
  }
  const std::filesystem::path rules_ = folder_ / "shelf.rules";
  std::string file_;
};

TEST_F(Placed, CheckConnectTellsAFindingAtTheLineOfTheRules) {
  const Ran ran = run({"check", "--connect", "-c", file_});
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_EQ(ran.err,
            "sink.shelf of pipeline 'p': warning: lamp: the lamp is off: switch it on\n"
            "error: shelf boards has no board 'totl'\n"
            " --> " +
                rules_.string() +
                ":2:2\n"
                "2 |     totl  int\n"
                "  |     ^^^^\n"
                "  = help: add one\n"
                "  = help: or two\n"
                "  = note: found by sink.shelf of pipeline 'p'\n"
                "warning: boards: nowhere: is narrow\n"
                " --> " +
                rules_.string() +
                ":1:7\n"
                "1 | shelf boards {\n"
                "  |       ^^^^^^\n"
                "  = note: found by sink.shelf of pipeline 'p'\n");
}

TEST_F(Placed, CheckConnectWritesItsFindingsAsJson) {
  const Ran ran = run({"check", "--connect", "--format", "json", "-c", file_});
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out,
              HasSubstr(R"([{"pipeline":"p","ruleset":"cafe","diagnostics":[{"code":null,"severity":"warning",)"
                        R"("message":"sink.shelf of pipeline 'p': the lamp is off\u000aswitch it on","file":")"));
  EXPECT_THAT(ran.out, HasSubstr(R"(millrace.toml","line":7,"column":6},{"instance":"sink.shelf","target":"boards",)"
                                 R"("item":"totl","code":null,"severity":"error",)"
                                 R"("message":"shelf boards has no board 'totl'","file":")"));
  EXPECT_THAT(ran.out, HasSubstr(R"(shelf.rules","byte_start":16,"byte_end":20,"line":2,"column":2)"));
  EXPECT_THAT(ran.out, HasSubstr(R"("helps":[{"text":"add one"},{"text":"or two"}])"));
  EXPECT_THAT(ran.out, HasSubstr("\"left_out\":[]}]\n"));
}

TEST_F(Placed, CheckConnectWritesItsFindingsAsSarif) {
  const Ran ran = run({"check", "--connect", "--format", "sarif", "-c", file_});
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_THAT(
      ran.out,
      HasSubstr(R"({"ruleId":"outside-system","level":"error","message":{"text":"shelf boards has no )"
                R"(board 'totl'\u000aadd one\u000aor two\u000afound by sink.shelf of pipeline 'p'"},"locations":)"));
  EXPECT_THAT(ran.out, HasSubstr(R"("region":{"startLine":2,"startColumn":2,"endLine":2,"endColumn":6})"));
  EXPECT_THAT(ran.out, HasSubstr(R"({"ruleId":"configuration","level":"warning")"));
}

TEST_F(CommandLine, CheckConnectSaysInEachFormatWhatWasLeftOut) {
  const std::string file = pipeline(R"(targets = ["a"])", R"(answer = "unreachable")");
  const Ran json = run({"check", "--connect", "--format", "json", "-c", file});
  EXPECT_EQ(json.code, ExitCode::kUnreachable);
  EXPECT_EQ(
      json.out,
      R"([{"pipeline":"p","ruleset":"cafe","diagnostics":[],"left_out":[{"instance":"sink.shelf","targets":["a"],)"
      R"("why":"nobody answers at shelf:1"}]}])"
      "\n");
  EXPECT_THAT(run({"check", "--connect", "--format", "sarif", "-c", file}).out,
              HasSubstr(R"({"ruleId":"left-out","level":"error","message":{"text":"left out: a of sink.shelf of)"));
}

TEST_F(CommandLine, CheckWritesWhatIsWrongWithAConfigurationsRulesInTheFormatThatIsWanted) {
  const std::string file = pipeline(R"(answer = "bad rules")", R"(answer = "fails")");
  const Ran json = run({"check", "--format", "json", "-c", file});
  EXPECT_EQ(json.code, ExitCode::kPlugin);
  EXPECT_EQ(json.err, "");
  EXPECT_THAT(json.out, AllOf(HasSubstr(R"({"code":"E0201","severity":"error","message":"no field 'totl'",)"
                                        R"("file":"main.rules","line":3,"column":7})"),
                              HasSubstr("out of paper")));
  EXPECT_THAT(run({"check", "--format", "sarif", "-c", file}).out, HasSubstr(R"("ruleId":"E0201")"));
}

TEST_F(CommandLine, CheckConnectGoesWithAConfigurationAndSaysSo) {
  const Ran ran = run({"check", "some.rules", "--connect"});
  EXPECT_EQ(ran.code, ExitCode::kUsage);
  EXPECT_THAT(ran.err, HasSubstr("millrace check --connect -c millrace.toml\n"));
}

TEST_F(CommandLine, CheckConnectInterruptsASinkThatForgetsItsDeadline) {
  const Ran ran = run({"check", "--connect", "-c", pipeline("", R"(answer = "hangs")", "check_deadline = \"100ms\"")});
  EXPECT_EQ(ran.code, ExitCode::kUnreachable);
  EXPECT_THAT(ran.err, HasSubstr("sink.shelf of pipeline 'p': interrupted"));
}

} // namespace
} // namespace millrace::cli
