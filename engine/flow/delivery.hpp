// One attempt to have one sink make records durable: what it holds of which batch, and the mr_delivery that the sink
// reads.
#pragma once

#include <millrace/plugin.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/flow/batch.hpp"
#include "engine/flow/caller.hpp"
#include "engine/flow/inbox.hpp"

namespace millrace::flow {

class Delivery {
 public:
  // The records of one leg that the delivery holds: all at first, later those that failed.
  struct Slice {
    Leg* leg = nullptr;
    std::span<const Record> records; // what is left of it: the leg's own, or `kept`
    std::vector<Record> kept;        // of a retry, if not all of them
    std::size_t dead_first = 0;      // of leg->batch->dead, for a sink that stores positions
    std::size_t dead_end = 0;
  };

  std::uint64_t id = 0;
  std::uint64_t first_id = 0;
  std::uint32_t attempt = 1;
  std::vector<Slice> slices; // in the order that the sink accepted the legs

  std::int64_t offered_ns = 0;
  std::int64_t due_ns = 0;            // of a retry
  bool returned = false;              // write() has returned
  std::optional<Completed> completed; // came while write() was running
  bool overdue = false;               // was blamed for not coming back

  // Fills the wire form. `stamp` is new for each call; `positions`: with ranges and dead letters.
  void build(std::uint64_t stamp, bool positions);
  const mr_delivery& wire() const { return wire_; }
  std::size_t record_count() const { return records_.size(); }
  bool has_ranges() const { return !ranges_.empty(); }

  // Where the outcome of a record stands that a sink names; none: there is no such record.
  std::optional<std::size_t> flat(std::uint32_t part, std::uint32_t record) const;
  // In the order of the slices, with the place in flat order at which the outcome of each stands.
  const std::vector<Record>& records() const { return records_; }
  std::size_t flat_of(std::size_t record) const { return flat_of_[record]; }
  std::size_t slice_begin(std::size_t slice) const {
    return slice_begin_[slice];
  } // into records(); one more than slices

 private:
  void lay_out_parts(std::uint64_t stamp);
  void add_ranges_and_dead();

  std::vector<Record> records_;
  std::vector<std::size_t> slice_begin_;
  std::vector<std::size_t> flat_of_;
  std::vector<std::size_t> part_begin_;
  std::vector<mr_part> parts_;
  std::vector<const mr_message*> messages_;
  std::vector<std::uint32_t> rows_;
  std::vector<const mr_event*> events_;
  std::vector<mr_range> ranges_;
  std::vector<mr_dead> dead_;
  mr_delivery wire_{};
};

} // namespace millrace::flow
