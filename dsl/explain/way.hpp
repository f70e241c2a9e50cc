// The whole way of one event: through the rules of a router to topics, and from there to rows, as a log in between
// would carry it. What `explain`, `diff` and `test` look at.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/evaluate.hpp"
#include "dsl/program.hpp"

namespace millrace::dsl {

/// Valid until the next event, what texts and cells point to until `reset`.
struct Way {
  struct Sent {
    const Message* message = nullptr;
    std::string_view topic; // the overflow topic for a name that is one too many
  };
  struct Stored {
    Index table = kNone;
    std::vector<Value> cells;
    std::vector<std::string> notes; // by cell, why it is not simply the value; only where they are wanted
  };
  /// An event that a topic's tables do not take. `table` is none where it is not the event that they read.
  struct Refused {
    Index table = kNone;
    std::string topic;
    std::string code;
    std::string path; // column or field
    std::string text;
  };

  const Router* router = nullptr; // none: it began at a topic
  Outcome outcome = Outcome::dropped;
  std::vector<Index> rules; // Router::rules that decided, taps included, in order
  bool by_otherwise = false;
  std::vector<Sent> sent;
  std::vector<Stored> rows;
  std::vector<Refused> refused;
  Reason reason;             // of invalid and rejected
  Index dead_letter = kNone; // Program::topics
};

/// Goes the ways of events one after the other. Capped topics start with no name granted.
class WayFinder {
 public:
  enum class Notes { none, wanted };
  /// Through a router; with kNone `find_from` alone can be asked.
  WayFinder(const Program& program, Index router, Notes notes = Notes::none);

  const Way& find(std::string_view event, const Meta& meta);
  /// As a message of this topic: through its tables alone. It lives as long as the topic's name in `meta`.
  const Way& find_from(std::string_view event, const Meta& meta);
  const Way& last() const { return way_; }
  /// Gives back what the ways so far have needed.
  void reset();

  /// Of the way found last: what can still be asked of its event. See Evaluator::scene.
  const Evaluator& routing() const { return *routing_; }

 private:
  std::string_view granted(const Message& message);
  void load(std::string_view event, const Meta& meta);
  std::vector<std::string> notes(const Row& row, const Meta& meta) const;
  Index table_of(std::string_view name) const;

  const Program& program_;
  Index router_;
  Notes notes_;
  std::optional<Evaluator> routing_;
  Evaluator loading_;
  std::map<Index, std::set<std::string, std::less<>>> families_; // names that were granted, by Program::topics
  Way way_;
};

} // namespace millrace::dsl
