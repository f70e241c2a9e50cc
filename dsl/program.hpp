// What the compiler's front half lowers into and the evaluator runs: one ruleset as flat tables that refer to each
// other by index. No syntax, no source text. Everything is checked by the front half before it comes here; nothing here
// can fail at run time.
//
// How it is built: fill a Program top down with the `add_*` functions, then call `seal()` once. From then on it is
// immutable and may be shared by any number of evaluators on any threads. Where the next form of the language goes: an
// `Op` for an expression, a `Kind` for a type, a member of `Target` or `Table` for a clause.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dsl/values/value.hpp"

namespace millrace::dsl {

using Index = std::uint32_t;
inline constexpr Index kNone = 0xffff'ffffU;

// ---- types of fields and expressions

enum class Kind : std::uint8_t {
  boolean = 1,
  integer = 2,
  floating = 3,
  decimal = 4,
  text = 5, // `string`, and `one of` when `names` is set
  timestamp = 6,
  uuid = 7,
  object = 8, // `object`, and the nested `{ }` of an event
  any = 9,
};

/// How a value is written in JSON where that is not the type's own form.
enum class Wire : std::uint8_t { natural = 0, iso8601 = 1, unix_s = 2, unix_ms = 3, unix_us = 4, text = 5 };

struct ValueType {
  Kind kind = Kind::any;
  Wire wire = Wire::natural;
  std::uint8_t precision = 0; // of decimal
  std::uint8_t scale = 0;     // of decimal
  Index names = kNone;        // of text: an Enumeration
};

/// `one of "a", "b" [or other]`.
struct Enumeration {
  std::vector<std::string> names;
  bool or_other = false;
};

// ---- events

/// One node of the tree of paths of an event. Its index in Shape::fields is also its slot when an event is read.
struct Field {
  std::string name;     // unescaped; empty for the root
  Index parent = kNone; // an earlier field
  ValueType type;
  bool declared = true; // false: a rule names it below `object`, `any` or in an open event. It is `any`, and the last
                        // duplicate counts
  bool required = true; // declared without `?`
  // Derived by seal().
  std::vector<Index> children;
  std::string path; // as it is written in rules, for reasons
};

/// The paths of one event. fields[0] is the root, an object; declared fields come in the order of declaration, parents
/// before children.
struct Shape {
  std::string name;
  bool open = false;
  std::vector<Field> fields;
  // Derived by seal().
  Index default_time = kNone; // the first timestamp that is required with all its parents
};

// ---- expressions

/// Conditions come with `not` already pushed down to the tests: a test on an absent value is false, negative ones too.
/// (They stand only where the compiler has proven presence.)
enum class Op : std::uint8_t {
  // Values.
  constant = 1,    // a: constant
  field = 2,       // a: field of the shape
  meta_topic = 3,  //
  received_at = 4, //
  meta_header = 5, // a: text, the header's name
  payload = 6,     // the whole event as it came
  unmapped = 7,    // a: field set, the fields that are left out
  coalesce = 8,    // a, b: nodes
  add = 9,         // a, b
  subtract = 10,   // a, b
  multiply = 11,   // a, b
  divide = 12,     // a, b
  negate = 13,     // a
  read_as = 14,    // a; type: the type to read it as, from its JSON value or its text form; absent if it cannot be
  concat = 15,     // a: first operand, b: count; text forms joined; absent if one is
  as_boolean = 16, // a: a condition, taken as a value; never absent
  // Conditions.
  always = 32,        //
  never = 33,         //
  all_of = 34,        // a: first operand, b: count
  any_of = 35,        // a: first operand, b: count
  exists = 36,        // a
  not_exists = 37,    // a
  is_null = 38,       // a: a field; present in the JSON as null
  is_not_null = 39,   // a: a field; anything else, missing included
  is_true = 40,       // a
  is_false = 41,      // a
  equal = 42,         // a, b; of unequal JSON kinds: false
  unequal = 43,       // a, b; of unequal JSON kinds: true
  less = 44,          // a, b
  less_equal = 45,    // a, b
  greater = 46,       // a, b
  greater_equal = 47, // a, b
  in_set = 48,        // a: node, b: set
  not_in_set = 49,    // a: node, b: set
  starts_with = 50,   // a, b
  not_starts_with = 51,
  ends_with = 52,
  not_ends_with = 53,
  contains = 54,
  not_contains = 55,
};

struct Node {
  Op op = Op::never;
  ValueType type; // of a value; what `read_as` reads it as
  Index a = kNone;
  Index b = kNone;
};

/// The values of `x in ("a", "b")`.
struct ValueSet {
  std::vector<Value> values; // sorted by seal()
};

// ---- topics and routers

struct Topic {
  std::string name;              // `*` stands for one interpolated part
  Index shape = kNone;           // of its `event`; none: a dead letter topic
  std::int32_t partitions = 0;   // 0: not said
  std::int32_t replicas = 0;     // 0: not said
  std::int64_t retention_ms = 0; // 0: not said
  std::string partitioner;
  bool compact = false;
};

/// What happens when the value of a clause is absent.
enum class Otherwise : std::uint8_t {
  impossible = 0, // it is known present
  none = 1,       // `else none`: without a key
  reject = 2,     // the whole event
  skip = 3,       // a header: without it; in a tap: without the whole tap
};

struct HeaderClause {
  Index name = kNone; // text
  Index value = kNone;
  Otherwise otherwise = Otherwise::impossible;
};

struct Target {
  Index topic = kNone;            // the declared topic or pattern
  Index name = kNone;             // the node that gives an interpolated name; none: the topic's own
  std::vector<std::string> names; // all that an interpolated name can become
  Index key = kNone;              // none: without
  Otherwise key_otherwise = Otherwise::impossible;
  Index timestamp = kNone; // none: the shape's default_time, else when the event was received
  std::vector<HeaderClause> headers;
};

enum class RuleKind : std::uint8_t { drop = 1, tap = 2, route = 3, group = 4 };

/// Rules lie flat in the order in which they are read; a group is followed by its rules up to `end`.
struct Rule {
  RuleKind kind = RuleKind::route;
  std::string name;
  std::string place; // file:line, for `explain`
  Index condition = kNone;
  Index end = kNone;   // of a group: the rule after its last one
  Index group = kNone; // the innermost group around it
  std::vector<Target> targets;
};

struct Router {
  std::string name;
  Index shape = kNone;
  bool match_all = false;
  Index dead_letter = kNone; // topic
  std::vector<Rule> rules;
  std::vector<Target> otherwise; // empty: drop
};

// ---- tables

enum class SqlKind : std::uint8_t {
  boolean = 1,
  smallint = 2,
  integer = 3,
  bigint = 4,
  numeric = 5,
  real = 6,
  double_precision = 7,
  text = 8,
  varchar = 9,
  character = 10,
  timestamptz = 11,
  date = 12,
  uuid = 13,
  jsonb = 14,
};

struct SqlType {
  SqlKind kind = SqlKind::text;
  std::int32_t length = 0;    // characters of varchar and character; 0: no limit
  std::int32_t precision = 0; // of numeric; 0: no limit
  std::int32_t scale = 0;
};

struct Column {
  std::string name;
  SqlType type;
  Index value = kNone;
  enum class Else : std::uint8_t { impossible = 0, null = 1, reject = 2, constant = 3 };
  Else otherwise = Else::impossible; // where a value that does not fit is not said to be anything, it rejects
  Index constant = kNone;            // node; its value fits
  bool nullable = false;
};

enum class OnConflict : std::uint8_t { nothing = 0, keep_first = 1, keep_last = 2, keep_newest = 3, reject = 4 };

struct Table {
  std::string schema; // may be empty
  std::string name;
  Index topic = kNone; // the declared topic or pattern that feeds it
  Index shape = kNone;
  Index where = kNone; // none: every event
  std::vector<Column> columns;
  std::vector<Index> primary_key; // columns
  OnConflict on_conflict = OnConflict::nothing;
  Index newest_by = kNone; // column
};

// ---- the whole

/// Move-only: views into its texts stay valid when it is moved.
struct Program {
  Program() = default;
  Program(Program&&) = default;
  Program& operator=(Program&&) = default;

