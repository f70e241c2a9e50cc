// The same worker among real threads: a lane of its own for a sink that blocks, completions, wishes and orders from
// elsewhere. Says little by itself; it is there for ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/flow/worker.hpp"
#include "tests/flow/fake_plugin.hpp"

namespace millrace::flow {
namespace {

// Runs what it is given, in order, on one thread.
class Runner {
 public:
  ~Runner() {
    run([this] { done_ = true; });
    thread_.join();
  }
  void run(std::function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(std::move(call));
    }
    there_.notify_one();
  }

 private:
  void loop() {
    while (!done_) {
      std::unique_lock lock(mutex_);
      there_.wait(lock, [this] { return !calls_.empty(); });
      const std::function<void()> call = std::move(calls_.front());
      calls_.pop_front();
      lock.unlock();
      call();
    }
  }

  std::mutex mutex_;
  std::condition_variable there_;
  std::deque<std::function<void()>> calls_;
  bool done_ = false; // of the thread alone
  std::thread thread_{[this] { loop(); }};
};

class RunnerLane final : public Lane {
 public:
  void run(std::function<void()> call) override { runner_.run(std::move(call)); }

 private:
  Runner runner_;
};

constexpr std::uint64_t kBatches = 400;

class CountingSource final : public fake::Source {
 public:
  mr_status poll(const mr_budget&, mr_batch& out, mr_error*) override {
    if (!started_ || handed_ >= kBatches) {
      return handed_ >= kBatches ? MR_END : MR_OK;
    }
    auto& given = given_.emplace_back();
    given.covers = {fake::str("s"), 0, 0, handed_, handed_ + 1, 0};
    given.payload = std::to_string(handed_);
    given.event.origin = &given.covers;
    given.event.position = handed_;
    given.event.payload = fake::str(given.payload);
    ++handed_;
    out = {handed_, &given.covers, &given.event, 1};
    return MR_OK;
  }
  void settle(std::uint64_t, const mr_verdict* verdicts, std::size_t) override {
    delivered += verdicts[0].outcome == MR_DELIVERED ? 1 : 0;
  }
  void start_at(std::string_view, std::int32_t, std::uint64_t, std::uint64_t) override { started_ = true; }

  std::uint64_t delivered = 0;

 private:
  struct Given {
    mr_range covers;
    std::string payload;
    mr_event event{};
  };
  std::deque<Given> given_;
  std::uint64_t handed_ = 0;
  bool started_ = false;
};

class BothSinks final : public fake::Router {
 public:
  mr_status route(const mr_event* const* events, std::size_t count, const mr_emit& emit, mr_error*) override {
    for (std::size_t i = 0; i < count; ++i) {
      for (const std::uint32_t target : {1u, 2u}) {
        mr_message message{};
        message.event = events[i];
        message.target = target;
        emit.messages(emit.context, &message, 1);
      }
    }
    return MR_OK;
  }
};

// Answers from a thread of its own, later.
class LaterSink final : public fake::Sink {
 public:
  mr_status write(const mr_delivery& delivery, mr_error*) override {
    runner_.run([this, &delivery] {
      bytes += delivery.parts[0].events[0]->payload.size;
      const bool fails = delivery.attempt == 1 && delivery.id % 5 == 0;
      port->complete(delivery.id, fails ? MR_RECORD_TRANSIENT : MR_RECORD_OK, nullptr, 0, nullptr);
    });
    return MR_OK;
  }
  std::uint32_t max_in_flight() override { return 3; }
  std::shared_ptr<Port> port;
  std::size_t bytes = 0; // of the runner alone

 private:
  Runner runner_;
};

// Writes where it is called, which may be any thread, one after the other.
class StoringSink final : public fake::Sink {
 public:
  mr_status write(const mr_delivery& delivery, mr_error*) override {
    for (std::size_t r = 0; r < delivery.range_count; ++r) {
      in_order = in_order && delivery.ranges[r].first == next;
      next = delivery.ranges[r].next;
    }
    port->complete(delivery.id, MR_RECORD_OK, nullptr, 0, nullptr);
    return MR_OK;
  }
  std::shared_ptr<Port> port;
  std::uint64_t next = 0;
  bool in_order = true;
};

TEST(Threads, ABlockingSinkAndOthersShareNothingButTheInbox) {
  std::mutex mutex;
  std::condition_variable notified;
  bool due = true;
  const auto inbox = std::make_shared<Inbox>([&] {
    const std::lock_guard lock(mutex);
    due = true;
    notified.notify_one();
  });
  CountingSource source;
  BothSinks first_router;
  BothSinks second_router;
  LaterSink later;
  StoringSink storing;
  const mr_target one{fake::str("later"), fake::str("x"), MR_MESSAGES, 0, nullptr, 0, nullptr};
  const mr_target two{fake::str("storing"), fake::str("x"), MR_MESSAGES, 0, nullptr, 0, nullptr};
  const auto instance = [&](const mr_plugin* plugin, void* self, const char* name) {
    Instance out;
    out.plugin = plugin;
    out.self = self;
    out.name = name;
    out.port = inbox->open_port();
    return out;
  };
  const auto router = [&](BothSinks& which) {
    Instance out = instance(fake::router_plugin(), static_cast<fake::Router*>(&which), "router");
    out.port->named(1, one);
    out.port->named(2, two);
    return out;
  };
  WorkerParts parts;
  parts.source = instance(fake::source_plugin(true), static_cast<fake::Source*>(&source), "source");
  parts.router = router(first_router);
  Instance plain = instance(fake::sink_plugin(false, true), static_cast<fake::Sink*>(&later), "sink.later");
  later.port = plain.port;
  parts.sinks.push_back({"later", std::move(plain), {}});
  Instance blocking = instance(fake::sink_plugin(true, false), static_cast<fake::Sink*>(&storing), "sink.storing");
  storing.port = blocking.port;
  blocking.lane = std::make_unique<RunnerLane>();
  parts.sinks.push_back({"storing", std::move(blocking), {}});
  const std::shared_ptr<Port> source_port = parts.source.port;

  WorkerSettings settings;
  settings.max_events = 16;
  settings.retry = {kMillisecond / 10, kMillisecond};
  Watcher watcher;
  Worker worker(inbox, std::move(parts), settings, watcher);
  std::thread outside([&] {
    source_port->claim(fake::str("s"), 0, 0, 0);
    worker.swap_router(router(second_router), [](std::string_view) {});
    while (worker.state() != WorkerState::kFinished) { // whoever shows the counters
      EXPECT_LE(worker.counters().verdicts[MR_DELIVERED].get(), kBatches);
      source_port->wake(0);
      std::this_thread::yield();
    }
    worker.drain(INT64_MAX);
  });
  const auto clock = [] { return std::chrono::steady_clock::now().time_since_epoch().count(); };
  while (worker.state() != WorkerState::kStopped) {
    const std::int64_t next = worker.step(clock());
    std::unique_lock lock(mutex);
    if (next > clock() && worker.state() != WorkerState::kStopped) {
      const auto wait = std::chrono::nanoseconds(std::min<std::int64_t>(next - clock(), kSecond));
      notified.wait_for(lock, wait, [&] { return due; });
    }
    due = false;
  }
  outside.join();
  EXPECT_EQ(source.delivered, kBatches);
  EXPECT_EQ(storing.next, kBatches);
  EXPECT_TRUE(storing.in_order);
  EXPECT_GT(later.bytes, 0u);
}

} // namespace
} // namespace millrace::flow
