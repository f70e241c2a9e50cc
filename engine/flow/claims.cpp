// See claims.hpp.
#include "engine/flow/claims.hpp"

#include <algorithm>

#include "engine/flow/router_stage.hpp"
#include "engine/flow/sink_driver.hpp"
#include "engine/flow/source_driver.hpp"

namespace millrace::flow {

Partition& Claims::of(std::string_view stream, std::int32_t number) {
  if (last_ && last_->number == number && last_->stream == stream) {
    return *last_;
  }
  Partition*& known = by_name_[{std::string(stream), number}];
  if (!known) {
    known = &partitions_.emplace_back();
    known->stream = stream;
    known->number = number;
    known->index = partitions_.size() - 1;
    known->state = source_.has_claims() ? ClaimState::kNone : ClaimState::kHeld;
  }
  last_ = known;
  return *known;
}

SinkDriver* Claims::positions() const {
  return context_.positions_sink == kNoSink ? nullptr : sinks_[context_.positions_sink].get();
}

void Claims::enter(Partition& partition, ClaimState state) {
  partition.state = state;
  partition.told = false;
  const bool to_be_left =
      state == ClaimState::kAsked || state == ClaimState::kMoving || state == ClaimState::kReleasing;
  if (to_be_left && !std::exchange(partition.pending, true)) {
    pending_.push_back(&partition);
  }
  count_held();
}

void Claims::count_held() {
  std::size_t stored = 0;
  std::size_t held = 0;
  for (const Partition& partition : partitions_) {
    held += partition.state == ClaimState::kHeld ? 1 : 0;
    stored += partition.stored ? 1 : 0;
  }
  context_.counters.partitions.set(held);
  if (SinkDriver* sink = positions()) {
    sink->set_claims_held(stored);
  }
}

// ---- from the source
// -----------------------------------------------------------------------------------------------------------

void Claims::claim(const Claimed& claimed) {
  Partition& partition = of(claimed.stream, claimed.partition);
  partition.own = claimed.own;
  partition.own_mark = claimed.own_mark;
  if (!std::exchange(partition.named, true)) {
    partition.first_own = claimed.own;
    partition.first_own_mark = claimed.own_mark;
  }
  if (partition.state == ClaimState::kReleasing) {
    partition.claim_again = true;
    return;
  }
  if (partition.asking) {
    if (positions()->forget_claim(partition)) {
      partition.asking = false;
    } else {
      partition.newer_claim = true;
      return;
    }
  }
  mark(partition); // of an earlier claim
  drop_marked();
  enter(partition, ClaimState::kAsked);
}

void Claims::release(const Released& released) {
  context_.counters.releases.add();
  Partition& partition = of(released.stream, released.partition);
  partition.claim_again = false;
  partition.newer_claim = false;
  if (partition.asking && positions()->forget_claim(partition)) {
    partition.asking = false;
  }
  if (partition.state != ClaimState::kReleasing) {
    enter(partition, ClaimState::kReleasing);
    partition.release_deadline_ns = context_.now_ns + context_.settings.release_deadline_ns;
  }
  if (released.lost) {
    mark(partition);
    drop_marked();
  }
}

void Claims::distrust(Partition& partition) {
  mark(partition);
  drop_marked();
  partition.not_before_ns = context_.now_ns + context_.settings.moved.first_ns; // or it would spin
  if (partition.state == ClaimState::kHeld || partition.state == ClaimState::kNone) {
    enter(partition, ClaimState::kMoving);
  }
}

// ---- from the sink
// -------------------------------------------------------------------------------------------------------------

void Claims::answered(Partition& partition, const Answer& answer, mr_position position) {
  partition.asking = false;
  const bool newer = std::exchange(partition.newer_claim, false);
  if (answer.status == MR_OK) {
    partition.stored = true;
    partition.failures = 0;
    if (partition.state == ClaimState::kAsking) {
      enter(partition, newer ? ClaimState::kAsked : ClaimState::kHeld);
      if (!newer) {
        source_.start_at(partition, position);
      }
    }
    count_held();
    return;
  }
  if (partition.state == ClaimState::kAsking) {
    enter(partition, ClaimState::kAsked);
  }
  const BackoffSettings& retry = context_.settings.retry;
  switch (answer.status) {
    case MR_MOVED:
      moved(answer.text);
      return;
    case MR_TRANSIENT:
      partition.not_before_ns = context_.now_ns + backoff(retry, ++partition.failures, context_.random);
      log(MR_LOG_WARN, partition, "cannot be claimed yet: " + answer.text);
      return;
    default:
      partition.not_before_ns = context_.now_ns + retry.max_ns;
      log(MR_LOG_ERROR, partition, "cannot be claimed: " + answer.text);
      return;
  }
}

void Claims::sink_released(Partition& partition) {
  partition.stored = false;
  partition.asking = false;
  count_held();
}

void Claims::moved(std::string_view why) {
  context_.counters.moved.add();
  if (context_.positions_sink != kNoSink) {
    context_.counters.sinks[context_.positions_sink].moved.add();
  }
  ++moves_;
  const std::int64_t wait = moves_ > 1 ? backoff(context_.settings.moved, moves_ - 1, context_.random) : 0;
  context_.watcher.log(MR_LOG_WARN, source_.name(), "every claim is void, starting over: " + std::string(why));
  for (Partition& partition : partitions_) {
    const ClaimState state = partition.state;
    if (partition.asking && state == ClaimState::kAsking && positions()->forget_claim(partition)) {
      partition.asking = false;
      enter(partition, ClaimState::kAsked);
    }
    if (state == ClaimState::kHeld || state == ClaimState::kReleasing) {
      mark(partition);
      partition.stored = false;
    }
    if (state == ClaimState::kHeld) {
      enter(partition, ClaimState::kMoving);
    }
    if (state != ClaimState::kNone) {
      partition.not_before_ns = context_.now_ns + wait;
    }
  }
  drop_marked();
  count_held();
}

// ---- abandoning
// ----------------------------------------------------------------------------------------------------------------

void Claims::mark(Partition& partition) {
  for (Batch* batch : partition.unsettled) {
    if (!std::exchange(batch->abandoned, true)) {
      marked_.push_back(batch);
    }
  }
}

void Claims::drop_marked() {
  const std::vector<Batch*> marked = std::exchange(marked_, {});
  if (marked.empty()) {
    return;
  }
  // The branch to the sink that stores positions may wait for the others; it ends without having been offered.
  for (Batch* batch : marked) {
    Leg* leg = batch->positions;
    if (leg && leg->sequence == 0) {
      if (batch->partition) {
        std::erase(batch->partition->turn, leg);
      }
      context_.ledger.raise_all(*batch, MR_ABANDONED);
      context_.upward.leg_ended(*leg);
    }
  }
  router_.drop_abandoned();
  for (const auto& sink : sinks_) {
    sink->drop_abandoned();
  }
}

void Claims::abandon_everything() {
  for (Batch* batch = context_.ledger.oldest(); batch; batch = batch->newer) {
    if (!std::exchange(batch->abandoned, true)) {
      marked_.push_back(batch);
    }
  }
  drop_marked();
}

// ---- step
// ----------------------------------------------------------------------------------------------------------------------

bool Claims::advance() {
  bool progress = false;
  for (std::size_t i = 0; i < pending_.size();) {
    Partition& partition = *pending_[i];
    progress = advance(partition) || progress;
    const ClaimState state = partition.state;
    if (state == ClaimState::kAsked || state == ClaimState::kMoving || state == ClaimState::kReleasing) {
      ++i;
      continue;
    }
    partition.pending = false;
    pending_[i] = pending_.back();
    pending_.pop_back();
  }
  return progress;
}

bool Claims::advance(Partition& partition) {
  switch (partition.state) {
    case ClaimState::kAsked:
      return ask(partition);
    case ClaimState::kMoving:
      if (!partition.unsettled.empty() || std::exchange(partition.told, true)) {
        return false;
      }
      source_.moved(partition);
      return true;
    case ClaimState::kReleasing:
      return give_back(partition);
    case ClaimState::kNone:
    case ClaimState::kAsking:
    case ClaimState::kHeld:
      return false;
  }
  return false;
}

bool Claims::ask(Partition& partition) {
  if (!partition.unsettled.empty() || partition.asking || context_.now_ns < partition.not_before_ns) {
    return false;
  }
  if (SinkDriver* sink = positions()) {
    partition.asking = true;
    enter(partition, ClaimState::kAsking);
    sink->claim(partition);
    return true;
  }
  enter(partition, ClaimState::kHeld);
  source_.start_at(partition, {partition.own, partition.own_mark});
  return true;
}

bool Claims::give_back(Partition& partition) {
  if (!partition.unsettled.empty()) {
    if (context_.now_ns >= partition.release_deadline_ns) {
      mark(partition);
      drop_marked();
      for (const auto& sink : sinks_) {
        sink->hurry(partition);
      }
    }
    return false;
  }
  if (partition.asking || partition.told) {
    return false;
  }
  if (partition.stored) {
    partition.asking = true; // ends with sink_released
    positions()->release(partition);
    return true;
  }
  partition.told = true;
  source_.released(partition);
  return true;
}

void Claims::source_told(Partition& partition) {
  const bool again = partition.state == ClaimState::kReleasing && std::exchange(partition.claim_again, false);
  partition.joined = false;
  partition.named = partition.named && partition.state != ClaimState::kReleasing;
  if (partition.state == ClaimState::kMoving || partition.state == ClaimState::kReleasing) {
    enter(partition, again ? ClaimState::kAsked : ClaimState::kNone);
  }
}

std::int64_t Claims::due_ns() const {
  std::int64_t due = kNever;
  for (const Partition* partition : pending_) {
    const std::int64_t at =
        partition->state == ClaimState::kReleasing ? partition->release_deadline_ns : partition->not_before_ns;
    if (at > context_.now_ns) {
      due = std::min(due, at);
    }
  }
  return due;
}

void Claims::log(std::uint32_t level, const Partition& partition, std::string_view text) {
  context_.watcher.log(level, source_.name(),
                       partition.stream + "/" + std::to_string(partition.number) + " " + std::string(text));
}

} // namespace millrace::flow