  std::vector<Shape> shapes;
  std::vector<Enumeration> enumerations;
  std::vector<Value> constants;
  std::vector<Node> nodes;
  std::vector<Index> operands; // node numbers of all_of, any_of, concat, each list in one piece
  std::vector<ValueSet> sets;
  std::vector<std::vector<Index>> field_sets;
  std::vector<Topic> topics;
  std::vector<Router> routers;
  std::vector<Table> tables;
  std::deque<std::string> texts;

  /// Keeps the text for as long as the program lives; the same text gives the same number.
  Index add_text(std::string_view text);
  std::string_view text(Index number) const { return texts[number]; }

  /// A text value is copied into the program first.
  Index add_constant(Value value);
  Index add_set(std::vector<Value> values);
  Index add_node(Node node);
  Index add_constant_node(Value value, ValueType type) {
    return add_node({Op::constant, type, add_constant(value), kNone});
  }
  /// all_of, any_of, concat.
  Index add_list_node(Op op, std::span<const Index> children, ValueType type = {});

  /// The field `name` below `parent`, added as an undeclared `any` if it is not there: a path in an open event,
  /// `object` or `any`.
  Index undeclared_field(Index shape, Index parent, std::string_view name);

  /// Completes what is derived. Call it once, when everything is in.
  void seal();

  const Router* find_router(std::string_view name) const;

 private:
  std::unordered_map<std::string_view, Index> text_numbers_;
};

/// Whether `name` is the topic's name, `*` standing for one non-empty part without a further limit.
bool matches_topic(std::string_view pattern, std::string_view name);

} // namespace millrace::dsl
