// Engines that share pipelines change together: whoever is asked proposes a ruleset, each of the others prepares it,
// and then all switch or none does. What they say to each other stands in the records that they share, so none has to
// reach another one's address.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/host/log.hpp"
#include "engine/records/records.hpp"
#include "engine/runtime/neighbours.hpp"
#include "engine/runtime/receipt.hpp"
#include "engine/runtime/rules_files.hpp"

namespace millrace::runtime {

struct CouncilSettings {
  std::chrono::nanoseconds beat = std::chrono::seconds(1);      // between two looks at what others say
  std::chrono::nanoseconds tell = std::chrono::seconds(5);      // between two signs of life
  std::chrono::nanoseconds vanished = std::chrono::seconds(20); // without a sign of life
  std::chrono::nanoseconds prepare = std::chrono::seconds(60);  // for all to prepare
  std::chrono::nanoseconds decide = std::chrono::seconds(90);   // for whoever proposed to decide; then others may
  std::chrono::nanoseconds switched = std::chrono::seconds(10); // for all to say that they have
};

// What one engine does for the council. [any]; calls of one engine come one at a time.
class Member {
 public:
  virtual ~Member() = default;
  // Pipeline to the hash of its active ruleset.
  virtual std::map<std::string, std::string> rulesets() const = 0;
  // Prepares these files, by pipeline. Empty: it is ready to switch, and nothing else changes it before commit or drop;
  // otherwise why not. `by` is the engine that proposes.
  virtual std::string prepare(const std::map<std::string, RulesFiles>& files, const std::string& by) = 0;
  virtual void commit() = 0;
  virtual void drop(const std::string& why) = 0;
};

class Council {
 public:
  // `admin` is where this engine answers. Everything outlives it.
  Council(Member& member, Neighbours& neighbours, records::Records& shared, std::string admin, CouncilSettings settings,
          const host::Clock& clock, host::Log& log);
  // Says good-bye.
  ~Council();
  Council(const Council&) = delete;
  Council& operator=(const Council&) = delete;

  // [any] As of the last look; of the pipelines of this engine.
  std::vector<Neighbour> neighbours() const;

  // [any] Asks all others to prepare these files, of which this engine has already prepared its own. Empty: all have,
  // it is decided, and they switch; otherwise why none does. `votes` says what each of them answered.
  std::string propose(const std::map<std::string, RulesFiles>& files, const std::map<std::string, std::string>& hashes,
                      std::vector<Vote>& votes);
  // [any] After propose answered true: waits until the others have said that they switched, and adds it.
  void await_switched(std::vector<Vote>& votes);

 private:
  struct Order {
    std::string id;
    std::string engine;
    std::string state;                         // "prepare"; "commit" or "abort" once it is decided, for older versions
    std::map<std::string, std::string> hashes; // by pipeline
    const std::string& home() const { return hashes.begin()->first; } // where it is decided, by one record
  };
  enum class Decision { none, commit, abort };

  void run();
  void beat();
  void tell();
  void look_at_orders();
  void follow(const Order& order);
  std::string await_decision(const Order& order);
  std::optional<Order> order_of(const std::string& pipeline) const;
  bool undecided(const Order& order) const;
  bool has_vanished(const std::string& engine) const;
  Decision decision_of(const Order& order) const;
  Decision decide(const Order& order, Decision decision);
  records::Record record_of(const Order& order, const std::string& pipeline) const;
  std::string announce(const Order& order);
  std::string hear(const Order& order, std::vector<Vote>& votes);
  std::string settle(Order& order, Decision decision, std::int64_t until_ns);
  void forget_decisions(const std::string& pipeline);
  void clean_up(const Order& order, const std::vector<Vote>& votes);
  void answer(const Order& order, const std::string& text);
  std::map<std::string, std::string> answers(const Order& order) const;
  bool wait(std::chrono::nanoseconds time);
  bool ending() const;

  Member& member_;
  Neighbours& neighbours_;
  records::Records& shared_;
  const std::string admin_;
  const CouncilSettings settings_;
  const host::Clock& clock_;
  host::Log& log_;
  std::int64_t told_ns_ = INT64_MIN; // of the thread
  bool told_ = false;                // the last sign of life was heard; of the thread
  std::vector<std::string> mixes_;   // that were logged; of the thread
  std::string followed_;             // id of the order that was followed last; of the thread
  mutable std::mutex mutex_;         // guards what follows
  std::condition_variable changed_;
  bool ending_ = false;
  std::vector<Neighbour> seen_;
  std::optional<Order> proposed_; // by this engine, decided last
  std::thread thread_;
};

} // namespace millrace::runtime
