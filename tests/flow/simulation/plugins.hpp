// The fake outside of a simulated process: sources, router and sinks with the habits of real ones, good and bad.
#pragma once

#include <millrace/positions.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/flow/inbox.hpp"
#include "engine/flow/lane.hpp"
#include "tests/flow/fake_plugin.hpp"
#include "tests/flow/simulation/database.hpp"
#include "tests/flow/simulation/log.hpp"
#include "tests/flow/simulation/world.hpp"

namespace millrace::sim {

inline constexpr std::uint32_t kMessages = 1; // target ids
inline constexpr std::uint32_t kDeadMessages = 2;
inline constexpr std::uint32_t kRows = 3;

// Asked before anything of a process acts: false once it crashed.
using Alive = std::shared_ptr<const bool>;

// A batch as a source lends it. Overwritten, not freed, when it is settled: whoever still reads it reads rubbish.
struct Lent {
  std::string stream;
  mr_range covers{};
  std::vector<std::string> payloads;
  std::vector<mr_event> events;
  std::vector<std::uint64_t> ids;
};

// Reads the number of the event, or says that its memory was gone.
std::uint64_t id_of(World& world, const mr_event& event);

// What every verdict must mean, wherever it is told.
void check_verdict(World& world, std::uint64_t id, const mr_verdict& verdict);

// Where the calls of a blocking sink run: one at a time, a while later; one may hang until it is poked. Shared by the
// lane, the sink that is interrupted, and the process that crashes; outlives all three.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  // Only a sink's calls may hang: for those the engine has deadlines.
  Wire(World& world, Alive alive, bool may_hang) : world_(world), alive_(std::move(alive)), may_hang_(may_hang) {}
  void run(std::function<void()> call);
  void poke();
  // The process is gone; what it had sent to the server may be carried out all the same.
  void crash();
  void cut() { gone_ = true; }

 private:
  void finish_in(std::int64_t wait);

  World& world_;
  Alive alive_;
  bool may_hang_;
  std::function<void()> call_;
  bool hung_ = false;
  bool gone_ = false;
  std::uint64_t number_ = 0;
};

class SimLane final : public flow::Lane {
 public:
  explicit SimLane(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  ~SimLane() override { wire_->cut(); }
  void run(std::function<void()> call) override { wire_->run(std::move(call)); }

 private:
  std::shared_ptr<Wire> wire_;
};

class LogSource final : public fake::Source, public Member {
 public:
  LogSource(World& world, Log& log, std::shared_ptr<flow::Port> port)
      : world_(world), log_(log), port_(std::move(port)) {}

  mr_status start(mr_error*) override;
  mr_status poll(const mr_budget& budget, mr_batch& out, mr_error* error) override;
  void settle(std::uint64_t batch, const mr_verdict* verdicts, std::size_t count) override;
  void start_at(std::string_view stream, std::int32_t partition, std::uint64_t position, std::uint64_t mark) override;
  void moved(std::string_view stream, std::int32_t partition) override;
  void released(std::string_view stream, std::int32_t partition) override;
  void drain() override { draining_ = true; }

  void assigned(std::int32_t partition) override;
  void revoked(std::int32_t partition, bool lost) override;

  void wake() { port_->wake(0); }
  std::size_t unsettled() const { return lent_.size(); }

 private:
  struct News {
    std::int32_t partition;
    bool assigned;
    bool lost;
  };
  void hear(const News& news);
  void hold(std::int32_t partition);
  void ask();
  mr_status hand_out(const mr_budget& budget, mr_batch& out);

  World& world_;
  Log& log_;
  std::shared_ptr<flow::Port> port_;
  Positions<> positions_;
  std::deque<News> news_;
  std::set<std::int32_t> hold_after_release_;
  std::map<std::uint64_t, std::shared_ptr<Lent>> lent_;
  std::vector<std::shared_ptr<Lent>> graveyard_;
  bool draining_ = false;
};

// One request is one batch, without a log behind it. Who gets no good answer sends again.
class HttpSource final : public fake::Source {
 public:
  struct Clients {
    struct Request {
      std::vector<std::uint64_t> ids;
    };
    std::deque<Request> waiting; // to be taken by whoever listens
    std::vector<bool> answered;  // by event: it was told 200
    std::function<void(Request)> send_again;
  };

  HttpSource(World& world, Clients& clients, std::shared_ptr<flow::Port> port)
      : world_(world), clients_(clients), port_(std::move(port)) {}

