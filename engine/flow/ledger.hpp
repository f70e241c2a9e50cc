// Which batches are in flight, what is known of each event, and which batches may be settled. Pure: calls no plugin.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "engine/flow/batch.hpp"

namespace millrace::flow {

class Ledger {
 public:
  Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Opens the batch with one branch: the way to the router. `given` is the source's and stays as it is until settle.
  Batch& open(const mr_batch& given, Partition* partition, std::uint64_t bytes, std::int64_t now_ns);

  // One more branch. The batch has an open one, so that it cannot settle meanwhile.
  void branch(Batch& batch);

  // The worst outcome stands, the first reason stays (it is kept, and read until the batch is closed).
  void raise(Batch& batch, const mr_event& event, std::uint32_t outcome, const mr_reason* reason = nullptr);
  void raise_all(Batch& batch, std::uint32_t outcome);

  // A branch ended. With the last one the batch becomes ready, in order of arrival within its partition; batches
  // without a partition wait for nobody. An event of which nothing is known by then is ABANDONED: what was forgotten is
  // not delivered.
  void end(Batch& batch);

  // The next batch to settle, null: none. Each comes out once; its memory is valid until close.
  Batch* next_ready();
  void close(Batch& batch);

  std::size_t unsettled() const { return unsettled_; }
  Batch* oldest() const { return oldest_; } // of those that did not come out of next_ready yet; go on with ->newer

 private:
  void make_ready(Batch& batch);

  std::deque<Batch> batches_; // in use and free, never moved
  std::vector<Batch*> free_;
  std::deque<Batch*> ready_;
  Batch* oldest_ = nullptr;
  Batch* newest_ = nullptr;
  std::size_t unsettled_ = 0;
};

} // namespace millrace::flow
