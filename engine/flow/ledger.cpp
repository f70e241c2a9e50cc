// See ledger.hpp.
#include "engine/flow/ledger.hpp"

#include <cassert>

namespace millrace::flow {

Batch& Ledger::open(const mr_batch& given, Partition* partition, std::uint64_t bytes, std::int64_t now_ns) {
  if (free_.empty()) {
    free_.push_back(&batches_.emplace_back());
  }
  Batch& batch = *free_.back();
  free_.pop_back();
  batch.id = given.id;
  batch.covers = given.covers;
  batch.events = given.events;
  batch.count = given.count;
  batch.bytes = bytes;
  batch.polled_ns = now_ns;
  batch.partition = partition;
  batch.open = 1;
  batch.verdicts.assign(given.count, mr_verdict{});
  batch.older = newest_;
  (newest_ ? newest_->newer : oldest_) = &batch;
  newest_ = &batch;
  if (partition) {
    partition->unsettled.push_back(&batch);
  }
  ++unsettled_;
  return batch;
}

void Ledger::branch(Batch& batch) {
  assert(batch.open > 0);
  ++batch.open;
}

void Ledger::raise(Batch& batch, const mr_event& event, std::uint32_t outcome, const mr_reason* reason) {
  mr_verdict& verdict = batch.verdicts[static_cast<std::size_t>(&event - batch.events)];
  verdict.outcome = std::max(verdict.outcome, outcome);
  if (!verdict.reason) {
    verdict.reason = reason;
  }
}

void Ledger::raise_all(Batch& batch, std::uint32_t outcome) {
  for (mr_verdict& verdict : batch.verdicts) {
    verdict.outcome = std::max(verdict.outcome, outcome);
  }
}

void Ledger::end(Batch& batch) {
  assert(batch.open > 0);
  if (--batch.open > 0) {
    return;
  }
  if (!batch.partition) {
    make_ready(batch);
    return;
  }
  std::deque<Batch*>& order = batch.partition->unsettled;
  while (!order.empty() && order.front()->open == 0) {
    Batch& next = *order.front();
    order.pop_front();
    make_ready(next);
  }
}

void Ledger::make_ready(Batch& batch) {
  for (mr_verdict& verdict : batch.verdicts) {
    if (verdict.outcome == 0) {
      verdict.outcome = MR_ABANDONED;
    }
  }
  (batch.older ? batch.older->newer : oldest_) = batch.newer;
  (batch.newer ? batch.newer->older : newest_) = batch.older;
  batch.older = batch.newer = nullptr;
  ready_.push_back(&batch);
}

Batch* Ledger::next_ready() {
  if (ready_.empty()) {
    return nullptr;
  }
  Batch* batch = ready_.front();
  ready_.pop_front();
  return batch;
}

void Ledger::close(Batch& batch) {
  assert(batch.open == 0 && unsettled_ > 0);
  std::vector<mr_verdict> verdicts = std::move(batch.verdicts);
  std::vector<mr_dead> dead = std::move(batch.dead);
  dead.clear();
  batch = Batch{};
  batch.verdicts = std::move(verdicts);
  batch.dead = std::move(dead);
  free_.push_back(&batch);
  --unsettled_;
}

} // namespace millrace::flow
