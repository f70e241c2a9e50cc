// Reading an event of one shape: one walk over its tokens checks the whole grammar, fills a slot for every field of the
// shape, and finds what breaks the declaration. Fields that the shape does not know are checked as JSON and passed by.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dsl/program.hpp"
#include "dsl/read/key_table.hpp"
#include "dsl/read/structure.hpp"
#include "dsl/reason.hpp"
#include "dsl/values/arena.hpp"

namespace millrace::dsl {

inline constexpr int kMaxDepth = 64;
inline constexpr std::size_t kMaxKeyLength = 1024; // bytes, as written

/// What a field is in the JSON of this event, whatever its type.
enum class JsonKind : std::uint8_t { missing = 0, null = 1, present = 2 };

/// The first field, in the order of declaration, that breaks the event's declaration.
struct Violation {
  Index field = kNone;
  Fault fault = Fault::none;
  std::string_view token; // the value as it was written; empty where nothing was
  Index item = kNone;     // Program::types: of the item of its list that is at fault; none: the field itself
};

class Reader {
 public:
  /// The program outlives the reader.
  Reader(const Program& program, const Shape& shape);

  /// Fills the slots. Their texts point into the event or the arena; a list and its items, which may take many times
  /// the room that their JSON does, live until the next event is read. What is not JSON leaves the slots undefined.
  Fault read(const Structure& structure, Arena& arena);

  /// Where the last event stopped being JSON: an offset in its bytes.
  std::size_t stopped_at() const { return stopped_at_; }
  const Violation& violation() const { return violation_; } // of the last event; none when `field` is kNone
  const Value& value(Index field) const {
    const Slot& slot = slots_[field];
    return slot.epoch == epoch_ ? slot.value : kAbsent;
  }
  JsonKind kind(Index field) const {
    const Slot& slot = slots_[field];
    return slot.epoch == epoch_ ? slot.kind : JsonKind::missing;
  }
  /// Whether a string of the event has an escaped NUL, or a number is beyond what jsonb holds: the exceptions worth a
  /// second look.
  bool has_nul() const { return has_nul_; }
  bool has_far_number() const { return has_far_number_; }

 private:
  struct Slot {
    Value value;
    std::uint32_t epoch = 0;
    JsonKind kind = JsonKind::missing;
  };
  /// What JSON a field takes, and in which of the ways it is turned into a value.
  enum class Takes : std::uint8_t { text, listed_text, form, boolean, integer, number, unix_time, object, any, list };

  /// What the walk asks of a field, or of an item of a list, close together.
  struct Plan {
    Takes takes = Takes::any;
    bool declared = true;
    bool required = true;
    std::uint32_t required_children = 0;
    KeyTable keys; // of children
    ValueType type;
    KeyTable names; // of `one of`
    std::vector<Index> children;
    Index items = kNone; // of a list: item_plans_
    Index item = kNone;  // of an item: Program::types
  };

  /// `required when`
  struct Condition {
    Index field = kNone;
    Index on = kNone;
    std::span<const Value> values;
  };

  using Cursor = const std::uint32_t*; // a token; null where the text is no JSON
  static Takes what_it_takes(const Program& program, const ValueType& type);
  Plan plan_of(const Program& program, const ValueType& type);
  void find_missing_by_condition();
  class Walk;
  static const Value kAbsent;

  std::vector<Plan> plans_;
  std::vector<Plan> item_plans_;
  std::vector<Condition> conditions_;
  std::vector<Slot> slots_;
  std::vector<Value> items_; // of the lists that are being read
  Arena lists_;
  Violation violation_;
  std::uint32_t epoch_ = 0;
  std::size_t stopped_at_ = 0;
  bool has_nul_ = false;
  bool has_far_number_ = false;
};

} // namespace millrace::dsl
