#include "engine/modules/catalogue.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "fixture.hpp"

namespace millrace::modules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Catalogue, FindsAPluginByKindAndName) {
  const Folder folder;
  folder.take("whole", "sink_fixture.so");
  const Catalogue catalogue = Catalogue::load(std::vector{folder.path()});
  ASSERT_NE(catalogue.find(MR_SINK, "fixture"), nullptr);
  EXPECT_EQ(catalogue.find(MR_SINK, "fixture")->title(), "fixture 1.0.0");
  EXPECT_EQ(catalogue.find(MR_SOURCE, "fixture"), nullptr);
  EXPECT_THAT(catalogue.names(MR_SINK), ElementsAre("fixture"));
  EXPECT_THAT(catalogue.names(MR_ROUTER), ElementsAre());
}

TEST(Catalogue, OneBadFileDoesNotHideTheOthers) {
  const Folder folder;
  folder.take("whole");
  folder.take("other_major");
  std::ofstream(folder.path() / "notes.txt") << "not looked at";
  const Catalogue catalogue = Catalogue::load(std::vector{folder.path()});
  EXPECT_NE(catalogue.find(MR_SINK, "fixture"), nullptr);
  ASSERT_EQ(catalogue.refused().size(), 1U);
  EXPECT_THAT(catalogue.refused()[0].text, HasSubstr("other_major.so: is written for another major version"));
  EXPECT_FALSE(catalogue.refused()[0].folder);
}

TEST(Catalogue, SaysThatAFolderIsMissing) {
  const Catalogue catalogue = Catalogue::load(std::vector<std::filesystem::path>{"/nowhere/plugins"});
  ASSERT_EQ(catalogue.refused().size(), 1U);
  EXPECT_EQ(catalogue.refused()[0].text,
            "plugin folder /nowhere/plugins: No such file or directory; make it, or name another one in `plugins` of "
            "[engine]");
  EXPECT_TRUE(catalogue.refused()[0].folder);
}

mr_module version(const char* text, const mr_plugin* const* plugins) { return {"fixture", text, plugins, 1}; }

TEST(Catalogue, OfTwoVersionsInOneFolderTheHigherOneIsTaken) {
  const Module whole = load(fixture("whole"));
  const mr_module nine = version("1.9.0", whole.table->plugins);
  const mr_module ten = version("1.10.0", whole.table->plugins);
  Catalogue catalogue;
  catalogue.add(Module{"/a/one.so", &nine});
  catalogue.add(Module{"/a/two.so", &ten});
  EXPECT_EQ(catalogue.find(MR_SINK, "fixture")->title(), "fixture 1.10.0");
  ASSERT_EQ(catalogue.hidden().size(), 1U);
  EXPECT_EQ(catalogue.hidden()[0].title(), "fixture 1.9.0");
}

TEST(Catalogue, TheFirstFolderStandsBeforeTheSecond) {
  const Module whole = load(fixture("whole"));
  const mr_module one = version("1.0.0", whole.table->plugins);
  const mr_module two = version("2.0.0", whole.table->plugins);
  Catalogue catalogue;
  catalogue.add(Module{"/a/one.so", &one});
  catalogue.add(Module{"/b/two.so", &two});
  EXPECT_EQ(catalogue.find(MR_SINK, "fixture")->title(), "fixture 1.0.0");
  EXPECT_EQ(catalogue.plugins().size(), 1U);
}

TEST(Catalogue, LooksBesideTheExecutableWhenNoFolderIsNamed) {
  const Folder folder;
  std::filesystem::create_directories(folder.path() / "bin");
  std::filesystem::create_directories(folder.path() / "lib/millrace/plugins");
  EXPECT_THAT(default_folders(folder.path() / "bin/millrace"), ElementsAre(folder.path() / "lib/millrace/plugins"));
  std::filesystem::create_directories(folder.path() / "plugins");
  EXPECT_THAT(default_folders(folder.path() / "bin/millrace"),
              ElementsAre(folder.path() / "plugins", folder.path() / "lib/millrace/plugins"));
}

} // namespace
} // namespace millrace::modules
