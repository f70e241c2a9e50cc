// What is in flight: a batch, the partition that it belongs to, and its records on their way to one sink each.
// Plain data; who may change what stands with each member.
#pragma once

#include <millrace/plugin.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "engine/flow/inbox.hpp"

namespace millrace::flow {

struct Batch;
struct Leg;
struct RouteGroup;

// Rows as a router handed them over in one rows() call; they may come from several batches.
struct RowsCall {
  ArrowArray array{}; // owned, released with the group
  std::uint64_t bytes_per_row = 0;
  std::uint64_t stamp = 0; // scratch of whoever builds a delivery
  std::uint32_t part = 0;
};

// One message or one row.
struct Record {
  const mr_event* event = nullptr;
  const mr_message* message = nullptr; // null: a row
  RowsCall* rows = nullptr;
  Leg* leg = nullptr;
  std::uint32_t row = 0;
  std::uint32_t target = 0;
  std::uint32_t event_index = 0; // within the call of route()
  bool dead_letter = false;      // the message is the dead letter of its event
};

// A branch of a batch: everything of it that one sink is to make durable. May be empty for a sink that stores
// positions.
struct Leg {
  Batch* batch = nullptr;
  std::span<const Record> records;
  std::uint64_t bytes = 0;
  std::size_t sink = 0;
  std::size_t dead_stored = 0; // how many of batch->dead are durable (sinks that store positions)
  bool range_stored = false;   // the batch's range is durable there
  std::uint64_t sequence = 0;  // in which the sink accepted it
  std::int64_t accepted_ns = 0;
  std::uint64_t bound_epoch = 0; // the sink's, when all its targets were last seen bound
};

enum class ClaimState : std::uint8_t {
  kNone,     // not the source's, or not asked for yet
  kAsked,    // the source wants it; asked of the sink once nothing of it is in flight
  kAsking,   // the sink is being asked
  kHeld,     // handed out from `expected` on
  kMoving,   // void; moved() follows once nothing of it is in flight
  kReleasing // given back once nothing of it is in flight
};

// Never destroyed while the worker lives.
struct Partition {
  std::string stream;
  std::int32_t number = 0;
  std::size_t index = 0; // counts partitions, from 0

  // Claims write these.
  ClaimState state = ClaimState::kNone;
  std::uint64_t own = 0;
  std::uint64_t own_mark = 0;
  bool named = false; // first_own is known
  std::uint64_t first_own = 0;
  std::uint64_t first_own_mark = 0;
  bool asking = false;        // the sink is asked just now, or the claim is queued there
  bool newer_claim = false;   // one came meanwhile: that answer no longer counts
  bool claim_again = false;   // one came while it was being given back
  bool stored = false;        // the sink that stores positions holds the claim
  bool told = false;          // the call that ends kMoving or kReleasing is queued at the source
  bool pending = false;       // listed by the claims
  std::uint32_t failures = 0; // of asking, in a row
  std::int64_t not_before_ns = 0;
  std::int64_t release_deadline_ns = kNever;

  // The source driver writes these: what the next batch has to join, once it was told where to start.
  bool joined = false;
  std::uint64_t expected = 0;
  std::size_t lent = 0; // batches of it that the source was not told the verdicts of

  // The ledger writes it: in order of arrival.
  std::deque<Batch*> unsettled;
  // Legs for the sink that stores positions, in order, until the batch's other branches have ended.
  std::deque<Leg*> turn;
};

struct Batch {
  std::uint64_t id = 0; // the source's
  const mr_range* covers = nullptr;
  const mr_event* events = nullptr;
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t reserved = 0; // of the credit, for what it is routed to; 0 once it is
  std::int64_t polled_ns = 0;
  Partition* partition = nullptr; // null: no log behind it

  RouteGroup* group = nullptr; // null: not routed, or nothing to route
  Leg* positions = nullptr;    // its branch to the sink that stores positions, until that one ends
  std::vector<mr_dead> dead;   // for that sink: what was refused elsewhere, one per event
  bool abandoned = false;      // offered to nobody any more

  // The ledger's.
  std::uint32_t open = 0; // branches that have not ended
  std::vector<mr_verdict>
      verdicts; // outcome 0: nothing known yet; a reason: the event was refused, and gets no second dead letter
  Batch* older = nullptr;
  Batch* newer = nullptr;
};

} // namespace millrace::flow
