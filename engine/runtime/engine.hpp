// The whole engine as it runs: its pipelines, and the one thread that builds, replaces and reloads what is in them.
//
//   Engine engine(config, services, history);
//   engine.create();              // throws what is wrong with the configuration or the rules
//   engine.start();
//   engine.reload({"signal", {}}); // a receipt
//   engine.drain();               // … then wait() returns
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/config/config.hpp"
#include "engine/host/instance_host.hpp"
#include "engine/runtime/council.hpp"
#include "engine/runtime/history.hpp"
#include "engine/runtime/neighbours.hpp"
#include "engine/runtime/pipeline.hpp"
#include "engine/runtime/receipt.hpp"
#include "engine/runtime/tap.hpp"
#include "engine/runtime/turning.hpp"

namespace millrace::runtime {

// What new rules have to go through before any worker hears of them.
struct Trial {
  std::chrono::nanoseconds shadow{0}; // how long what is live is compared with what would be; 0: not at all
  // The most events of a hundred whose way may change; more refuse the reload.
  std::optional<double> most_changed;
  bool dry_run = false; // nothing is switched
};

// what() says which there are.
class NoSuchRuleset : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What one of so many workers may have in flight: its part of the memory of the engine.
std::uint64_t worker_share(const config::Engine& engine, std::uint64_t workers);
std::uint64_t workers_of(const config::Config& configured);

class Engine : private Member {
 public:
  // `services` and `history` outlive the engine. `history` may be null: receipts are answered and not kept, and there
  // is nothing to go back to.
  Engine(config::Config configured, const host::Services& services, History* history);
  // Everything has stopped by then: wait() returned, or start() was never called.
  ~Engine() override;
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
  // [any]
  Status status() const;
  // [any] Whether the control thread and every worker came round since this was asked last, once it has started.
  bool turns();
  // Before start: called when a change begins and when it is over, on the thread of whoever asked for it.
  void tell_changes(std::function<void(bool begins)> tell) { told_ = std::move(tell); }
  // [any] JSON.
  std::string rules_json() const;

  // [any] Reads the rules anew, and the configuration where set_configuration was called: all of it or nothing. Returns
  // when every worker has switched, what is another one in the configuration runs and what is no longer in it has
  // drained, or when it was refused. One change at a time: a second one waits.
  Receipt reload(const Asked& asked, const Trial& trial = {});
  // [any] The same here and at every engine that shares a pipeline: all switch or none does.
  Receipt reload_all(const Asked& asked, const Trial& trial = {});
  // [any] The same with the files of a ruleset that was active before, whatever became of them since: in every pipeline
  // that had it. `hash` may be a beginning that is enough to tell it; empty: in each pipeline the one before.
  Receipt rollback(const Asked& asked, const std::string& hash);
  // [any] The newest version of a plugin that its folder has takes the place of the one that runs, worker by worker, or
  // stays out where one of them does not come up with it. `plugin`: "kafka", "sink.kafka", or the name of its module.
  Receipt upgrade(const Asked& asked, const std::string& plugin);

  // What reads the configuration anew at each reload; what it throws refuses it. `taken` hears of one that is other,
  // when it has become the one that runs. Before start.
  // Plugins that run stay the ones that they are, but for `upgrade`, whose newest is taken; empty: none.
  using ReadConfiguration = std::function<config::Config(const config::Config& running, const std::string& upgrade)>;
  void set_configuration(ReadConfiguration read, std::function<void(const config::Config&)> taken) {
    read_configuration_ = std::move(read);
    configuration_taken_ = std::move(taken);
  }

  // Makes itself known to the engines that share a pipeline, and is told of them, in records that outlive it. `admin`
  // is where it answers. Once, after start.
  void join(records::Records& shared, const std::string& admin, const CouncilSettings& settings = {});
  // [any] JSON, or lines for a person: the engines of its pipelines with their rulesets.
  std::string engines_json() const;
  std::string engines_text() const;

  // [any] The way of an event under what is active now. `pipeline` empty: the only one, or the first that explains.
  // Throws Unexplained.
  std::string explain(const std::string& pipeline, const SampledEvent& event, ExplainForm form) const;
  // [any] What goes by. Throws Unexplained. The engine outlives it.
  std::unique_ptr<Tap> tap(const std::string& pipeline, TapFilter filter, std::size_t rate, ExplainForm form) const;

  // [any] JSON: what became of each attempt, the latest first.
  std::string history_json(std::size_t limit) const;
  // [any] The same as lines for a person.
  std::string history_text(std::size_t limit) const;
  // [any] One receipt as JSON, by its id; nothing where there is none.
  std::optional<std::string> receipt_json(const std::string& id) const;
  // [any] The files of a ruleset as they were, by its hash or an unmistakable beginning of it. Throws NoSuchRuleset.
  RulesFiles rules_files(const std::string& hash) const;

