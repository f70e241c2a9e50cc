// Here at once, outside as soon as that can be reached.
#include "engine/records/keeper.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/host/clock.hpp"

namespace millrace::records {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::chrono::seconds kLong{20};
constexpr std::chrono::milliseconds kShort{1};

// Another system, which can be away, or take every call and not answer. What it holds outlives the keeper.
struct System {
  Memory memory;
  std::atomic<bool> away = false;
  std::mutex mutex; // guards what follows
  std::condition_variable changed;
  bool hangs = false;
  int calls = 0;
  int writes = 0;

  void hang(bool from_now_on) {
    const std::lock_guard lock(mutex);
    hangs = from_now_on;
    changed.notify_all();
  }
  int count(int System::*which) {
    const std::lock_guard lock(mutex);
    return this->*which;
  }
};
class Remote final : public Records {
 public:
  explicit Remote(System& system) : system_(system) {}
  std::string name() const override { return "the other system"; }
  void write(std::span<const Record> records) override { reached(1).write(records); }
  bool put_new(const Record& record) override { return reached(1).put_new(record); }
  using Records::forget;
  void forget(std::span<const Name> names) override { reached().forget(names); }
  std::vector<Record> newest(std::string_view scope, std::string_view kind, std::size_t limit) override {
    return reached().newest(scope, kind, limit);
  }
  std::vector<Record> names(std::string_view scope, std::string_view kind, std::size_t limit) override {
    return reached().names(scope, kind, limit);
  }
  std::optional<Record> get(std::string_view scope, std::string_view kind, std::string_view key) override {
    return reached().get(scope, kind, key);
  }

 private:
  Memory& reached(int writes = 0) {
    std::unique_lock lock(system_.mutex);
    ++system_.calls;
    system_.writes += writes;
    system_.changed.wait(lock, [this] { return !system_.hangs; });
    if (system_.away) {
      throw Unavailable("nobody answers at db:5432");
    }
    return system_.memory;
  }
  System& system_;
};

class KeeperTest : public ::testing::Test {
 protected:
  std::unique_ptr<Keeper> keeper(std::chrono::nanoseconds retry = kShort) {
    return std::make_unique<Keeper>(std::make_unique<Remote>(here_), std::make_unique<Remote>(outside_),
                                    std::vector<std::string>{"p"}, log_, retry);
  }
  static std::string keep(Keeper& keeper, const Record& record, std::chrono::nanoseconds patience) {
    return keeper.keep({&record, 1}, patience);
  }
  const Record record_{"p", "receipt", "r 1", 7, "bytes"};
  System here_;
  System outside_;
  host::SystemClock clock_;
  host::Log log_{clock_, host::LogForm::kText, MR_LOG_ERROR, [](std::uint32_t, std::string_view) {}};
};

TEST_F(KeeperTest, KeepsHereAndOutside) {
  EXPECT_EQ(keep(*keeper(), record_, kLong), "");
  EXPECT_EQ(here_.memory.get("p", "receipt", "r 1"), record_);
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), record_);
  EXPECT_THAT(here_.memory.newest(".", "unsent", 10), IsEmpty()) << "a note that nothing waits";
}

TEST_F(KeeperTest, WaitsForNobodyAndBringsItOutLater) {
  outside_.away = true;
  const auto all = keeper();
  EXPECT_THAT(keep(*all, record_, kLong), HasSubstr("nobody answers at db:5432"));
  EXPECT_THAT(all->newest("p", "receipt", 10), ElementsAre(record_));
  outside_.away = false;
  EXPECT_EQ(keep(*all, {"p", "receipt", "r 2", 8, ""}, kLong), "");
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), record_);
}

TEST_F(KeeperTest, SaysWhoDidNotAnswer) {
  const auto all = keeper(kLong);
  EXPECT_EQ(all->silent(), "");
  outside_.away = true;
  EXPECT_EQ(all->get("p", "receipt", "r 1"), std::nullopt);
  EXPECT_EQ(all->silent(), "the other system");
}

TEST_F(KeeperTest, TheNextProcessBringsOutWhatThisOneCouldNot) {
  outside_.away = true;
  keep(*keeper(), record_, kShort);
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), std::nullopt);
  outside_.away = false;
  const auto next = keeper();
  EXPECT_EQ(keep(*next, {"p", "receipt", "r 2", 8, ""}, kLong), ""); // behind the first
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), record_);
}

