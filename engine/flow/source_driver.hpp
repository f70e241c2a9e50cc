// Drives the source: polls with what credit is left, checks every batch against what the contract says, and makes the
// calls that the flow owes it (settle, start_at, moved, released) in order.
#pragma once

#include <millrace/ext/claims.h>
#include <millrace/ext/draft/streams.h>
#include <millrace/plugin.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/flow/context.hpp"

namespace millrace::flow {

class Claims;

class SourceDriver {
 public:
  SourceDriver(Context& context, Instance instance);
  // Before anything else is called.
  void set_claims(Claims& claims) { claims_ = &claims; }

  // Life; start(), stop() and destroy() are called again until they did it.
  void start();
  bool is_up() const { return started_; }
  bool is_broken() const { return broken_; }
  void drain();
  void stop_polling() { polling_ = false; }
  // Everything owed to it has been said.
  bool is_quiet() const { return calls_.empty() && !caller_.busy(); }
  void interrupt_if_busy();
  bool stop();
  bool destroy();

  bool has_claims() const { return claims_extension_ != nullptr; }
  // Answered MR_END, and nothing asked it to go on since.
  bool ended() const { return ended_; }
  void said_failed(const mr_error& error) { set_broken(error.text); }
  bool is_port(std::uint64_t serial) const { return caller_.port().serial() == serial; }
  std::string_view name() const { return caller_.name(); }

  // Queued, made in this order by advance().
  void settle(Batch& batch) { calls_.push_back({Call::kSettle, &batch, nullptr, {}}); }
  void start_at(Partition& partition, mr_position position) {
    calls_.push_back({Call::kStartAt, nullptr, &partition, position});
  }
  void moved(Partition& partition) { calls_.push_back({Call::kMoved, nullptr, &partition, {}}); }
  void released(Partition& partition) { calls_.push_back({Call::kReleased, nullptr, &partition, {}}); }

  // One that has not started yet asks by itself.
  void streams_changed() {
    if (streams_extension_ && started_) {
      calls_.push_back({Call::kStreams, nullptr, nullptr, {}});
    }
  }

  // Makes what calls it can; true: something happened. At most `events` more are polled.
  bool advance(std::uint64_t events);
  std::vector<Batch*> take_batches() { return std::exchange(batches_, {}); }
  std::int64_t due_ns() const;

 private:
  struct Call {
    enum Kind : std::uint8_t { kSettle, kStartAt, kMoved, kReleased, kStreams, kDrain } kind;
    Batch* batch;
    Partition* partition;
    mr_position position;
  };
  struct Polled {
    Answer answer;
    mr_batch batch{};
  };

  bool make_calls();
  bool still_wanted(const Call& call) const;
  void before(const Call& call);
  void make(const Call& call);
  void after(const Call& call);
  bool wants_poll() const;
  bool poll();
  void polled(const Polled& polled);
  void take(const mr_batch& given);
  bool is_sound(const mr_batch& given);
  bool are_events_sound(const mr_batch& given);
  bool joins(const mr_batch& given, Partition& partition);
  void set_broken(std::string_view why);
  void blame(std::string_view text);

  Context& context_;
  Caller caller_;
  const mr_source_claims* claims_extension_ = nullptr;
  const mr_source_streams* streams_extension_ = nullptr;
  Claims* claims_ = nullptr;

  bool started_ = false;
  bool starting_ = false;
  bool stop_called_ = false;
  bool stopped_ = false;
  bool broken_ = false;
  bool polling_ = true;
  bool ended_ = false;
  bool poll_again_ = true; // it handed something in, so there may be more
  std::uint32_t failures_ = 0;
  std::int64_t not_before_ns_ = 0;
  std::int64_t next_interrupt_ns_ = 0;
  std::uint64_t greatest_id_ = 0;
  std::uint64_t events_polled_ = 0;
  std::deque<Call> calls_;
  std::vector<Batch*> batches_; // to be routed
};

} // namespace millrace::flow
