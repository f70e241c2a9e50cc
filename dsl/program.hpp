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
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dsl/values/value.hpp"
#include "dsl/values/value_map.hpp"

namespace re2 {
class RE2;
}

namespace millrace::dsl {

class RuleIndex;

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
  duration = 10,
  ip = 11,
  version = 12,
  list = 13, // of `element`
};

/// How a value is written in JSON where that is not the type's own form.
enum class Wire : std::uint8_t { natural = 0, iso8601 = 1, unix_s = 2, unix_ms = 3, unix_us = 4, text = 5 };

struct ValueType {
  Kind kind = Kind::any;
  Wire wire = Wire::natural;
  std::uint8_t precision = 0; // of decimal: its digits, 0 for a quotient (up to 38 in all, the point anywhere); of an
                              // int that is computed: its digits, 0 for one of 64 bits
  std::uint8_t scale = 0;     // of decimal
  Index names = kNone;        // of text: an Enumeration
  Index element = kNone;      // of list: Program::types
};

/// `one of "a", "b" [or other]`.
struct Enumeration {
  std::vector<std::string> names;
  bool or_other = false;
};

// ---- events

/// `required when type in ("a", "b")`: a required text, enumeration or bool field, and the values of it.
struct RequiredWhen {
  Index field = kNone; // none: never
  Index set = kNone;
};

/// One node of the tree of paths of an event. Its index in Shape::fields is also its slot when an event is read.
struct Field {
  std::string name;     // unescaped; empty for the root
  Index parent = kNone; // an earlier field
  ValueType type;
  bool declared = true; // false: a rule names it below `object`, `any` or in an open event. It is `any`, and the last
                        // duplicate counts
  bool required = true; // declared without `?`
  RequiredWhen required_when; // of an optional one
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
  call = 17,       // a: first operand, b: count; detail: Function
  element = 18,    // the item that a quantifier is at; a: 0 for the outer one, 1 for the one inside it
  member = 19,     // a: node of an object or `any`, b: text, the key; the last of several counts
  item = 20,       // a: node of a list or `any`, b: which, from 0
  lookup = 21,     // a: node of the key, b: lookup; detail: which column of it
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
  in_list = 56,       // a: node, b: node of a list
  not_in_list = 57,   //
  in_lookup = 58,     // a: node, b: lookup; whether it is a key of it
  not_in_lookup = 59, //
  matches = 60,       // a: node, b: regex
  not_matches = 61,   //
  is_kind = 62,       // a: node; detail: JsonType
  is_not_kind = 63,   //
  some = 64,        // a: node of a list, b: condition on `element`; detail: 0 outer, 1 inner. False for an absent list
  every = 65,       // the same; true for an empty list
  sampled = 66,     // a: node, b: sample
  not_sampled = 67, //
};

/// The functions of the language, by name.
enum class Function : std::uint8_t {
  lower = 1,
  upper = 2,
  trim = 3,
  length = 4,
  substring = 5,
  split = 6,
  concat = 7,
  first = 8,
  last = 9,
  count = 10,
  hash = 11,
  host = 12,
  round = 13,
  abs = 14,
  min = 15,
  max = 16,
  date = 17,
  hour = 18,
  truncate = 19,
  parse_time = 20,
  json = 21,
};

/// What `is` asks for.
enum class JsonType : std::uint8_t { string = 1, number = 2, boolean = 3, list = 4, object = 5 };

struct Node {
  Op op = Op::never;
  ValueType type; // of a value; what `read_as` reads it as
  Index a = kNone;
  Index b = kNone;
  std::uint8_t detail = 0; // where the operation says so; of comparisons, in_set, in_list and text tests: kIgnoringCase
};
inline constexpr std::uint8_t kIgnoringCase = 1;

/// `low..high`, or `low..<high`.
struct ValueRange {
  Value low;
  Value high;
  bool open = false; // without `high`
};

/// The addresses that begin with the first `bits` of `address`; of version 4 these are 96 and more.
struct IpBlock {
  Ip address{};
  std::uint8_t bits = 128;
};

/// What stands behind `in`: `x in ("a", "b")`, `x in 1..10`, `x in ("10.0.0.0/8")`.
struct ValueSet {
  std::vector<Value> values; // sorted by seal(); folded where case is ignored
  std::vector<ValueRange> ranges;
  std::vector<IpBlock> blocks;
};

