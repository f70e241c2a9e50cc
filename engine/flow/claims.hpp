// Who holds which partition: claim, answer, revoke, and starting over after MR_MOVED. Re-claiming always goes through
// the source.
#pragma once

#include <millrace/ext/positions.h>
#include <millrace/plugin.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/flow/context.hpp"

namespace millrace::flow {

class RouterStage;
class SinkDriver;
class SourceDriver;

class Claims {
 public:
  using Sinks = std::vector<std::unique_ptr<SinkDriver>>;

  Claims(Context& context, SourceDriver& source, RouterStage& router, Sinks& sinks)
      : context_(context), source_(source), router_(router), sinks_(sinks) {}

  // Made on first sight. A source without claims/1 holds every partition that it hands in.
  Partition& of(std::string_view stream, std::int32_t number);

  // From the source.
  void claim(const Claimed& claimed);
  void release(const Released& released);
  // The source handed in what it must not: everything of the partition is void, and it has to claim again.
  void distrust(Partition& partition);

  // From the sink that stores positions.
  void answered(Partition& partition, const Answer& answer, mr_position position);
  void sink_released(Partition& partition);
  void moved(std::string_view why);
  void positions_stored() { moves_ = 0; }

  // Calls to the source that end a state, at the moment when they are made.
  void source_told(Partition& partition);

  // Nothing in flight is offered any more; what no sink has ends ABANDONED.
  void abandon_everything();

  bool advance();
  std::int64_t due_ns() const;

 private:
  void enter(Partition& partition, ClaimState state);
  void mark(Partition& partition);
  void drop_marked();
  bool advance(Partition& partition);
  bool ask(Partition& partition);
  bool give_back(Partition& partition);
  SinkDriver* positions() const;
  void count_held();
  void log(std::uint32_t level, const Partition& partition, std::string_view text);

  Context& context_;
  SourceDriver& source_;
  RouterStage& router_;
  Sinks& sinks_;
  std::deque<Partition> partitions_; // never moved
  std::map<std::pair<std::string, std::int32_t>, Partition*, std::less<>> by_name_;
  Partition* last_ = nullptr;       // looked up
  std::vector<Partition*> pending_; // in a state that has to be left
  std::vector<Batch*> marked_;
  std::uint32_t moves_ = 0; // in a row
};

} // namespace millrace::flow
