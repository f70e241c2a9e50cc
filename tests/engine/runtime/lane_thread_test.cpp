#include "engine/runtime/lane_thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace millrace::runtime {
namespace {

TEST(LaneThread, RunsEveryCallOnOneThreadOfItsOwn) {
  LaneThread lane("sink.shelf");
  std::vector<std::thread::id> threads;
  for (int i = 0; i < 3; ++i) {
    std::promise<std::thread::id> ran;
    lane.run([&ran] { ran.set_value(std::this_thread::get_id()); });
    threads.push_back(ran.get_future().get());
  }
  EXPECT_NE(threads[0], std::this_thread::get_id());
  EXPECT_EQ(threads[0], threads[1]);
  EXPECT_EQ(threads[1], threads[2]);
}

TEST(LaneThread, RunReturnsWhileTheCallStillRuns) {
  std::promise<void> go_on;
  std::promise<void> ended;
  LaneThread lane("sink.shelf");
  lane.run([&] {
    go_on.get_future().wait();
    ended.set_value();
  });
  go_on.set_value(); // had run() waited for the call, nobody would ever say so
  ended.get_future().wait();
}

TEST(LaneThread, ACallMayOrderTheNextOne) {
  std::promise<void> ended;
  LaneThread lane("sink.shelf");
  lane.run([&] { lane.run([&] { ended.set_value(); }); });
  ended.get_future().wait();
}

TEST(LaneThread, EndsWithoutACallAndFinishesWhatItWasGiven) {
  { const LaneThread idle("sink.shelf"); }
  bool ran = false;
  {
    LaneThread("sink.shelf").run([&ran] { ran = true; });
  }
  EXPECT_TRUE(ran);
}

TEST(LaneThread, LetsGoOfACallAfterItReturned) {
  std::promise<void> gone;
  LaneThread lane("sink.shelf");
  lane.run([held = std::shared_ptr<void>(nullptr, [&gone](void*) { gone.set_value(); })] {});
  EXPECT_EQ(gone.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(LaneThread, IsNamedForDebuggers) {
  LaneThread lane("sink.a_long_name_of_a_sink");
  std::promise<std::string> name;
  lane.run([&name] {
    std::array<char, 16> text{};
    ::pthread_getname_np(::pthread_self(), text.data(), text.size());
    name.set_value(text.data());
  });
  EXPECT_EQ(name.get_future().get(), "sink.a_long_nam");
}

} // namespace
} // namespace millrace::runtime
