#include "engine/runtime/folder_watch.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <condition_variable>
#include <fstream>
#include <mutex>

namespace millrace::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Watched : public ::testing::Test {
 protected:
  Watched() {
    std::string name = (std::filesystem::temp_directory_path() / "millrace-watch-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::filesystem::create_directory(folder_ / "below");
  }
  ~Watched() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<FolderWatch> watch() {
    return std::make_unique<FolderWatch>(std::vector{folder_}, std::chrono::milliseconds(20),
                                         [this](const std::string& file) {
                                           const std::lock_guard lock(mutex_);
                                           told_.push_back(std::filesystem::relative(file, folder_).string());
                                           changed_.notify_all();
                                         });
  }
  void write(const std::string& file) { std::ofstream(folder_ / file) << "x"; }
  std::vector<std::string> told(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return told_.size() >= count; });
    return told_;
  }

  std::filesystem::path folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;
};

TEST_F(Watched, TellsOnceOfWhatIsWrittenInOneGo) {
  const auto watching = watch();
  for (const char* file : {"a.rules", "b.rules", "c.csv"}) {
    write(file);
  }
  EXPECT_THAT(told(1), ElementsAre("c.csv"));
  write("a.rules");
  EXPECT_THAT(told(2), ElementsAre("c.csv", "a.rules"));
}

TEST_F(Watched, TellsOfFoldersBelowAlsoOfNewOnes) {
  const auto watching = watch();
  write("below/a.rules");
  EXPECT_THAT(told(1), ElementsAre("below/a.rules"));
  std::filesystem::create_directories(folder_ / "new");
  EXPECT_THAT(told(2), ElementsAre("below/a.rules", "new"));
  write("new/b.rules");
  EXPECT_THAT(told(3), ElementsAre("below/a.rules", "new", "new/b.rules"));
}

TEST_F(Watched, TellsOfWhatIsMovedThereOrGone) {
  write("old.rules");
  const auto watching = watch();
  std::filesystem::rename(folder_ / "old.rules", folder_ / "new.rules");
  EXPECT_THAT(told(1), ElementsAre("new.rules"));
  std::filesystem::remove(folder_ / "new.rules");
  EXPECT_THAT(told(2), ElementsAre("new.rules", "new.rules"));
}

TEST_F(Watched, OverlooksWhatEditorsWriteBeside) {
  const auto watching = watch();
  for (const char* file : {".a.rules.swp", "4913", "a.rules~", "#a.rules#", "a.tmp"}) {
    write(file);
  }
  write("a.rules");
  EXPECT_THAT(told(1), ElementsAre("a.rules"));
}

TEST_F(Watched, NamesTheFolderThatIsNotThere) {
  try {
    FolderWatch({folder_ / "nowhere"}, std::chrono::milliseconds(1), [](const std::string&) {});
    ADD_FAILURE() << "there is no such folder";
  } catch (const CannotWatch& error) {
    EXPECT_THAT(error.what(), HasSubstr("nowhere cannot be watched: No such file or directory"));
  }
}

} // namespace
} // namespace millrace::runtime
