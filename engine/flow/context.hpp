// What the parts of one worker share, and what a part tells the worker that only the worker can act on.
#pragma once

#include <millrace/ext/positions.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/flow/batch.hpp"
#include "engine/flow/caller.hpp"
#include "engine/flow/counters.hpp"
#include "engine/flow/credit.hpp"
#include "engine/flow/inbox.hpp"
#include "engine/flow/ledger.hpp"
#include "engine/flow/retry.hpp"
#include "engine/flow/settings.hpp"
#include "engine/flow/watcher.hpp"

namespace millrace::flow {

inline constexpr std::size_t kNoSink = SIZE_MAX;

// Only recorded or queued by the worker, never acted on inside the call, unless a line says otherwise.
class Upward {
 public:
  virtual ~Upward() = default;
  // At once: the branch ended, what it brought stands in the ledger.
  virtual void leg_ended(Leg& leg) = 0;
  // At once: a sink refused the record.
  virtual void refused(const Record& record, const mr_reason& reason) = 0;
  // At once: the sink stored the record as a dead letter.
  virtual void stored_dead(const Record& record, const mr_reason& reason) = 0;
  // At once: every claim of the sink that stores positions is void; batches of them are abandoned when this returns.
  virtual void moved(std::string_view why) = 0;
  // A delivery with ranges is durable: claims work.
  virtual void positions_stored() = 0;
  // At once: the source was told the verdicts; the batch and its memory may go.
  virtual void settled(Batch& batch) = 0;
  virtual void claim_answered(Partition& partition, const Answer& answer, mr_position position) = 0;
  virtual void claim_released(Partition& partition) = 0;
};

struct Context {
  Context(std::shared_ptr<Inbox> to, const WorkerSettings& with, Watcher& told, std::size_t sinks, Upward& up)
      : inbox(std::move(to)),
        settings(with),
        watcher(told),
        counters(sinks),
        credit(with.max_events, with.max_bytes),
        random(with.seed),
        upward(up) {}

  std::shared_ptr<Inbox> inbox; // shared with ports and lanes
  WorkerSettings settings;
  Watcher& watcher;
  WorkerCounters counters;
  Credit credit;
  Ledger ledger;
  Random random;
  Upward& upward;
  std::int64_t now_ns = 0;
  std::size_t positions_sink = kNoSink;
};

} // namespace millrace::flow
