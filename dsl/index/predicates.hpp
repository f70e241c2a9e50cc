// Conditions taken apart: the questions that rules ask of an event, each once, and the ways in which a rule can match,
// as sets of questions that must all be answered with yes.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "dsl/index/canonical.hpp"
#include "dsl/program.hpp"

namespace millrace::dsl {

/// The values from `low` to `high`; an absent one is no bound.
struct Interval {
  Value low;
  Value high;
  bool low_open = false; // without `low` itself
  bool high_open = false;
};

/// What is in both; nothing if no value is.
std::optional<Interval> meet(const Interval& a, const Interval& b);

/// One question: a condition that is neither `and` nor `or`, or an `or` of equalities of one value.
struct Predicate {
  enum class Kind : std::uint8_t {
    opaque = 0,   // only asked, nothing is known of it
    one_of = 1,   // the subject is one of `values`
    none_of = 2,  // it is present and none of them
    range = 3,    // it is in one of `intervals`
    block = 4,    // it is in one of `blocks`
    prefix = 5,   // it starts with `text`
    suffix = 6,   // it ends with it
    contains = 7, // it contains it
    matches = 8,  // `regex`
    present = 9,  // it is not absent
  };
  Kind kind = Kind::opaque;
  Index node = kNone;    // the condition
  Index subject = kNone; // the value that is asked about, canonical; none of an opaque one
  std::vector<Value> values;
  std::vector<Interval> intervals;
  std::vector<IpBlock> blocks;
  std::string_view text;
  Index regex = kNone;
  std::uint32_t uses = 0; // conjunctions that ask it
};

/// A way in which a rule matches. Predicates are sorted.
struct Conjunction {
  Index rule = kNone;
  std::vector<Index> predicates;
};

class Predicates {
 public:
  explicit Predicates(const Program& program) : program_(program), canonical_(program) {}

  /// All ways in which the rules of the router match, groups' conditions included, in the order of the rules. Only
  /// leaves: drops, taps and routes.
  std::vector<Conjunction> conjunctions(const Router& router);

  const Predicate& operator[](Index number) const { return all_[number]; }
  std::size_t size() const { return all_.size(); }
  Index canonical(Index node) { return canonical_.of(node); }
  /// Of a condition that one of the predicates asks.
  Index known_canonical(Index node) const { return canonical_.known(node); }

 private:
  using Ways = std::vector<std::vector<Index>>; // of predicates: any of these, all of each

  Ways ways(Index node);
  Ways all_of(const Node& node);
  Ways any_of(Index number);
  static Ways both(const Ways& left, const Ways& right);
  Index predicate(Index node);
  Predicate describe(Index node);
  bool describe_or(const Node& node, Predicate& out);
  void describe_comparison(const Node& node, Predicate& out);
  void describe_set(const Node& node, Predicate& out);
  void describe_text(const Node& node, Predicate& out);
  const Value* constant(Index node) const;

  const Program& program_;
  Canonical canonical_;
  std::vector<Predicate> all_;
  boost::unordered_flat_map<Index, Index> numbers_; // of canonical conditions
};

} // namespace millrace::dsl
