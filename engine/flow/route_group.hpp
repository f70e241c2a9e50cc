// Everything that one call of route() made, kept until the last of its batches is settled: memory, messages, rows,
// legs.
#pragma once

#include <millrace/plugin.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/flow/batch.hpp"
#include "engine/flow/inbox.hpp"

namespace millrace::flow {

struct RouterVersion;

// Memory that is given out in small pieces and taken back in one.
class Arena {
 public:
  // Aligned to 16.
  void* take(std::size_t bytes);
  // Everything handed out is void; the first chunk stays for the next use.
  void clear();
  // What it has of the heap, in bytes.
  std::size_t held() const { return held_; }

 private:
  // Small ones first: while a sink hangs, thousands of groups wait with one event each.
  static constexpr std::size_t kFirstChunk = 1 << 10;
  static constexpr std::size_t kLargestChunk = 64 << 10;
  static constexpr std::size_t kGrowth = 4;
  std::vector<std::unique_ptr<std::byte[]>> chunks_; // the first is of kFirstChunk bytes, the last is the one in use
  std::size_t chunk_ = 0;                            // the size of the last one, apart from what was too large for it
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t held_ = 0;
};

// An event that the router refused.
struct Rejection {
  const mr_event* event = nullptr;
  const mr_reason* reason = nullptr; // in the arena
  std::uint32_t event_index = 0;
  std::uint32_t dead_letter = 0; // target that the router wishes, 0: none
};

struct RouteGroup {
  RouterVersion* router = nullptr; // kept alive by this group
  std::size_t unsettled = 0;       // batches
  std::size_t slot = 0;            // where the router stage keeps it
  std::uint64_t bytes = 0;         // of alloc and rows, held of the credit
  Arena arena;
  std::deque<RowsCall> rows;
  std::vector<std::vector<Record>> records; // by sink; legs point into it once the call is over
  std::vector<Rejection> rejections;
  std::deque<Leg> legs;
  std::deque<Record> late_records; // dead letters made after the call
  std::deque<OwnedReason> late_texts;
  std::deque<mr_reason> late_reasons;

  ~RouteGroup() { clear(); }
  // Releases the rows and forgets the rest: when the call failed, or all is settled.
  void clear();
};

} // namespace millrace::flow
