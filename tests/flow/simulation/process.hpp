// One simulated process: a worker of the engine with fake plugins around it, that may crash, sleep and start again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/flow/worker.hpp"
#include "tests/flow/simulation/plugins.hpp"

namespace millrace::sim {

// What all processes of a run share.
struct Outside {
  World& world;
  Log log;
  Database database;
  HttpSource::Clients clients;
};

class Process final : public flow::Watcher {
 public:
  Process(Outside& outside, std::string name) : outside_(outside), world_(outside.world), name_(std::move(name)) {}
  ~Process() override { crash(); }

  void start();
  void crash();
  bool is_running() const { return worker_ != nullptr; }
  bool is_stopped() const { return worker_ && worker_->state() == flow::WorkerState::kStopped; }
  void pause(std::int64_t until) { paused_until_ = until; }

  std::int64_t next_step() const;
  void step();

  void drain(std::int64_t deadline) { worker_->drain(deadline); }
  void swap_router();
  void swap_sink();
  void swap_sink(std::size_t sink);
  void wake();
  std::size_t unsettled() const {
    return log_source_ ? log_source_->unsettled() : http_source_ ? http_source_->unsettled() : 0;
  }
  std::string state() const;
  // The worker holds nothing: said by its own counters.
  void check_empty();

  // Watcher.
  void log(std::uint32_t level, std::string_view instance, std::string_view text) override;
  void violation(std::string_view instance, std::string_view text) override;
  void broken(flow::Role role, std::size_t sink, std::string_view instance, std::string_view text) override;

 private:
  flow::Instance instance(const mr_plugin* plugin, void* self, std::string name, std::shared_ptr<flow::Port> port);
  std::shared_ptr<Wire> wire(bool may_hang);
  void sometimes_blocks(flow::Instance& instance);
  flow::Instance store();
  flow::Instance database();
  flow::Instance router();
  flow::WorkerSettings settings();
  flow::SinkSettings sink_settings();

  Outside& outside_;
  World& world_;
  const std::string name_;
  std::shared_ptr<bool> alive_;
  std::shared_ptr<flow::Inbox> inbox_;
  // What the plugins were made of stays until the run ends; the worker destroys instances, not objects.
  std::vector<std::shared_ptr<fake::Plugin>> plugins_;
  std::vector<std::shared_ptr<StoreSink>> stores_;
  std::vector<std::shared_ptr<Wire>> wires_; // of this incarnation
  std::shared_ptr<LogSource> log_source_;
  std::shared_ptr<HttpSource> http_source_;
  std::unique_ptr<flow::Worker> worker_;
  std::int64_t next_step_ = INT64_MAX;
  std::int64_t paused_until_ = 0;
  bool replacing_ = false;
  std::vector<bool> is_store_; // by sink, in the order of the pipeline
};

} // namespace millrace::sim
