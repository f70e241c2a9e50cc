// Running a ruleset: one event in, a decision out. Which rule matches is decided here and nowhere else.
//
//   Evaluator evaluator(program, {.router = 0, .load = false});     // one per worker; the program outlives it
//   for (each event of a batch) {
//     const Decision& decision = evaluator.evaluate(bytes, meta);   // use decision.messages, decision.rows
//   }
//   evaluator.reset();                                              // when nothing of the batch is read any more
//
// Lifetimes. The Decision and its spans are valid until the next `evaluate`. Every text and cell in them is valid until
// `reset`; it points into the event's bytes, the meta data, the program, or the evaluator's arena, so the first two
// must live as long. No padding is needed behind the bytes. In a steady state nothing is allocated. Not for two threads
// at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "dsl/program.hpp"
#include "dsl/reason.hpp"

namespace millrace::dsl {

class Expressions;
struct Scene;

struct Header {
  std::string_view name;
  std::string_view value;
};

/// What the source knows of an event.
struct Meta {
  std::string_view topic;       // of a log; empty elsewhere
  std::int64_t received_at = 0; // microseconds since 1970, UTC
  std::span<const Header> headers;
};

/// What is run. With a router alone events become messages. With `load` alone they become rows of the tables that read
/// `meta.topic`. With both they are routed, and then become rows of the tables that read the topics chosen: one
/// pipeline with no log in between.
struct Run {
  Index router = kNone;
  bool load = false;
  bool one_by_one = false; // asks the rules one after the other instead of the index; decides the same, for comparison
  bool any_age = false; // rows are made however old they are: in `test` blocks, where nothing says when events arrive
};

/// `tables`, or the name of a router. Absent when there is none of that name.
std::optional<Run> find_run(const Program& program, std::string_view name);

struct Message {
  std::string_view topic;
  Index declared = kNone; // Program::topics: the topic, or the pattern that the name belongs to
  Index rule = kNone;     // Router::rules; none: `otherwise`
  /// Of a name that may be one too many (`at most N topics`): N, and the topic that takes the message then. Whether it
  /// is one too many is known where messages are delivered.
  std::int32_t at_most = 0;
  Index overflow = kNone;
  bool overflowed = false; // the name was none of a topic: this is the overflow topic already
  bool has_key = false;
  std::string_view key;          // not empty when there is one
  std::string_view partition_by; // empty: the key chooses the partition
  std::span<const Header> headers;
  std::int64_t time = 0;          // microseconds since 1970, UTC
  const Target* target = nullptr; // that it was made for
  std::string_view payload;       // the event as it came; without what is omitted
};

/// Cells come in the order of the table's columns and fit their types:
///   boolean → boolean · smallint, integer, bigint → integer within range · numeric → decimal with the column's scale
///   (any scale when it has none) · real, double precision → floating within range · text, varchar, character → text
///   without NUL, within length · timestamptz → timestamp · date → integer, days since 1970 · uuid → uuid · jsonb →
///   json, text that is valid for it · interval → duration · inet → ip · an array → list of these, without JSON · NULL
///   → absent
struct Row {
  Index table = kNone;
  std::span<const Value> cells;
};

enum class Outcome : std::uint8_t {
  routed = 1,   // messages or rows
  dropped = 2,  // a rule, `otherwise drop` or the tables' `where` left nothing of it
  invalid = 3,  // no event of the declared shape
  rejected = 4, // an `else reject` or a value that no column can hold
};

struct Decision {
  Outcome outcome = Outcome::dropped;
  std::span<const Message> messages; // none unless routed
  std::span<const Row> rows;         // none unless routed
  std::span<const Index> rules;      // Router::rules that decided, taps included, in order
  bool by_otherwise = false;
  Reason reason;             // of invalid and rejected
  Index dead_letter = kNone; // Program::topics, of the table or router; none: the ruleset names none for it
};

class Evaluator {
 public:
  Evaluator(const Program& program, Run run);
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;
  ~Evaluator();

  const Decision& evaluate(std::string_view event, const Meta& meta);
  void reset();

  /// For explaining: the event evaluated last, as the shape has it, and what can be asked of it until `reset`. Nothing
  /// if it is none of that shape, or nobody read it.
  std::optional<Scene> scene(Index shape, const Meta& meta) const;
  const Expressions& expressions() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

} // namespace millrace::dsl
