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
  EXPECT_EQ(ran.err, "sink.shelf of pipeline 'p': nobody answers at shelf:1\n");
  EXPECT_EQ(run({"apply", "-c", file}).err, ran.err);
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
  EXPECT_THAT(ran.err, HasSubstr("sink.shelf of pipeline 'p': nobody answers at shelf:1"));
}

TEST_F(CommandLine, CheckConnectInterruptsASinkThatForgetsItsDeadline) {
  const Ran ran = run({"check", "--connect", "-c", pipeline("", R"(answer = "hangs")", "check_deadline = \"100ms\"")});
  EXPECT_EQ(ran.code, ExitCode::kUnreachable);
  EXPECT_THAT(ran.err, HasSubstr("sink.shelf of pipeline 'p': interrupted"));
}

} // namespace
} // namespace millrace::cli
