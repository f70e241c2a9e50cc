// An engine of the plugins in world.hpp, as a test writes its configuration.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/config/config.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/engine/runtime/world.hpp"

namespace millrace::runtime {

class RunningEngine : public ::testing::Test {
 protected:
  ~RunningEngine() override {
    if (started_) {
      engine_->drain();
      ends();
    }
    engine_.reset();
    EXPECT_EQ(world_.alive, 0) << "an instance was never destroyed";
  }

  static std::string pipeline(const std::string& name, int workers = 1, const std::string& sink = "shelf") {
    return "[pipeline." + name + "]\nworkers = " + std::to_string(workers) +
           "\nretry_first = \"2ms\"\nretry_most = \"20ms\"\nsource.feed = {}\nrouter.sorter = {}\nsink." + sink +
           " = {}\n";
  }

  // Of this text, with the plugins of world.hpp.
  static config::Config configured(const std::string& pipelines, const std::string& engine,
                                   const mr_module& module = fake_module()) {
    config::Problems problems;
    const auto document =
        config::Document::parse("test.toml", "[engine]\nadmin = \"off\"\n" + engine + "\n" + pipelines);
    config::Config out;
    out.file = document.file();
    out.engine = document.engine(problems);
    out.catalogue.add(modules::Module{{}, &module});
    out.pipelines = document.pipelines(out.catalogue, problems);
    EXPECT_TRUE(problems.empty()) << config::ConfigError(problems).what();
    return out;
  }

  Engine& make(const std::string& pipelines, const std::string& engine = {}) {
    engine_ =
        std::make_unique<Engine>(configured(pipelines, engine), host::Services{clock_, log_, metrics_}, history_.get());
    return *engine_;
  }
  Engine& start(const std::string& pipelines, const std::string& engine = {}) {
    make(pipelines, engine);
    engine_->create();
    start();
    return *engine_;
  }
  void start() {
    engine_->start();
    started_ = true;
  }

  // Waits for the end. A hang ends the program, since nothing could be destroyed after it.
  void ends() {
    std::future<void> end = std::async(std::launch::async, [this] { engine_->wait(); });
    if (end.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
      std::fprintf(stderr, "the engine does not end: %s\n", json_of(engine_->status()).c_str());
      std::abort();
    }
    started_ = false;
  }
  void drains() {
    engine_->drain();
    ends();
  }

  // Readiness tells nobody when it changes.
  bool becomes_ready() {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!engine_->not_ready().empty() && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::yield();
    }
    return engine_->not_ready().empty();
  }

  World world_;
  host::SystemClock clock_;
  host::Log log_{clock_, host::LogForm::kText, MR_LOG_WARN, [this](std::uint32_t, std::string_view line) {
                   world_.set([&](World& world) { world.log.emplace_back(line); });
                 }};
  host::Metrics metrics_;
  std::unique_ptr<History> history_; // null unless a test wants it
  std::unique_ptr<Engine> engine_;
  bool started_ = false;
};

} // namespace millrace::runtime
