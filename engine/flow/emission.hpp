// The engine's side of mr_emit during one call of route(): checks what the router hands over and keeps it in the call's
// group. Touches nothing else, so that the call may run on a lane; who made the call takes the result or drops all of
// it.
#pragma once

#include <millrace/plugin.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/flow/batch.hpp"
#include "engine/flow/inbox.hpp"
#include "engine/flow/route_group.hpp"

namespace millrace::flow {

using SinkNames = std::map<std::string, std::size_t, std::less<>>;

// What a router was granted, by id; learns what its port heard since.
class KnownTargets {
 public:
  struct Entry {
    const mr_target* target = nullptr; // null: not granted to this router
    std::size_t sink = 0;
  };

  explicit KnownTargets(const SinkNames& sinks) : sinks_(&sinks) {}

  // Null if the router never asked for it or its sink is not in the pipeline.
  const Entry* find(const Port& port, std::uint32_t id);
  // The first target for dead letters, 0: there is none.
  std::uint32_t dead_letter(const Port& port);
  std::vector<std::uint32_t> ids(const Port& port);

 private:
  void learn(const Port& port);

  const SinkNames* sinks_;
  std::vector<Entry> by_id_;
  std::vector<std::uint32_t> ids_;
  std::size_t known_ = 0;
  std::uint32_t dead_letter_ = 0;
};

// What happened to an event in this call.
enum class Fate : std::uint8_t { kNothing = 0, kEmitted = 1, kRejected = 2 };

class Emission {
 public:
  // `group` takes what is emitted for `events`, which belong to `batches` in their order. `may_take`: bytes for alloc
  // and rows.
  void begin(RouteGroup& group, std::span<Batch* const> batches, KnownTargets& targets, const Port& port,
             std::uint64_t may_take);

  const mr_emit* calls() const { return &calls_; }

  // After the call. A call with a fatal mistake must not be taken; `blame` may also hold a lesser one.
  const std::string& blame() const { return blame_; }
  bool fatal() const { return fatal_; }
  bool starved() const { return starved_; } // alloc answered NULL
  std::span<const Fate> fates() const { return fates_; }
  std::uint64_t taken() const { return taken_; }

 private:
  struct Span {
    const mr_event* events = nullptr;
    std::size_t count = 0;
    std::uint32_t first_index = 0;
    std::size_t position = 0; // among the batches of the call
  };

  static void* alloc(void* context, std::size_t bytes);
  static mr_status messages(void* context, const mr_message* messages, std::size_t count);
  static mr_status rows(void* context, std::uint32_t target, ArrowArray* array, const mr_event* const* event_of_row,
                        std::size_t count, std::size_t bytes);
  static mr_status reject(void* context, const mr_event* event, std::uint32_t dead_letter, const mr_reason* reason);

  mr_status message(const mr_message& given);
  // kNone if it is not an event of this call.
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t index_of(const mr_event* event);
  const KnownTargets::Entry* target(std::uint32_t id, std::uint32_t form);
  mr_status mistake(std::string text, bool fatal);

  mr_emit calls_{};
  RouteGroup* group_ = nullptr;
  KnownTargets* targets_ = nullptr;
  const Port* port_ = nullptr;
  std::vector<Span> spans_;
  std::vector<Span> by_address_; // sorted, made when the router does not go in order
  std::size_t cursor_ = 0;
  std::vector<Fate> fates_;
  std::uint64_t may_take_ = 0;
  std::uint64_t taken_ = 0;
  std::string blame_;
  bool fatal_ = false;
  bool starved_ = false;
};

} // namespace millrace::flow
