// What comes to a worker from outside its own steps: the [any] calls of hosts, returns of calls on lanes, orders of the
// runtime. The only part of the flow that other threads touch.
#pragma once

#include <millrace/plugin.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/host/flow_calls.hpp"

namespace millrace::flow {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// An mr_reason that owns its text. An absent part stays absent.
class OwnedReason {
 public:
  OwnedReason() = default;
  explicit OwnedReason(const mr_reason& reason);
  mr_reason view() const;

 private:
  struct Part {
    std::uint32_t size = 0;
    bool present = false;
  };
  std::string bytes_;
  Part parts_[5];
};

struct Outcome {
  std::uint32_t part = 0;
  std::uint32_t record = 0;
  std::uint32_t outcome = 0;
  OwnedReason reason;
};

struct Completed {
  std::uint64_t delivery = 0;
  std::uint32_t rest = 0;
  std::vector<Outcome> outcomes; // exceptions only
  std::string error;             // empty: none given
};

struct Claimed {
  std::string stream;
  std::int32_t partition = 0;
  std::uint64_t own = 0;
  std::uint64_t own_mark = 0;
};

struct Released {
  std::string stream;
  std::int32_t partition = 0;
  bool lost = false;
};

struct SaidFailed {
  mr_error error{};
};

// Runs on the worker's thread, in step().
using Order = std::function<void()>;

struct Letter {
  std::uint64_t port = 0; // serial of the port that it came through, 0: an order
  std::variant<Order, Completed, Claimed, Released, SaidFailed> what;
};

class Port;

class Inbox : public std::enable_shared_from_this<Inbox> {
 public:
  // `notify` is called from any thread when the worker sleeps and has something to do: make it call step() soon. It
  // must not block, and does not call step() itself.
  explicit Inbox(std::function<void()> notify) : notify_(std::move(notify)) {}

  // [any] One for each instance, made before its host.
  std::shared_ptr<Port> open_port();

  // [any]
  void post(Letter letter);
  void order(Order order) { post({0, std::move(order)}); }

  // The worker's side, inside step(). take() appends what has come in order; rest() answers false if something came
  // since, and otherwise says that from now on somebody has to be notified.
  void take(std::vector<Letter>& into);
  bool rest();
  // Whoever read it is gone: what is in it and what still comes is dropped.
  void close();

 private:
  friend class Port;
  void notify_if_asleep(std::unique_lock<std::mutex>& lock);

  const std::function<void()> notify_;
  std::mutex mutex_; // guards what follows
  std::vector<Letter> letters_;
  std::uint64_t ports_ = 0;
  bool asleep_ = true;
  bool closed_ = false;
  bool woken_ = false; // a wake() came since the last take()
};

// The flow's half of an instance's host. Calls that come after the worker is gone do nothing.
class Port final : public host::FlowCalls {
 public:
  struct Target {
    std::uint32_t id = 0;
    const mr_target* target = nullptr; // the registry's copy
  };

  Port(std::shared_ptr<Inbox> inbox, std::uint64_t serial) : inbox_(std::move(inbox)), serial_(serial) {}

  std::uint64_t serial() const { return serial_; }

  void wake(std::int64_t at_ns) noexcept override;
  void claim(mr_str stream, std::int32_t partition, std::uint64_t own, std::uint64_t own_mark) noexcept override;
  void release(mr_str stream, std::int32_t partition, bool lost) noexcept override;
  void named(std::uint32_t id, const mr_target& target) noexcept override;
  void complete(std::uint64_t delivery, std::uint32_t rest, const mr_outcome* outcomes, std::size_t count,
                const mr_error* error) noexcept override;
  void failed(const mr_error& error) noexcept override;

  // The worker's side. The earliest wish, kNever if there is none; forget_wake() comes before the poll that answers it,
  // so that a wish made during that poll is kept.
  std::int64_t wake_at() const;
  void forget_wake();
  // Every target named so far, in order of naming, from the `known`th on.
  std::vector<Target> targets_from(std::size_t known) const;

 private:
  const std::shared_ptr<Inbox> inbox_; // shared: a host may call after the worker has gone
  const std::uint64_t serial_;
  mutable std::mutex mutex_; // guards what follows
  std::int64_t wake_at_ = kNever;
  std::vector<Target> targets_;
};

} // namespace millrace::flow
