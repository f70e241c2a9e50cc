#include "engine/modules/trust.hpp"

#include "fixture.hpp"

namespace millrace::modules {
namespace {

TEST(Trust, TakesAFileThatOnlyItsOwnerMayWrite) {
  const Folder folder;
  const auto file = folder.take("whole");
  EXPECT_EQ(distrust(file, ::geteuid()), std::nullopt);
  EXPECT_EQ(distrust(folder.path(), ::geteuid()), std::nullopt);
}

TEST(Trust, NamesWhoElseMayWriteAndTheCommandThatMendsIt) {
  const Folder folder;
  const auto file = folder.take("whole");
  ::chmod(file.c_str(), 0757);
  EXPECT_EQ(distrust(file, ::geteuid()),
            file.string() + " may be written by everybody (mode 757): chmod go-w " + file.string());
  ::chmod(file.c_str(), 0775);
  EXPECT_EQ(distrust(file, ::geteuid()),
            file.string() + " may be written by its group (mode 775): chmod go-w " + file.string());
}

TEST(Trust, RefusesWhatBelongsToAThirdUser) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  const Folder folder;
  const auto file = folder.take("whole");
  ASSERT_EQ(::chown(file.c_str(), 4242, 0), 0);
  EXPECT_TRUE(distrust(file, 0).value().starts_with(file.string() +
                                                    " belongs to user 4242, and only root or the engine's user (0)"));
  EXPECT_EQ(distrust(file, 4242), std::nullopt);
}

TEST(Trust, RefusesAFileInAFolderThatEverybodyMayWrite) {
  const Folder folder;
  const auto file = folder.take("whole");
  ::chmod(folder.path().c_str(), 0777);
  EXPECT_TRUE(refusal(file).starts_with("plugin file " + file.string() + ": is not trusted: " + folder.path().string() +
                                        " may be"));
}

} // namespace
} // namespace millrace::modules
