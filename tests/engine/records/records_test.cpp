// What every place that keeps records promises, asked of memory and of a folder.
#include "engine/records/records.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "engine/records/folder.hpp"

namespace millrace::records {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Kept : public ::testing::TestWithParam<const char*> {
 protected:
  Kept() {
    std::string name = (std::filesystem::temp_directory_path() / "millrace-records-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    open();
  }
  ~Kept() override { std::filesystem::remove_all(folder_); }
  void open() {
    if (std::string_view(GetParam()) == "folder") {
      records_ = std::make_unique<Folder>(folder_ / "state");
    } else if (records_ == nullptr) {
      records_ = std::make_unique<Memory>();
    }
  }

  std::filesystem::path folder_;
  std::unique_ptr<Records> records_;
};

TEST_P(Kept, GivesBackWhatWasPutAlsoAfterItWasOpenedAnew) {
  const Record record{"load", "ruleset", "a b/..%", 1'700'000'000'000'001, std::string("x\n\0y", 4)};
  EXPECT_TRUE(records_->put(record, false));
  open();
  EXPECT_EQ(records_->get("load", "ruleset", "a b/..%"), record);
  EXPECT_EQ(records_->get("load", "ruleset", "a"), std::nullopt);
  EXPECT_EQ(records_->get("ingest", "ruleset", "a b/..%"), std::nullopt);
  EXPECT_THAT(records_->newest("load", "ruleset", 10), ElementsAre(record));
  const Record name{"load", "ruleset", "a b/..%", record.time_us, ""};
  EXPECT_THAT(records_->names("load", "ruleset", 10), ElementsAre(name));
}

TEST_P(Kept, TakesThePlaceOfWhatHasTheSameNameUnlessOnlyNewOnesAreWanted) {
  EXPECT_TRUE(records_->put({"p", "k", "a", 1, "one"}, true));
  EXPECT_FALSE(records_->put({"p", "k", "a", 2, "two"}, true));
  EXPECT_EQ(records_->get("p", "k", "a")->bytes, "one");
  EXPECT_TRUE(records_->put({"p", "k", "a", 3, "three"}, false));
  EXPECT_EQ(records_->get("p", "k", "a")->bytes, "three");
}

TEST_P(Kept, ListsTheLatestFirst) {
  for (const int time : {3, 1, 4, 2}) {
    records_->put({"p", "k", std::to_string(time), time, ""}, false);
  }
  records_->put({"p", "other", "9", 9, ""}, false);
  const auto keys = [](const std::vector<Record>& records) {
    std::vector<std::string> out;
    for (const Record& record : records) {
      out.push_back(record.key);
    }
    return out;
  };
  EXPECT_THAT(keys(records_->newest("p", "k", 3)), ElementsAre("4", "3", "2"));
  EXPECT_THAT(keys(records_->newest("q", "k", 3)), IsEmpty());
}

TEST_P(Kept, ForgetsAlsoWhatIsNotThere) {
  records_->put({"p", "k", "a", 1, ""}, false);
  records_->forget("p", "k", "a");
  records_->forget("p", "k", "a");
  records_->forget("nobody", "k", "a");
  EXPECT_EQ(records_->get("p", "k", "a"), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, Kept, ::testing::Values("memory", "folder"),
                         [](const auto& info) { return std::string(info.param); });

TEST(FolderOfRecords, OverlooksWhatIsNoneOfIts) {
  std::string name = (std::filesystem::temp_directory_path() / "millrace-records-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  Folder records(folder);
  records.put({"p", "k", "a", 1, "x"}, false);
  std::ofstream(folder / "p" / "k" / ".unfinished.1.2") << "1\nhalf";
  std::ofstream(folder / "p" / "k" / "b") << "no time\n";
  std::ofstream(folder / "p" / "k" / "%zz") << "1\n";
  EXPECT_EQ(records.newest("p", "k", 10).size(), 1U);
  std::filesystem::remove_all(folder);
}

TEST(FolderOfRecords, SaysWhyItCannotBeUsed) {
  try {
    Folder records("/proc/nowhere/state");
    ADD_FAILURE() << "nothing can be made there";
  } catch (const Unavailable& error) {
    EXPECT_THAT(error.what(), HasSubstr("/proc/nowhere/state cannot be made"));
  }
}

} // namespace
} // namespace millrace::records
