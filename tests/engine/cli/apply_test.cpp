#include <gmock/gmock.h>

#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kTwo = R"(targets = ["a", "b"])";

TEST_F(CommandLine, ApplyPrintsItsStepsAndThenTakesThem) {
  const Ran ran = run({"apply", "-c", pipeline(kTwo, "")});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_EQ(ran.out,
            "-- sink.shelf of pipeline 'p': to be created\ncreate shelf a\ncreate shelf b\n"
            "-- sink.shelf of pipeline 'p': done, 2 steps\n");
}

TEST_F(CommandLine, ApplyDryRunChangesNothing) {
  const Ran ran = run({"apply", "--dry-run", "-c", pipeline(kTwo, "")});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("create shelf b\n"), HasSubstr("nothing was changed"), Not(HasSubstr("done"))));
}

TEST_F(CommandLine, ApplySaysThatEverythingIsThere) {
  const Ran ran = run({"apply", "-c", pipeline(kTwo, R"(answer = "complete")")});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_EQ(ran.out, "-- sink.shelf of pipeline 'p': everything is there\n");
}

TEST_F(CommandLine, ApplyChangesNothingAnywhereWhenOneTargetDiffers) {
  const std::string two_sinks = config(
      "[pipeline.p]\nsource.told = {}\nrouter.told = { targets = [\"a\"] }\nsink.shelf = {}\n"
      "[pipeline.q]\nsource.told = {}\nrouter.told = { targets = [\"b\"] }\nsink.shelf = { answer = \"differs\" }\n");
  const Ran ran = run({"apply", "-c", two_sinks});
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("create shelf a"), HasSubstr("-- nothing was changed"), Not(HasSubstr("done"))));
  EXPECT_THAT(ran.err,
              HasSubstr("sink.shelf of pipeline 'q': error: b: width: is 4, but the rules want 6; it is not changed"));
}

TEST_F(CommandLine, ApplySaysHowFarItCame) {
  const Ran ran = run({"apply", "-c", pipeline(kTwo, R"(answer = "breaks")")});
  EXPECT_EQ(ran.code, ExitCode::kUnreachable);
  EXPECT_THAT(ran.err, HasSubstr("sink.shelf of pipeline 'p': stopped after 1 of 2 steps: the shelf fell down"));
}

TEST_F(CommandLine, ApplyNamesASinkThatCreatesNothing) {
  const Ran ran = run({"apply", "-c", config("[pipeline.p]\nsource.told = {}\nrouter.told = {}\nsink.plain = {}\n")});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_EQ(ran.out, "-- sink.plain of pipeline 'p': its plugin creates nothing\n");
}

TEST_F(CommandLine, ApplyDoesNotAskWhenTheRulesAreWrong) {
  const Ran ran = run({"apply", "-c", pipeline(R"(answer = "bad rules")", "")});
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_EQ(ran.out, "");
}

} // namespace
} // namespace millrace::cli