 private:
  using Pipelines = std::vector<std::shared_ptr<Pipeline>>;
  using Configuration = std::shared_ptr<const config::Config>;

  // What a pipeline is to run next: files as they were, or null for those on disk. Nothing: it stays as it is.
  using Choice = std::function<std::optional<std::shared_ptr<const RulesFiles>>(const Pipeline& pipeline)>;

  void later(std::int64_t delay_ns, std::function<void()> call);
  void measure();
  void changed();
  void give_up(std::string why);
  // What becomes of one pipeline.
  struct Planned {
    enum Kind : std::uint8_t { kStays, kComes, kGoes } kind = kStays;
    std::shared_ptr<Pipeline> pipeline;
    std::optional<RouterSet> routers = {}; // none: its rules stay, or it brings its own
    bool other = false;                    // its configuration, which is that of its routers
  };
  // One change between its rules and its receipt; all others wait as long as it lives.
  struct Change {
    std::unique_lock<std::mutex> lock;
    Receipt receipt;
    std::int64_t began_ns = 0;
    std::vector<Planned> plan = {};  // by pipeline of the receipt
    Configuration configured = {};   // null: as it is
    std::shared_ptr<void> told = {}; // says at its end that the change is over
  };

  // Member
  std::map<std::string, std::string> rulesets() const override;
  std::string prepare(const std::map<std::string, RulesFiles>& files, const std::string& by) override;
  void commit() override;
  void drop(const std::string& why) override;

  Receipt begin(const Asked& asked, std::string what) const;
  Change begun(std::unique_lock<std::mutex> lock, Receipt receipt);
  void prepare(Change& change, const Choice& choice, const Trial& trial);
  void propose(Change& change);
  Receipt finish(Change change);
  void try_out(Change& change, const Trial& trial);
  std::vector<std::shared_ptr<const Pipeline>> named(const std::string& pipeline) const;
  std::vector<Neighbour> neighbours() const;
  void plan(Change& change, const Choice& choice);
  void plan(Change& change, Planned one, const Choice& choice);
  std::shared_ptr<Pipeline> make_pipeline(const config::Pipeline& configured,
                                          std::shared_ptr<const config::Engine> engine, std::uint64_t memory);
  void swap(Change& change);

  // engine_configure.cpp
  void read_configuration(Change& change, const std::string& upgrade = {});
  void note_configuration(Receipt& receipt) const;
  void configure(Change& change);
  void begin_pipeline(Planned& planned);
  void end_pipeline(const std::shared_ptr<Pipeline>& pipeline);
  Steps steps();
  void on_control(const std::function<void()>& call);
  bool await(const std::function<bool()>& done, std::int64_t deadline_ns);
  void set_memory(std::uint64_t bytes);

  Configuration configured() const;
  Pipelines pipelines() const;
  void keep(Receipt& receipt, std::chrono::nanoseconds patience) const;
  void record_start() const;
  void tell_start(const Pipeline& pipeline, const std::optional<std::string>& last, bool kept) const;
  std::optional<std::string> last_active(const Pipeline& pipeline) const;
  std::vector<std::string> names() const;
  // Throws NoSuchRuleset, with what may be the reason: records that cannot be reached.
  [[noreturn]] void no_ruleset(const std::string& text) const;
  // Pipeline to hash. Throws NoSuchRuleset.
  std::map<std::string, std::string> matching(const std::string& hash) const;
  std::map<std::string, std::string> before() const;

  const host::Services services_;
  History* const history_;
  const std::string owner_; // "host:pid:start"
  ReadConfiguration read_configuration_;
  std::function<void(const config::Config&)> configuration_taken_;
  std::function<void(bool begins)> told_ = [](bool) {};
  std::shared_ptr<void> collector_;
  std::mutex change_;              // held for the length of one
  std::optional<Change> proposed_; // by another engine, prepared here; of the council's thread
  std::unique_ptr<Neighbours> neighbours_;
  std::unique_ptr<Council> council_;
  std::atomic<Council*> joined_ = nullptr; // the same, once it has joined others; whoever asks may be earlier
  mutable std::mutex mutex_;               // guards what follows
  std::condition_variable state_changed_;
  Configuration configured_;
  Pipelines pipelines_;
  bool draining_ = false;
  std::string refusal_; // the first
  Turning turning_;
  boost::asio::io_context control_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{control_.get_executor()};
  std::thread thread_;
};

} // namespace millrace::runtime
