// How a worker is driven by a thread. What it does when it is stepped is tested in tests/flow.
#include "engine/runtime/worker_thread.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/flow/fake_plugin.hpp"

namespace millrace::runtime {
namespace {

using flow::WorkerState;

// What the plugins did, one word each, seen from the test's thread.
class Journal {
 public:
  void add(const std::string& what) {
    const std::lock_guard lock(mutex_);
    all_.push_back(what);
    changed_.notify_all();
  }
  // False: not within ten seconds.
  bool wait_for(const std::string& what, std::ptrdiff_t times = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return std::count(all_.begin(), all_.end(), what) >= times; });
  }
  std::ptrdiff_t count(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return std::count(all_.begin(), all_.end(), what);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

// Has nothing to hand in; asks to be polled again after `again_ns`, if that is set.
class IdleSource final : public fake::Source {
 public:
  explicit IdleSource(Journal& journal) : journal_(journal) {}
  mr_status poll(const mr_budget&, mr_batch&, mr_error*) override {
    if (again_ns != 0) {
      port->wake(clock.now_ns() + std::exchange(again_ns, 0));
    }
    journal_.add("poll");
    return draining_ ? MR_END : MR_OK;
  }
  void settle(std::uint64_t, const mr_verdict*, std::size_t) override {}
  void drain() override { draining_ = true; }
  void destroy() override { journal_.add("source destroyed"); }

  host::SystemClock clock;
  std::shared_ptr<flow::Port> port;
  std::int64_t again_ns = 0;

 private:
  Journal& journal_;
  bool draining_ = false;
};

class IdleRouter final : public fake::Router {
 public:
  IdleRouter(Journal& journal, std::string name) : journal_(journal), name_(std::move(name)) {}
  mr_status route(const mr_event* const*, std::size_t, const mr_emit&, mr_error*) override { return MR_OK; }
  void destroy() override { journal_.add(name_ + " destroyed"); }

 private:
  Journal& journal_;
  const std::string name_;
};

class IdleSink final : public fake::Sink {
 public:
  IdleSink(Journal& journal, std::string name) : journal_(journal), name_(std::move(name)) {}
  mr_status start(mr_error* error) override {
    return failing ? fake::failure(error, MR_TRANSIENT, "nobody answers") : mr_status{MR_OK};
  }
  mr_status write(const mr_delivery&, mr_error* error) override {
    return fake::failure(error, MR_FATAL, "never asked");
  }
  void destroy() override { journal_.add(name_ + " destroyed"); }

  bool failing = false;

 private:
  Journal& journal_;
  const std::string name_;
};

class DrivenWorker : public ::testing::Test {
 protected:
  ~DrivenWorker() override {
    if (started_) {
      thread_.worker().drain(clock_.now_ns());
      EXPECT_TRUE(journal_.wait_for("stopped"));
    }
  }

  flow::Instance instance(const mr_plugin& plugin, fake::Plugin& self) {
    flow::Instance out;
    out.plugin = &plugin;
    out.self = &self;
    out.name = plugin.name;
    out.port = thread_.inbox()->open_port();
    return out;
  }

  void start() {
    flow::WorkerParts parts;
    parts.source = instance(*fake::source_plugin(false), source_);
    source_.port = parts.source.port;
    parts.router = instance(*fake::router_plugin(), router_);
    parts.sinks.push_back({"a", instance(*fake::sink_plugin(false, false), sink_), {}});
    flow::WorkerSettings settings;
    settings.retry = {flow::kMillisecond, flow::kMillisecond};
    auto worker = std::make_unique<flow::Worker>(thread_.inbox(), std::move(parts), settings, watcher_);
    started_ = true;
    thread_.start(std::move(worker), [this](WorkerState state) {
      journal_.add(state == WorkerState::kRunning    ? "running"
                   : state == WorkerState::kFinished ? "finished"
                   : state == WorkerState::kStopped  ? "stopped"
                                                     : "on the way");
    });
  }

  // What a swap says when it is over, or that it never said anything.
  std::string swapped(const std::function<void(flow::SwapDone)>& swap) {
    const auto said = std::make_shared<std::promise<std::string>>();
    swap([said](std::string_view error) { said->set_value(std::string(error)); });
    std::future<std::string> answer = said->get_future();
    return answer.wait_for(std::chrono::seconds(10)) == std::future_status::ready ? answer.get() : "no answer";
  }

  Journal journal_;
  host::SystemClock clock_;
  flow::Watcher watcher_;
  IdleSource source_{journal_};
  IdleRouter router_{journal_, "router"};
  IdleSink sink_{journal_, "sink"};
  IdleRouter next_router_{journal_, "next router"};
  IdleSink next_sink_{journal_, "next sink"};
  WorkerThread thread_{"p/0", clock_};
  bool started_ = false;
};

TEST_F(DrivenWorker, StepsWhenItsInboxIsNotified) {
  start();
  ASSERT_TRUE(journal_.wait_for("running"));
  ASSERT_TRUE(journal_.wait_for("poll"));
  const std::ptrdiff_t before = journal_.count("poll");
  source_.port->wake(0);
  EXPECT_TRUE(journal_.wait_for("poll", before + 1));
}

TEST_F(DrivenWorker, StepsWhenItIsDueWithoutBeingNotified) {
  source_.again_ns = 20 * flow::kMillisecond;
  start();
  EXPECT_TRUE(journal_.wait_for("poll", 2));
}

TEST_F(DrivenWorker, StartsAgainAfterTheWaitThatTheWorkerAsksFor) {
  sink_.failing = true;
  start();
  std::promise<void> mended; // on the worker's own thread, where start is called
  thread_.inbox()->order([&] {
    sink_.failing = false;
    mended.set_value();
  });
  mended.get_future().wait();
  EXPECT_TRUE(journal_.wait_for("running"));
}

TEST_F(DrivenWorker, SaysThatItStoppedAsTheLastThingWhenEveryInstanceIsGone) {
  start();
  ASSERT_TRUE(journal_.wait_for("running"));
  thread_.worker().drain(clock_.now_ns() + flow::kSecond);
  ASSERT_TRUE(journal_.wait_for("stopped"));
  EXPECT_EQ(journal_.count("source destroyed"), 1);
  EXPECT_EQ(journal_.count("router destroyed"), 1);
  EXPECT_EQ(journal_.count("sink destroyed"), 1);
  EXPECT_EQ(thread_.worker().state(), WorkerState::kStopped);
}

TEST_F(DrivenWorker, AnswersOrdersThatComeAfterTheEnd) {
  start();
  ASSERT_TRUE(journal_.wait_for("running"));
  thread_.worker().drain(clock_.now_ns());
  ASSERT_TRUE(journal_.wait_for("stopped"));
  EXPECT_EQ(swapped([&](flow::SwapDone done) {
              thread_.worker().swap_router(instance(*fake::router_plugin(), next_router_), std::move(done));
            }),
            "the worker stops");
  EXPECT_EQ(swapped([&](flow::SwapDone done) {
              thread_.worker().swap_sink(0, instance(*fake::sink_plugin(false, false), next_sink_), clock_.now_ns(),
                                         std::move(done));
            }),
            "the worker stops");
  EXPECT_EQ(journal_.count("next router destroyed"), 1);
  EXPECT_EQ(journal_.count("next sink destroyed"), 1);
}

TEST_F(DrivenWorker, TakesANewRouterWhileItsSinkCannotStartYet) {
  sink_.failing = true;
  start();
  EXPECT_EQ(swapped([&](flow::SwapDone done) {
              thread_.worker().swap_router(instance(*fake::router_plugin(), next_router_), std::move(done));
            }),
            "");
  EXPECT_TRUE(journal_.wait_for("router destroyed"));
}

TEST_F(DrivenWorker, EndsWithoutHavingBeenStarted) { EXPECT_NE(thread_.inbox(), nullptr); }

} // namespace
} // namespace millrace::runtime
