#include "engine/flow/inbox.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/flow/fake_plugin.hpp"

namespace millrace::flow {
namespace {

using fake::str;

TEST(Inbox, NotifiesOnceUntilTheReaderRestsAgain) {
  int notified = 0;
  const auto inbox = std::make_shared<Inbox>([&] { ++notified; });
  inbox->order([] {});
  inbox->order([] {});
  EXPECT_EQ(notified, 1);
  std::vector<Letter> letters;
  inbox->take(letters);
  EXPECT_EQ(letters.size(), 2u);
  inbox->order([] {}); // the reader is awake and will look again
  EXPECT_EQ(notified, 1);
  EXPECT_FALSE(inbox->rest());
  letters.clear();
  inbox->take(letters);
  EXPECT_TRUE(inbox->rest());
  inbox->order([] {});
  EXPECT_EQ(notified, 2);
}

TEST(Inbox, KeepsTheEarliestWishToBePolled) {
  int notified = 0;
  const auto inbox = std::make_shared<Inbox>([&] { ++notified; });
  const auto port = inbox->open_port();
  EXPECT_EQ(port->wake_at(), kNever);
  port->wake(500);
  port->wake(900);
  EXPECT_EQ(port->wake_at(), 500);
  EXPECT_EQ(notified, 1);
  port->forget_wake();
  EXPECT_EQ(port->wake_at(), kNever);
}

TEST(Inbox, CopiesWhatAHostIsGiven) {
  const auto inbox = std::make_shared<Inbox>([] {});
  const auto port = inbox->open_port();
  std::string text = "too big";
  const mr_outcome outcome{1, 2, MR_RECORD_REJECTED, 0, {str("E1"), str(text), {}, str(""), {}}};
  port->complete(7, MR_RECORD_OK, &outcome, 1, nullptr);
  text = "#######";
  std::vector<Letter> letters;
  inbox->take(letters);
  const auto& completed = std::get<Completed>(letters.at(0).what);
  const mr_reason reason = completed.outcomes.at(0).reason.view();
  EXPECT_EQ(fake::view(reason.text), "too big");
  EXPECT_EQ(reason.rule.data, nullptr);
  EXPECT_NE(reason.path.data, nullptr); // empty is not absent
  EXPECT_EQ(reason.path.size, 0u);
  EXPECT_EQ(letters[0].port, port->serial());
}

TEST(Inbox, DropsWhatComesAfterItIsClosed) {
  int notified = 0;
  const auto inbox = std::make_shared<Inbox>([&] { ++notified; });
  const auto port = inbox->open_port();
  inbox->close();
  port->wake(0);
  port->complete(1, MR_RECORD_OK, nullptr, 0, nullptr);
  inbox->order([port] {});
  EXPECT_EQ(notified, 0);
  std::vector<Letter> letters;
  inbox->take(letters);
  EXPECT_TRUE(letters.empty());
}

TEST(Inbox, LosesNothingThatManyThreadsPost) {
  constexpr int kThreads = 4;
  constexpr int kLetters = 5'000;
  std::atomic<bool> notified{false};
  const auto inbox = std::make_shared<Inbox>([&] { notified.store(true); });
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      const auto port = inbox->open_port();
      for (int i = 0; i < kLetters; ++i) {
        port->complete(static_cast<std::uint64_t>(i), MR_RECORD_OK, nullptr, 0, nullptr);
        port->wake(i);
      }
    });
  }
  std::size_t seen = 0;
  std::vector<Letter> letters;
  while (seen < kThreads * kLetters) {
    while (!notified.exchange(false)) {
      std::this_thread::yield();
    }
    do {
      letters.clear();
      inbox->take(letters);
      seen += letters.size();
    } while (!inbox->rest());
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(seen, static_cast<std::size_t>(kThreads * kLetters));
}

} // namespace
} // namespace millrace::flow