  mr_status poll(const mr_budget& budget, mr_batch& out, mr_error* error) override;
  void settle(std::uint64_t batch, const mr_verdict* verdicts, std::size_t count) override;
  void drain() override { draining_ = true; }
  // Every request under way gets no answer.
  void crash();

  void wake() { port_->wake(0); }
  std::size_t unsettled() const { return lent_.size(); }

 private:
  World& world_;
  Clients& clients_;
  std::shared_ptr<flow::Port> port_;
  std::map<std::uint64_t, std::shared_ptr<Lent>> lent_;
  std::vector<std::shared_ptr<Lent>> graveyard_;
  std::uint64_t last_batch_ = 0;
  bool draining_ = false;
};

class Router final : public fake::Router {
 public:
  Router(World& world, std::shared_ptr<flow::Port> port);
  mr_status route(const mr_event* const* events, std::size_t count, const mr_emit& emit, mr_error* error) override;
  void destroy() override;

 private:
  mr_status message(const mr_event& event, std::uint64_t id, const mr_emit& emit);

  World& world_;
  std::shared_ptr<flow::Port> port_;
  std::string own_key_ = "router"; // its own memory, overwritten when it is destroyed
  std::string code_ = "E0001";
};

// Takes messages, answers later and out of order. At least once.
class StoreSink final : public fake::Sink {
 public:
  StoreSink(World& world, std::shared_ptr<flow::Port> port, Alive alive, bool ordered)
      : world_(world),
        port_(std::move(port)),
        alive_(std::move(alive)),
        ordered_(ordered),
        most_(static_cast<std::uint32_t>(world.between(1, 4))) {}

  mr_status bind(std::uint32_t id, const mr_target& target, mr_error* error) override;
  void unbind(std::uint32_t id) override { bound_.erase(id); }
  mr_status write(const mr_delivery& delivery, mr_error* error) override;
  std::uint32_t max_in_flight() override { return most_; }
  void interrupt() override;
  void stop() override;
  void crash();
  void set_wire(std::shared_ptr<Wire> wire) { wire_ = std::move(wire); }

 private:
  struct Open {
    const mr_delivery* delivery = nullptr;
    bool hangs = false;
  };
  void complete(std::uint64_t id, bool may_succeed);
  void take_effect(const mr_message& message, const mr_event& event);
  void check_order(const mr_delivery& delivery);

  World& world_;
  std::shared_ptr<flow::Port> port_;
  Alive alive_;
  bool ordered_;
  std::uint32_t most_;
  std::set<std::uint32_t> bound_;
  std::map<std::uint64_t, Open> open_;
  std::shared_ptr<Wire> wire_; // if it blocks
  bool broken_ = false;
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true); // happenings may outlive the sink
};

// Takes rows, stores positions with them in one transaction, blocks.
class DatabaseSink final : public fake::Sink {
 public:
  DatabaseSink(World& world, Database& database, std::shared_ptr<flow::Port> port, std::shared_ptr<Wire> wire)
      : world_(world), database_(database), port_(std::move(port)), wire_(std::move(wire)) {}

  mr_status start(mr_error* error) override;
  mr_status bind(std::uint32_t id, const mr_target& target, mr_error* error) override;
  void unbind(std::uint32_t id) override { bound_.erase(id); }
  mr_status write(const mr_delivery& delivery, mr_error* error) override;
  mr_status claim(std::string_view stream, std::int32_t partition, const mr_position& if_new, mr_position& out,
                  mr_error* error) override;
  void release(std::string_view, std::int32_t partition) override { claims_.erase(partition); }
  mr_status still(mr_error* error) override;
  void interrupt() override;
  void stop() override { database_.kill(session_); }

 private:
  struct Verdicts {
    std::uint32_t rest = MR_RECORD_OK;
    std::vector<mr_outcome> outcomes;
  };
  bool session_is_good();
  mr_status gone(mr_error* error);
  Verdicts transact(const mr_delivery& delivery);
  void read(const mr_delivery& delivery, Database::Transaction& transaction, Verdicts& verdicts);

  World& world_;
  Database& database_;
  std::shared_ptr<flow::Port> port_;
  std::shared_ptr<Wire> wire_;
  std::uint64_t session_ = 0;
  std::map<std::int32_t, std::uint64_t> claims_; // epoch by partition
  std::set<std::uint32_t> bound_;
  bool interrupted_ = false;
  bool broken_ = false;
};

} // namespace millrace::sim
