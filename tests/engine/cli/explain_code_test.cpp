#include <gmock/gmock.h>

#include "dsl/diagnostic/codes.hpp"
#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(CommandLine, ExplainsACodeWithAWrongAndARightExample) {
  const Ran ran = run({"explain-code", "E0301"});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, StartsWith("error E0301: a negative test on a value that may be missing\n\nWhat\n"));
  EXPECT_THAT(ran.out,
              HasSubstr("\n\nWrong\n\n    drop abroad when country != \"DE\"\n\nRight\n\n    drop abroad when"));
  EXPECT_THAT(ran.out, ::testing::Not(HasSubstr("```")));
  EXPECT_EQ(run({"explain-code", "e0301"}).out, ran.out);
}

TEST_F(CommandLine, ExplainsEveryCode) {
  for (const dsl::CodeInfo& info : dsl::all_codes()) {
    const std::string name = dsl::name_of(info.code);
    const Ran ran = run({"explain-code", name});
    EXPECT_EQ(ran.code, ExitCode::kOk) << name;
    EXPECT_THAT(ran.out, HasSubstr(name + ": " + std::string(info.title) + "\n")) << name;
  }
}

TEST_F(CommandLine, NamesTheFilesThatAnExampleNeeds) {
  EXPECT_THAT(run({"explain-code", "E0712"}).out, HasSubstr("\n\n  as tiers.csv:\n    app,tier\n    maps,one\n"));
}

TEST_F(CommandLine, ExplainsACodeForPrograms) {
  const Ran ran = run({"explain-code", "w0508", "--format", "json"});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_THAT(
      ran.out,
      StartsWith(
          "{\"code\":\"W0508\",\"severity\":\"warning\",\"title\":\"rules that no router includes\",\"what\":\""));
  EXPECT_THAT(ran.out, HasSubstr("\",\"wrong\":\"rules cleaning for order {\\n  drop empty"));
  EXPECT_THAT(ran.out, HasSubstr("but no event ever meets them. Either the `include` was forgotten, or they can go."));
  EXPECT_EQ(run({"explain-code", "w0508", "--format", "yaml"}).code, ExitCode::kUsage);
}

TEST_F(CommandLine, ACodeThatIsNoneIsAMistakeOfUsage) {
  const Ran ran = run({"explain-code", "E301"});
  EXPECT_EQ(ran.code, ExitCode::kUsage);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "there is no code 'E301'; did you mean E0301?\n");
  EXPECT_THAT(run({"explain-code", "E0108"}).err, HasSubstr("any more"));
  EXPECT_THAT(run({"explain-code", "R0301"}).err, HasSubstr("refused-events.md"));
  EXPECT_THAT(run({"explain-code", "something"}).err, HasSubstr("codes like E0301"));
  EXPECT_EQ(run({"explain-code"}).code, ExitCode::kUsage);
}

} // namespace
} // namespace millrace::cli