struct Regex {
  std::string pattern; // with its flags, as RE2 reads it
  std::shared_ptr<const re2::RE2> compiled;
};

/// `sampled(x, 1%)`
struct Sample {
  std::string salt;
  std::uint32_t below = 0; // of 10,000
};

/// A map that is part of the rules. Keys are of one type, and so are the values of a column.
struct Lookup {
  std::string name;
  ValueType key;
  bool is_record = false;           // from CSV: values are reached by the names of columns
  std::vector<std::string> columns; // one without a name, unless it is a record
  std::vector<ValueType> types;     // of the columns
  std::vector<Value> keys;          // in the order of the text
  std::vector<Value> values;        // row by row
  ValueMap rows;                    // from key to row
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
  std::vector<std::string> names; // all that an interpolated name can become; none where it is capped
  bool listed = false;            // `one of (…)`: a name outside `names` rejects the event, or skips the tap
  std::int32_t at_most = 0;       // `at most N topics`; 0: not capped
  Index overflow = kNone;         // the topic for names beyond the cap, and for what is no name of a topic
  Index key = kNone;              // none: without
  Otherwise key_otherwise = Otherwise::impossible;
  Index partition_by = kNone; // the value that chooses the partition; none: the key
  Index timestamp = kNone;    // none: the shape's default_time, else when the event was received
  Index omit = kNone;         // field set that the payload leaves out
  std::vector<HeaderClause> headers;
};

enum class RuleKind : std::uint8_t { drop = 1, tap = 2, route = 3, group = 4 };

/// As rules write it.
std::string_view word_of(RuleKind kind);

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

/// What is needed of a rule that was found, close together: rules are many, and few are found.
struct RuleBrief {
  Index same_targets = kNone; // the first rule of the router that delivers to the same, with the same clauses
  RuleKind kind = RuleKind::route;
  bool many_ways = false; // the index may find it more than once
};

struct Router {
  std::string name;
  Index shape = kNone;
  bool match_all = false;
  Index dead_letter = kNone; // topic
  std::vector<Rule> rules;
  std::vector<Target> otherwise; // empty: drop
  // Derived by index_rules().
  std::vector<RuleBrief> briefs;
  std::shared_ptr<const RuleIndex> index; // none: the rules are asked one after the other
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
  interval = 15,
  inet = 16,
};

struct SqlType {
  SqlKind kind = SqlKind::text;
  std::int32_t length = 0;    // characters of varchar and character; 0: no limit
  std::int32_t precision = 0; // of numeric; 0: no limit
  std::int32_t scale = 0;
  bool array = false; // of these
};

struct Column {
  std::string name;
  SqlType type;
  Index value = kNone;
  enum class Else : std::uint8_t { impossible = 0, null = 1, reject = 2, constant = 3 };
  Else otherwise = Else::impossible; // where a value that does not fit is not said to be anything, it rejects
  Index constant = kNone;            // node; its value fits
  bool nullable = false;
  std::string renamed_from; // empty: not renamed
};

enum class PartitionUnit : std::uint8_t { hour = 1, day = 2, week = 3, month = 4, year = 5 };

/// `partition by month of c keep 24 months`
struct PartitionBy {
  PartitionUnit unit = PartitionUnit::month;
  Index column = kNone;  // none: the table is not partitioned
  std::int32_t keep = 0; // 0: for ever
  PartitionUnit keep_unit = PartitionUnit::month;
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
  Index newest_by = kNone;                 // column
  std::vector<std::vector<Index>> indexes; // columns
  PartitionBy partition_by;
  bool frozen = false;                      // `evolve frozen`
  std::vector<std::string> dropped_columns; // `drop column`
  Index dead_letter = kNone;                // topic; none: only the table of dead letters
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
  std::vector<ValueType> types; // of the elements of lists
  std::vector<Regex> regexes;
  std::vector<Sample> samples;
  std::vector<Lookup> lookups;
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
  Index add_set(ValueSet set);
  Index add_type(ValueType type);
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
  const List& add_list(const List& list);

  std::unordered_map<std::string_view, Index> text_numbers_;
  std::deque<std::vector<Value>> list_items_; // of constants
  std::deque<List> lists_;
};

/// Whether `name` is the topic's name, `*` standing for one part: characters without a dot among them, at least one.
bool matches_topic(std::string_view pattern, std::string_view name);

} // namespace millrace::dsl
