#include <gmock/gmock.h>

#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST_F(CommandLine, ListsPluginsByKindAndName) {
  const Ran ran = run({"plugins", "list", "--plugins", FIXTURE_PLUGINS});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_EQ(ran.out.substr(0, ran.out.find('\n')), "source  told   2.1.0  Answers as it is told.");
  EXPECT_THAT(ran.out, AllOf(HasSubstr("router  told"), HasSubstr("sink    shelf"), HasSubstr("/scripted.so")));
}

TEST_F(CommandLine, ListsTheFoldersOfTheConfigurationToo) {
  EXPECT_THAT(run({"plugins", "list", "--config", config("")}).out, HasSubstr("sink    shelf"));
}

TEST_F(CommandLine, ListLooksIntoEveryFolderThatIsGiven) {
  const Ran ran = run({"plugins", "list", "--plugins", folder_.string(), "--plugins", FIXTURE_PLUGINS});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("sink    shelf"));
}

TEST_F(CommandLine, ListNamesWhatWasRefused) {
  std::ofstream(folder_ / "broken.so") << "nothing";
  const Ran ran = run({"plugins", "list", "--plugins", folder_.string()});
  EXPECT_EQ(ran.code, ExitCode::kPlugin);
  EXPECT_THAT(ran.err, HasSubstr("refused: plugin file " + (folder_ / "broken.so").string() + ": is no shared object"));
}

TEST_F(CommandLine, ListSaysThatThereIsNone) {
  const Ran ran = run({"plugins", "list"});
  EXPECT_EQ(ran.code, ExitCode::kPlugin);
  EXPECT_THAT(ran.err, HasSubstr("there are no plugins; name their folder with --plugins"));
}

TEST_F(CommandLine, DocsHaveTheSettingsOfEachPlugin) {
  const Ran ran = run({"docs", "configuration", "--plugins", FIXTURE_PLUGINS});
  EXPECT_EQ(ran.code, ExitCode::kOk);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("## `[engine]`"), HasSubstr("## sink `shelf`"),
                             HasSubstr("| `password` | text, *secret* |")));
}

} // namespace
} // namespace millrace::cli
