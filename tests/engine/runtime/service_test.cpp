// What decides whether the watchdog hears of the engine.
#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "tests/engine/runtime/running.hpp"

namespace millrace::runtime {
namespace {

// A sink whose writes do not return before open().
class StuckEngine : public RunningEngine {
 protected:
  StuckEngine() {
    world_.before_write = [door = door_, &world = world_] {
      world.set([&](World&) { door->entered = true; });
      door->opened.wait();
    };
  }
  ~StuckEngine() override { open(); }

  void open() {
    if (!std::exchange(open_, true)) {
      door_->opens.set_value();
    }
  }
  bool stuck() {
    return world_.until([this](const World&) { return door_->entered; });
  }
  // Whether it comes round within twenty seconds.
  bool comes_round() {
    for (const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
         std::chrono::steady_clock::now() < until; std::this_thread::yield()) {
      if (engine_->turns()) {
        return true;
      }
    }
    return false;
  }

 private:
  struct Door {
    std::promise<void> opens;
    std::shared_future<void> opened = opens.get_future().share();
    bool entered = false; // the world's mutex
  };

  std::shared_ptr<Door> door_ = std::make_shared<Door>(); // writes come until the engine is gone, which is after this
  bool open_ = false;
};

TEST_F(StuckEngine, TurnsAsLongAsNothingIsStuck) {
  start(pipeline("p", 2));
  ASSERT_TRUE(becomes_ready());
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(comes_round());
  }
}

TEST_F(StuckEngine, DoesNotTurnWhileAPluginKeepsAWorkersThread) {
  start(pipeline("p"));
  ASSERT_TRUE(becomes_ready());
  world_.give("e", 1);
  ASSERT_TRUE(stuck());
  engine_->turns(); // the question that is not answered
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(engine_->turns());
  }
  open();
  EXPECT_TRUE(comes_round());
}

TEST_F(StuckEngine, TurnsWhileAPluginBlocksOnItsOwnThread) {
  start(pipeline("p", 1, "cupboard"));
  ASSERT_TRUE(becomes_ready());
  world_.give("e", 1);
  ASSERT_TRUE(stuck());
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(comes_round());
  }
}

TEST_F(StuckEngine, TurnsWhileItsSinkIsOutOfReach) {
  world_.start_fails = "nobody answers at shelf:1";
  start(pipeline("p", 2));
  ASSERT_TRUE(world_.logged("nobody answers"));
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(comes_round());
  }
}

} // namespace
} // namespace millrace::runtime
