// What every place that keeps records promises, asked of memory and of a folder.
#include "engine/records/records.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

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
  records_->put(record);
  open();
  EXPECT_EQ(records_->get("load", "ruleset", "a b/..%"), record);
  EXPECT_EQ(records_->get("load", "ruleset", "a"), std::nullopt);
  EXPECT_EQ(records_->get("ingest", "ruleset", "a b/..%"), std::nullopt);
  EXPECT_THAT(records_->newest("load", "ruleset", 10), ElementsAre(record));
  const Record name{"load", "ruleset", "a b/..%", record.time_us, ""};
  EXPECT_THAT(records_->names("load", "ruleset", 10), ElementsAre(name));
}

TEST_P(Kept, TakesThePlaceOfWhatHasTheSameNameUnlessOnlyNewOnesAreWanted) {
  EXPECT_TRUE(records_->put_new({"p", "k", "a", 1, "one"}));
  EXPECT_FALSE(records_->put_new({"p", "k", "a", 2, "two"}));
  EXPECT_EQ(records_->get("p", "k", "a")->bytes, "one");
  records_->put({"p", "k", "a", 3, "three"});
  EXPECT_EQ(records_->get("p", "k", "a")->bytes, "three");
}

TEST_P(Kept, ListsTheLatestFirst) {
  for (const int time : {3, 1, 4, 2}) {
    records_->put({"p", "k", std::to_string(time), time, ""});
  }
  records_->put({"p", "other", "9", 9, ""});
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

TEST_P(Kept, WritesSeveralTogetherAlsoInPlaceOfOthers) {
  records_->put({"p", "active", "active", 1, "old"});
  const std::vector<Record> both{{"p", "active", "active", 2, "new"}, {"q", "receipt", "r", 2, "{}"}};
  records_->write(both);
  open();
  EXPECT_EQ(records_->get("p", "active", "active"), both[0]);
  EXPECT_EQ(records_->get("q", "receipt", "r"), both[1]);
  records_->write({});
  const std::vector<Name> names{both[0].name(), both[1].name()};
  records_->forget(names);
  EXPECT_EQ(records_->get("q", "receipt", "r"), std::nullopt);
}

TEST_P(Kept, ForgetsAlsoWhatIsNotThere) {
  records_->put({"p", "k", "a", 1, ""});
  records_->forget({"p", "k", "a"});
  records_->forget({"p", "k", "a"});
  records_->forget({"nobody", "k", "a"});
  EXPECT_EQ(records_->get("p", "k", "a"), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, Kept, ::testing::Values("memory", "folder"),
                         [](const auto& info) { return std::string(info.param); });

class FolderOfRecords : public ::testing::Test {
 protected:
  FolderOfRecords() {
    std::string name = (std::filesystem::temp_directory_path() / "millrace-records-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~FolderOfRecords() override { std::filesystem::remove_all(folder_); }
  std::vector<std::filesystem::path> journals() const {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().filename().string().starts_with(".journal.")) {
        out.push_back(entry.path());
      }
    }
    return out;
  }
  // What a process leaves that is killed after `bytes` of a journal were written, and before anything else was.
  void left_behind(std::string_view bytes) const { std::ofstream(folder_ / ".journal.1.0", std::ios::binary) << bytes; }

  std::filesystem::path folder_;
  const std::vector<Record> change_{{"p", "activation", "1", 7, "bbbb"}, {"q", "activation", "1", 7, "bbbb"}};
};

TEST_F(FolderOfRecords, OverlooksWhatIsNoneOfIts) {
  Folder records(folder_);
  records.put({"p", "k", "a", 1, "x"});
  std::ofstream(folder_ / "p" / "k" / ".unfinished.1.2") << "1\nhalf";
  std::ofstream(folder_ / "p" / "k" / "b") << "no time\n";
  std::ofstream(folder_ / "p" / "k" / "%zz") << "1\n";
  EXPECT_EQ(records.newest("p", "k", 10).size(), 1U);
}

TEST_F(FolderOfRecords, SaysWhyItCannotBeUsed) {
  try {
    Folder records("/proc/nowhere/state");
    ADD_FAILURE() << "nothing can be made there";
  } catch (const Unavailable& error) {
    EXPECT_THAT(error.what(), HasSubstr("/proc/nowhere/state cannot be made"));
  }
}

TEST_F(FolderOfRecords, FinishesWhatAProcessHadBegunThatEnded) {
  left_behind(journal_batch(change_));
  Folder records(folder_);
  EXPECT_EQ(records.get("p", "activation", "1"), change_[0]);
  EXPECT_EQ(records.get("q", "activation", "1"), change_[1]);
}

TEST_F(FolderOfRecords, TakesAllOfAChangeOrNoneWhereverItWasCutOff) {
  const std::string first = journal_batch(std::vector<Record>{{"p", "activation", "0", 6, "aaaa"}});
  const std::string whole = first + journal_batch(change_);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    left_behind(whole.substr(0, size));
    Folder records(folder_);
    EXPECT_EQ(records.get("p", "activation", "0").has_value(), size >= first.size()) << size;
    EXPECT_EQ(records.get("p", "activation", "1"), std::nullopt) << size;
    EXPECT_EQ(records.get("q", "activation", "1"), std::nullopt) << size;
  }
  std::string spoilt = whole;
  spoilt[first.size() + 30] ^= 1;
  left_behind(spoilt);
  EXPECT_EQ(Folder(folder_).get("p", "activation", "1"), std::nullopt);
}

TEST_F(FolderOfRecords, LeavesWhatWasWrittenSince) {
  left_behind(journal_batch(change_));
  const Record later{"p", "activation", "1", 8, "cccc"};
  { Folder(folder_).put(later); }
  left_behind(journal_batch(change_));
  Folder records(folder_);
  EXPECT_EQ(records.get("p", "activation", "1"), later);
  EXPECT_EQ(records.get("q", "activation", "1"), change_[1]);
}

TEST_F(FolderOfRecords, LeavesAJournalAloneWhoseProcessLives) {
  Folder first(folder_);
  first.write(change_);
  first.forget(change_[0].name());
  Folder second(folder_);
  EXPECT_EQ(second.get("p", "activation", "1"), std::nullopt) << "it was forgotten, and nobody had to finish anything";
  EXPECT_EQ(journals().size(), 1U);
}

TEST_F(FolderOfRecords, EndsAJournalThatIsFullAndRemovesIt) {
  Folder records(folder_, 200);
  for (int i = 0; i < 100; ++i) {
    records.write(std::vector<Record>{{"p", "k", std::to_string(i), i, "x"}, {"q", "k", std::to_string(i), i, "y"}});
  }
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (journals().size() > 1 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::yield();
  }
  EXPECT_EQ(journals().size(), 1U);
  EXPECT_EQ(records.newest("q", "k", 200).size(), 100U);
}

} // namespace
} // namespace millrace::records
