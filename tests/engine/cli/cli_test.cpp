#include "engine/cli/cli.hpp"

#include <gmock/gmock.h>

#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::HasSubstr;

TEST_F(CommandLine, SaysItsVersionAndTheContractThatItSpeaks) {
  const Ran ran = run({"version"});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_THAT(ran.out, ::testing::StartsWith("millrace "));
  EXPECT_THAT(ran.out, HasSubstr("plugin contract 1 (millrace_module_v1)"));
}

TEST_F(CommandLine, HelpIsNoMistakeAndAnUnknownCommandIs) {
  EXPECT_EQ(run({"--help"}).code, ExitCode::kOk);
  EXPECT_THAT(run({"--help"}).out, HasSubstr("check"));
  EXPECT_EQ(run({"check", "--help"}).code, ExitCode::kOk);
  EXPECT_EQ(run({}).code, ExitCode::kUsage);
  const Ran mistyped = run({"chekc"});
  EXPECT_EQ(mistyped.code, ExitCode::kUsage);
  EXPECT_THAT(mistyped.err, HasSubstr("millrace: there is no command 'chekc'; did you mean 'check'?"));
  EXPECT_THAT(run({"plugins", "lst"}).err, HasSubstr("plugins: there is no command 'lst'; did you mean 'list'?"));
  EXPECT_THAT(run({"upgrade"}).err, HasSubstr("there is no command 'upgrade'; did you mean 'plugins upgrade'?"));
  EXPECT_THAT(run({"ingest"}).err, HasSubstr("there is no command 'ingest'. Known: apply, check, "));
  EXPECT_EQ(run({"check", "--conect"}).code, ExitCode::kUsage);
}

TEST_F(CommandLine, AMistakeInTheFileIsAConfigurationError) {
  const Ran ran = run({"check", "--config", config("[pipeline.p]\nworker = 1\n")});
  EXPECT_EQ(ran.code, ExitCode::kConfiguration);
  EXPECT_THAT(ran.err, HasSubstr("millrace.toml:5:1: pipeline 'p': unknown key 'worker'; did you mean 'workers'?"));
}

TEST_F(CommandLine, APluginFolderThatIsMissingIsAPluginError) {
  std::ofstream(folder_ / "x.toml")
      << "[engine]\nplugins = [\"gone\"]\n[pipeline.p]\nsource.a = {}\nrouter.b = {}\nsink.c = {}\n";
  const Ran ran = run({"check", "--config", (folder_ / "x.toml").string()});
  EXPECT_EQ(ran.code, ExitCode::kPlugin);
  EXPECT_THAT(ran.err,
              HasSubstr("x.toml:2:11: plugin folder " + (folder_ / "gone").string() + ": No such file or directory"));
}

} // namespace
} // namespace millrace::cli
