// Here at once, outside as soon as that can be reached.
#include "engine/records/keeper.hpp"

#include <gmock/gmock.h>

#include <atomic>

#include "engine/host/clock.hpp"

namespace millrace::records {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::chrono::seconds kLong{20};
constexpr std::chrono::milliseconds kShort{1};

// Another system, which can be away. What it holds outlives the keeper.
struct System {
  Memory memory;
  std::atomic<bool> away = false;
};
class Remote final : public Records {
 public:
  explicit Remote(System& system) : system_(system) {}
  bool put(const Record& record, bool only_new) override { return reached().put(record, only_new); }
  std::vector<Record> newest(std::string_view scope, std::string_view kind, std::size_t limit) override {
    return reached().newest(scope, kind, limit);
  }
  std::vector<Record> names(std::string_view scope, std::string_view kind, std::size_t limit) override {
    return reached().names(scope, kind, limit);
  }
  std::optional<Record> get(std::string_view scope, std::string_view kind, std::string_view key) override {
    return reached().get(scope, kind, key);
  }
  void forget(std::string_view scope, std::string_view kind, std::string_view key) override {
    reached().forget(scope, kind, key);
  }

 private:
  Memory& reached() {
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
  const Record record_{"p", "receipt", "r 1", 7, "bytes"};
  System here_;
  System outside_;
  host::SystemClock clock_;
  host::Log log_{clock_, host::LogForm::kText, MR_LOG_ERROR, [](std::uint32_t, std::string_view) {}};
};

TEST_F(KeeperTest, KeepsHereAndOutside) {
  EXPECT_EQ(keeper()->keep(record_, kLong), "");
  EXPECT_EQ(here_.memory.get("p", "receipt", "r 1"), record_);
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), record_);
  EXPECT_THAT(here_.memory.newest("p", "unsent", 10), IsEmpty());
}

TEST_F(KeeperTest, WaitsForNobodyAndBringsItOutLater) {
  outside_.away = true;
  const auto all = keeper();
  EXPECT_THAT(all->keep(record_, kLong), HasSubstr("nobody answers at db:5432"));
  EXPECT_THAT(all->newest("p", "receipt", 10), ElementsAre(record_));
  outside_.away = false;
  EXPECT_EQ(all->keep({"p", "receipt", "r 2", 8, ""}, kLong), "");
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), record_);
}

TEST_F(KeeperTest, TheNextProcessBringsOutWhatThisOneCouldNot) {
  outside_.away = true;
  keeper()->keep(record_, kShort);
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), std::nullopt);
  outside_.away = false;
  const auto next = keeper();
  EXPECT_EQ(next->keep({"p", "receipt", "r 2", 8, ""}, kLong), ""); // behind the first
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), record_);
}

TEST_F(KeeperTest, WithoutARoomHereItIsOutsideOrNowhere) {
  const auto all = keeper();
  here_.away = true;
  EXPECT_EQ(all->keep(record_, kLong), "");
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), record_);
  outside_.away = true;
  EXPECT_THAT(all->keep(record_, kShort), HasSubstr("nobody answers"));
}

TEST_F(KeeperTest, TheLatestOfTwoWithOneNameCounts) {
  const auto all = keeper();
  all->keep({"p", "active", "active", 7, "ours"}, kLong);
  outside_.memory.put({"p", "active", "active", 9, "another engine's"}, false);
  EXPECT_EQ(all->newest("p", "active", 1).front().bytes, "another engine's");
  outside_.memory.put({"p", "active", "active", 5, "an old one"}, false);
  EXPECT_EQ(all->newest("p", "active", 1).front().bytes, "ours");
}

TEST_F(KeeperTest, ForgetsEverywhere) {
  const auto all = keeper();
  all->keep(record_, kLong);
  all->forget("p", "receipt", "r 1");
  EXPECT_EQ(here_.memory.get("p", "receipt", "r 1"), std::nullopt);
  EXPECT_EQ(outside_.memory.get("p", "receipt", "r 1"), std::nullopt);
}

} // namespace
} // namespace millrace::records
