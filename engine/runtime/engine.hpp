// The whole engine as it runs: its pipelines, and the one thread that builds, replaces and reloads what is in them.
//
//   Engine engine(config, services);
//   engine.create();              // throws what is wrong with the configuration or the rules
//   engine.start();
//   engine.reload("signal");      // a receipt
//   engine.drain();               // … then wait() returns
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/config/config.hpp"
#include "engine/host/instance_host.hpp"
#include "engine/runtime/pipeline.hpp"
#include "engine/runtime/receipt.hpp"

namespace millrace::runtime {

class Engine {
 public:
  // `services` outlive the engine.
  Engine(config::Config configured, const host::Services& services);
  // Everything has stopped by then: wait() returned, or start() was never called.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Creates every instance; reaches nothing outside. Throws modules::CreateError or RouterRefused.
  void create();
  void start();

  // [any] Announces the end: what is in flight is finished up to the configured deadline.
  void drain();
  // Returns when everything has stopped: after drain, or when every source has come to its end by itself.
  void wait();

  // [any] Why it ended by itself before it ever ran: a source or a router cannot start as it is configured. Empty: it
  // did not.
  std::string refusal() const;

  // [any] Why it is not ready, one sentence each; empty: it is.
  std::vector<std::string> not_ready() const;
  // [any] Events that the engine had to give up on.
  std::uint64_t failed_events() const;
  // [any] JSON.
  std::string pipelines_json() const;
  std::string rules_json() const;

  // [any] Reads the rules anew, all pipelines or none. Returns when every worker has switched, or when it was refused.
  // One at a time: a second one waits.
  Receipt reload(const std::string& asked_by);

 private:
  void later(std::int64_t delay_ns, std::function<void()> call);
  void changed();
  void give_up(std::string why);
  void prepare(std::vector<RouterSet>& sets, Receipt& receipt) const;
  void swap(std::vector<RouterSet> sets, Receipt& receipt);

  const config::Config configured_;
  const host::Services services_;
  std::vector<std::unique_ptr<Pipeline>> pipelines_;
  std::shared_ptr<void> collector_;
  std::mutex reload_;        // held for the length of one
  mutable std::mutex mutex_; // guards what follows
  std::condition_variable state_changed_;
  bool draining_ = false;
  std::string refusal_; // the first
  boost::asio::io_context control_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{control_.get_executor()};
  std::thread thread_;
};

} // namespace millrace::runtime
