// What a source that replays keeps about its partitions: who was asked where to start, what was handed out, what is
// done with. The order of claim, revoke and rewind lives here once, so that a source only reads. Pure bookkeeping: it
// calls nobody and has no clock; the source asks what is due and passes the calls of claims/1 on.
//
//   hold ──▶ waiting ──due, claimed──▶ claiming ──start_at──▶ running ──release──▶ releasing ──forget
//               ▲                                               │
//               └───────── moved, or a batch came back abandoned┘        FAILED, REJECTED_EVENT ──▶ stopped
//
// A claim is due only when nothing of the partition is under way any more, so that no batch of an earlier claim can be
// taken for one of the present claim.
#pragma once

#include <millrace/plugin.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace {

// The outcome of a whole batch: the worst of its events. A batch without events is passed over; an event without a
// verdict counts as not delivered.
inline std::uint32_t worst(std::span<const mr_verdict> verdicts) noexcept {
  std::uint32_t out = MR_FILTERED;
  for (const mr_verdict& verdict : verdicts) {
    const bool known = verdict.outcome >= MR_FILTERED && verdict.outcome <= MR_FAILED;
    out = std::max<std::uint32_t>(out, known ? verdict.outcome : static_cast<std::uint32_t>(MR_ABANDONED));
  }
  return out;
}

struct Nothing {};

// `Mine` is what the source itself wants to keep with a partition.
template <class Mine = Nothing>
class Positions {
 public:
  static constexpr std::int64_t kNotYet = INT64_MAX;

  enum class State : std::uint8_t { waiting = 1, claiming = 2, running = 3, releasing = 4, stopped = 5 };

  struct Partition {
    std::string_view stream; // valid as long as the Positions
    std::int32_t number = 0;
    State state = State::waiting;
    std::int64_t claim_at_ns = kNotYet; // waiting: not before
    std::uint64_t next = 0;             // running: where the next batch begins
    std::uint64_t settled = 0;          // everything before it is done with: what to claim with as `own`
    std::uint64_t settled_mark = 0;     // the mark that belongs to `settled`
    Mine mine{};

    std::size_t under_way() const noexcept { return under_way_; }

   private:
    friend class Positions;
    struct Open {
      std::uint64_t batch, next, mark;
      enum : std::uint8_t { under_way, done, blocked } state;
    };
    std::deque<Open> open_; // in the order handed out
    std::size_t under_way_ = 0;
    std::uint32_t rewinds_ = 0; // in a row, without anything settled in between
  };

  // The partition is ours. Not due to be claimed before `ask_at` says so.
  Partition& hold(std::string_view stream, std::int32_t number) {
    Partition& partition = partitions_[{name(stream), number}];
    if (partition.stream.empty()) {
      partition.stream = name(stream);
      partition.number = number;
    }
    return partition;
  }
  Partition* find(std::string_view stream, std::int32_t number) {
    const auto found = partitions_.find({stream, number});
    return found == partitions_.end() ? nullptr : &found->second;
  }
  bool empty() const noexcept { return partitions_.empty(); }
  std::size_t size() const noexcept { return partitions_.size(); }
  template <class Call>
  void each(Call call) {
    for (auto& [key, partition] : partitions_) {
      call(partition);
    }
  }

  // Waiting partitions only: the claim may be made from then on.
  void ask_at(Partition& partition, std::int64_t at_ns) {
    if (partition.state == State::waiting) {
      partition.claim_at_ns = at_ns;
    }
  }
  // The partitions to claim now, with `settled` and `settled_mark` as own; they are claiming from here on.
  std::vector<Partition*> due(std::int64_t now_ns) {
    std::vector<Partition*> out;
    for (auto& [key, partition] : partitions_) {
      if (is_ready(partition) && partition.claim_at_ns <= now_ns) {
        partition.state = State::claiming;
        out.push_back(&partition);
      }
    }
    return out;
  }
  // When `due` would answer something next.
  std::optional<std::int64_t> next_due_ns() const {
    std::optional<std::int64_t> out;
    for (const auto& [key, partition] : partitions_) {
      if (is_ready(partition) && partition.claim_at_ns != kNotYet) {
        out = out ? std::min(*out, partition.claim_at_ns) : partition.claim_at_ns;
      }
    }
    return out;
  }

  // The answer to a claim: true if it counts, and the partition runs from there. Late answers are ignored.
  bool start_at(Partition& partition, std::uint64_t position, std::uint64_t mark) {
    if (partition.state != State::claiming) {
      return false;
    }
    partition.state = State::running;
    partition.next = position;
    partition.settled = position;
    partition.settled_mark = mark;
    partition.open_.clear();
    return true;
  }
  // A running partition of which nothing was handed out yet goes back to claiming: the source asks a second time.
  void claim_again(Partition& partition) {
    if (partition.state == State::running && partition.open_.empty()) {
      partition.state = State::claiming;
    }
  }