TEST_F(KeeperTest, WithoutARoomHereItIsOutsideOrNowhere) {
  const auto all = keeper();
  here_.away = true;
  EXPECT_EQ(keep(*all, record_, kLong), "");
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), record_);
  outside_.away = true;
  EXPECT_THAT(keep(*all, record_, kShort), HasSubstr("nobody answers"));
}

TEST_F(KeeperTest, TheLatestOfTwoWithOneNameCounts) {
  const auto all = keeper();
  keep(*all, {"p", "active", "active", 7, "ours"}, kLong);
  outside_.memory.put({"p", "active", "active", 9, "another engine's"});
  EXPECT_EQ(all->newest("p", "active", 1).front().bytes, "another engine's");
  outside_.memory.put({"p", "active", "active", 5, "an old one"});
  EXPECT_EQ(all->newest("p", "active", 1).front().bytes, "ours");
}

TEST_F(KeeperTest, BringsOutTogetherWhatCameTogether) {
  const std::vector<Record> change{{"p", "activation", "1", 7, "bbbb"}, {"q", "activation", "1", 7, "bbbb"}, record_};
  const auto all = keeper();
  EXPECT_EQ(all->keep(change, kLong), "");
  EXPECT_EQ(outside_.count(&System::writes), 1);
  EXPECT_EQ(here_.count(&System::writes), 1);
  EXPECT_EQ(outside_.memory.get("q", "activation", "1"), change[1]);
}

TEST_F(KeeperTest, GoesOnWhileTheOtherSystemHangsAndBringsItOutWhenThatGoesOn) {
  const auto all = keeper();
  outside_.hang(true);
  EXPECT_EQ(keep(*all, record_, kShort), "the other system has not answered for 0.0 s");
  all->prune("p", "receipt", 10); // waits for nobody either
  EXPECT_EQ(here_.memory.get("p", "receipt", "r 1"), record_);
  outside_.hang(false);
  EXPECT_EQ(keep(*all, {"p", "receipt", "r 2", 8, ""}, kLong), ""); // behind the first
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), record_);
}

TEST_F(KeeperTest, LeavesAloneForAWhileWhoDidNotAnswer) {
  const auto all = keeper(std::chrono::hours(1));
  outside_.away = true;
  EXPECT_THAT(all->newest("p", "receipt", 10), IsEmpty());
  const int calls = outside_.count(&System::calls);
  EXPECT_THAT(all->newest("p", "receipt", 10), IsEmpty());
  EXPECT_EQ(all->get("p", "receipt", "r 1"), std::nullopt);
  EXPECT_EQ(outside_.count(&System::calls), calls);
}

TEST_F(KeeperTest, BringsOutWhatAnOlderVersionNoted) {
  here_.memory.put(record_);
  here_.memory.put({"p", "unsent", "receipt r 1", 7, ""});
  const auto all = keeper();
  EXPECT_EQ(keep(*all, {"p", "receipt", "r 2", 8, ""}, kLong), "");
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), record_);
  EXPECT_THAT(here_.memory.newest("p", "unsent", 10), IsEmpty());
}

TEST_F(KeeperTest, ForgetsAllButTheLatestEverywhere) {
  {
    const auto all = keeper();
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(keep(*all, {"p", "receipt", std::to_string(i), i, ""}, kLong), "");
    }
    all->prune("p", "receipt", 2);
    EXPECT_EQ(here_.memory.newest("p", "receipt", 10).size(), 2U);
    const auto give_up = std::chrono::steady_clock::now() + kLong;
    while (outside_.memory.newest("p", "receipt", 10).size() > 2 && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::yield();
    }
  }
  EXPECT_EQ(outside_.memory.newest("p", "receipt", 10).size(), 2U);
  EXPECT_EQ(outside_.memory.get("p", "receipt", "4")->time_us, 4);
}

TEST_F(KeeperTest, RemembersOnlySoManyThatWait) {
  outside_.away = true;
  const auto all = keeper(std::chrono::hours(1));
  for (int i = 0; i < 2'100; ++i) {
    keep(*all, {"p", "receipt", std::to_string(i), i, ""}, std::chrono::nanoseconds(0));
  }
  EXPECT_LE(here_.memory.newest(".", "unsent", 10'000).size(), 2'000U);
}

} // namespace
} // namespace millrace::records