  // Hands out [partition.next, next) under a new batch id. `mark` is that of the record before `next`, 0: none.
  std::uint64_t hand_out(Partition& partition, std::uint64_t next, std::uint64_t mark) {
    const std::uint64_t batch = ++last_batch_;
    partition.open_.push_back({batch, next, mark, Partition::Open::under_way});
    ++partition.under_way_;
    partition.next = next;
    owner_of_[batch] = &partition;
    return batch;
  }

  enum class Settled : std::uint8_t {
    unknown = 1, // no such batch, or its partition was given back
    passed = 2,  // done with; `settled` may have moved
    again = 3,   // it will be read again: the partition waits for its next claim
    stopped = 4  // the engine gave up, or the event may not be refused: the partition stands still
  };
  struct Result {
    Settled settled;
    Partition* partition; // NULL: unknown
  };
  Result settle(std::uint64_t batch, std::uint32_t outcome, std::int64_t now_ns) {
    const auto found = owner_of_.find(batch);
    if (found == owner_of_.end()) {
      return {Settled::unknown, nullptr};
    }
    Partition& partition = *found->second;
    owner_of_.erase(found);
    const auto open = std::find_if(partition.open_.begin(), partition.open_.end(),
                                   [batch](const auto& entry) { return entry.batch == batch; });
    --partition.under_way_;
    const bool passed = outcome >= MR_FILTERED && outcome <= MR_DEAD_LETTERED;
    open->state = passed ? Partition::Open::done : Partition::Open::blocked;
    advance(partition);
    if (passed) {
      return {Settled::passed, &partition};
    }
    if (outcome == MR_REJECTED_EVENT || outcome == MR_FAILED) {
      stop(partition);
      return {Settled::stopped, &partition};
    }
    rewind(partition, now_ns);
    return {Settled::again, &partition};
  }

  // claims/1 moved: what was under way was abandoned, and the claim is void.
  void moved(Partition& partition, std::int64_t now_ns) {
    if (partition.state == State::claiming) {
      partition.state = State::running; // its answer no longer counts
    }
    rewind(partition, now_ns);
  }
  // Nothing is handed out any more, until the source forgets or releases it.
  void stop(Partition& partition) {
    if (partition.state != State::releasing) {
      partition.state = State::stopped;
    }
  }
  // It has to be given back: nothing is handed out any more. `forget` follows when claims/1 says released.
  void release(Partition& partition) { partition.state = State::releasing; }
  void forget(Partition& partition) {
    for (const auto& entry : partition.open_) {
      owner_of_.erase(entry.batch);
    }
    partitions_.erase({partition.stream, partition.number});
  }

 private:
  static constexpr std::int64_t kFirstDelayNs = 100'000'000;
  static constexpr std::int64_t kLongestDelayNs = 30'000'000'000;

  // Names are kept for good, so that a range may outlive its partition.
  std::string_view name(std::string_view stream) {
    const auto found = streams_.find(stream);
    return found != streams_.end() ? *found : *streams_.emplace(stream).first;
  }
  static bool is_ready(const Partition& partition) {
    return partition.state == State::waiting && partition.under_way_ == 0;
  }
  static void advance(Partition& partition) {
    while (!partition.open_.empty() && partition.open_.front().state == Partition::Open::done) {
      partition.settled = partition.open_.front().next;
      partition.settled_mark = partition.open_.front().mark;
      partition.rewinds_ = 0;
      partition.open_.pop_front();
    }
  }
  // The first rewind is claimed for at once; repeats back off, or two owners would steal from each other for ever.
  static void rewind(Partition& partition, std::int64_t now_ns) {
    if (partition.state != State::running) {
      return;
    }
    partition.state = State::waiting;
    partition.claim_at_ns = now_ns;
    if (partition.rewinds_ > 0) {
      const std::uint32_t doublings = std::min<std::uint32_t>(partition.rewinds_ - 1, 10);
      partition.claim_at_ns += std::min(kFirstDelayNs << doublings, kLongestDelayNs);
    }
    ++partition.rewinds_;
  }

  std::set<std::string, std::less<>> streams_;
  std::map<std::pair<std::string_view, std::int32_t>, Partition> partitions_;
  std::unordered_map<std::uint64_t, Partition*> owner_of_;
  std::uint64_t last_batch_ = 0;
};

} // namespace millrace
