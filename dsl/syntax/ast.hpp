// The rules as written: one tree per file, a span on every node, nothing resolved. Expressions live in one arena per
// file and refer to each other by number. Names and texts are views into the SourceMap (or into `decoded`), which
// must outlive the tree. What a name means is decided in check/.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dsl/syntax/source.hpp"

namespace millrace::dsl::ast {

/// A name without its backticks.
struct Name {
  std::string_view text;
  Span span;
};

/// A text literal: `raw` is what stands between the quotes, `text` has the escapes resolved. Whether `{name}` in it
/// is a hole depends on where it stands, see syntax/text.hpp.
struct Text {
  std::string_view raw;
  std::string_view text;
  Span span; // with the quotes
};

/// A whole number as written, `1_000`; too large for 64 bits is found by the check.
struct Integer {
  std::string_view token;
  Span span;
};

// ---- expressions

struct ExprId {
  std::uint32_t index = 0;
  bool operator==(const ExprId&) const = default;
};

enum class LiteralKind { text, number, duration, percent, boolean, null };

struct Literal {
  LiteralKind kind = LiteralKind::null;
  std::string_view token; // as written, a number with its sign; text: `text.raw`
  Text text;              // of a text literal
};

/// `.name`, `[3]` or `["odd key"]`; the first step of a path is a name.
struct Step {
  enum class Kind { name, index, key } kind = Kind::name;
  std::string_view text; // name or decoded key; an index as written
  Span span;
};

/// A field, a def or a let: which one, the check knows.
struct Path {
  std::vector<Step> steps;
};

struct List {
  std::vector<ExprId> items;
};

struct Type;

struct Exists {
  ExprId path; // a Path, or what is reached by calls and subscripts, or anything in parentheses
};

struct IsNull {
  ExprId value;
};

/// `value is string`
struct IsKind {
  ExprId value;
  Name kind;
};

enum class CompareOp { equal, not_equal, less, less_equal, greater, greater_equal };

struct Compare {
  CompareOp op = CompareOp::equal;
  ExprId left;
  ExprId right;
  Span op_span;
  bool ignoring_case = false;
};

/// `value [not] in (item, …)` or `value [not] in item`.
struct In {
  bool negated = false;
  bool listed = false; // the items stand in parentheses
  ExprId value;
  std::vector<ExprId> items;
  Span op_span;
  bool ignoring_case = false;
};

/// `low..high` and `low..<high`, among the items of `in` and nowhere else.
struct Range {
  ExprId low;
  ExprId high;
  bool open = false; // without `high`
};

enum class TextOp { starts_with, ends_with, contains };

struct TextTest {
  TextOp op = TextOp::contains;
  bool negated = false;
  ExprId value;
  ExprId pattern;
  Span op_span;
  bool ignoring_case = false;
};

/// `value [not] matches /pattern/i`
struct Matches {
  bool negated = false;
  ExprId value;
  std::string_view regex; // as written, with its slashes and flag
  Span regex_span;
};

/// `some x in items satisfies (…)`, `every …`.
struct Quantifier {
  bool every = false;
  Name variable;
  ExprId list; // as of Exists
  ExprId body;
};

struct Not {
  ExprId operand;
};

/// `a and b and c` is one node; `and` directly inside `or` without parentheses is E0112.
struct Logical {
  bool is_and = true;
  std::vector<ExprId> operands;
};

/// `a ?? b ?? c` is `(a ?? b) ?? c`; `depth` counts the operators in such a row.
struct Coalesce {
  ExprId left;
  ExprId right;
  std::uint32_t depth = 1;
};

enum class ArithmeticOp { add, subtract, multiply, divide };

/// `depth` counts the operators in a row, as of Coalesce.
struct Arithmetic {
  ArithmeticOp op = ArithmeticOp::add;
  ExprId left;
  ExprId right;
  Span op_span;
  std::uint32_t depth = 1;
};

/// `-x` of what is no number literal.
struct Negate {
  ExprId operand;
};

struct Call {
  Name function; // or a def with parameters
  std::vector<ExprId> arguments;
};

/// `.name`, `["key"]` or `[3]` behind what is no path: `region_of[country].tier`, `first(items).price`.
struct Member {
  ExprId base;
  Step step;
};

/// `base[index]` where the index is no literal: `region_of[country]`.
struct Subscript {
  ExprId base;
  ExprId index;
};

/// `value as T`
struct As {
  ExprId value;
  std::shared_ptr<const Type> type;
};

using ExprNode = std::variant<Literal, Path, List, Exists, IsNull, IsKind, Compare, In, Range, TextTest, Matches,
                              Quantifier, Not, Logical, Coalesce, Arithmetic, Negate, Call, Member, Subscript, As>;

struct Expr {
  Span span; // with its parentheses
  ExprNode node;
  bool parenthesized = false;
  std::uint32_t depth = 1; // levels of the tree, this one included
};

// ---- items

struct Import {
  Text file;
};

struct Let {
  Name name;
  ExprId value; // Literal or List
};

struct Parameter {
  Name name;
  std::shared_ptr<const Type> type;
};

struct Def {
  Name name;
  std::vector<Parameter> parameters;
  ExprId body;
};

struct LookupEntry {
  ExprId key;
  ExprId value;
};

struct LookupColumn {
  Name name;
  std::shared_ptr<const Type> type;
};

/// `lookup x = { "a": 1 }`, or `lookup x from csv "file" key k: string { column: type }`.
struct Lookup {
  Name name;
  std::vector<LookupEntry> entries;
  std::optional<Text> csv; // or
  LookupColumn key;
  std::vector<LookupColumn> columns;
};

enum class TypeName {
  boolean,
  integer,
  floating,
  decimal,
  string,
  timestamp,
  duration,
  ip,
  version,
  uuid,
  list,
  object,
  any,
  one_of,
};

enum class Wire { iso8601, unix_s, unix_ms, unix_us, text };

struct Type {
  TypeName name = TypeName::any;
  Span span;
  Integer precision, scale; // of decimal
  std::vector<Text> values; // of one_of
  bool or_other = false;
  std::shared_ptr<const Type> element; // of list
};

struct Field {
  Name name;
  bool optional = false;
  std::optional<Type> type; // none: a nested object
  std::vector<Field> fields;
  std::optional<Wire> wire;
  Span wire_span;
  std::optional<ExprId> required_when;
  Span span;
};

struct Event {
  Name name;
  bool open = false;
  std::vector<Field> fields;
};

struct Duration {
  std::string_view token;
  Span span;
};

/// One line of a topic's braces. Twice the same is found by the check.
struct TopicClause {
  enum class Kind { event, partitions, replicas, retention, partitioner, compact } kind = Kind::event;
  Name name;         // event, partitioner
  Integer number;    // partitions, replicas
  Duration duration; // retention
  Span span;
};

struct Topic {
  Text name;
  std::vector<TopicClause> clauses;
};

// ---- routers

enum class Otherwise { none, reject, keep_none, skip }; // what follows `else` in a clause

struct ClauseElse {
  Otherwise what = Otherwise::none;
  Span span;
};

struct Clause {
  enum class Kind { key, header, partition_by, timestamp, omit } kind = Kind::key;
  Text header;               // the header's name
  ExprId value;              // not of omit
  std::vector<ExprId> paths; // of omit
  ClauseElse otherwise;
  Span span;
};

struct To {
  Text topic;
  std::vector<Text> one_of;       // `one of (…)`
  std::optional<Integer> at_most; // `at most N topics else overflow`
  std::optional<Text> overflow;
  std::vector<Clause> clauses;
  bool braces = false;
  Span span;
};

/// What a route does with an event: one `to` alone, or braces with several and clauses for all of them.
struct Body {
  bool braces = false;
  std::vector<std::variant<To, Clause>> parts;
  Span span;
};

enum class RuleKind { route, tap, drop, group, include }; // include: `include rules NAME`, in a router

struct Rule {
  RuleKind kind = RuleKind::route;
  Name name;
  ExprId when;
  Body body;               // route, tap
  std::vector<Rule> rules; // group
  Span keyword;
  Span span;
};

struct RouterOtherwise {
  bool drop = false;
  Body body;
  Span span;
};

struct Router {
  Name name;
  Name event;
  bool match_all = false;
  std::optional<Text> dead_letter;
  std::vector<Rule> rules;
  std::optional<RouterOtherwise> otherwise;
};

/// `rules NAME for EVENT { … }`: what a router includes.
struct Fragment {
  Name name;
  Name event;
  std::vector<Rule> rules;
};

// ---- tables

struct QualifiedName {
  std::optional<Name> schema;
  Name name;
  Span span;
};

struct SqlType {
  Name name; // `double precision` is one name
  std::vector<Integer> arguments;
  bool array = false;
  Span span;
};

struct ColumnElse {
  bool reject = false;
  ExprId value; // a constant, unless reject
  Span span;
};

struct Column {
  Name name;
  SqlType type;
  ExprId value;
  std::optional<ColumnElse> otherwise;
  std::optional<Name> renamed_from;
  Span span;
};

struct PrimaryKey {
  std::vector<Name> columns;
  Span span;
};

struct OnConflict {
  enum class Policy { keep_first, keep_last, keep_newest, reject } policy = Policy::keep_first;
  Name newest_by; // of keep_newest
  Span span;
};

struct TableIndex {
  std::vector<Name> columns;
  Span span;
};

struct Partition {
  Name unit;
  Name column;
  std::optional<Integer> keep;
  Name keep_unit;
  Span span;
};

struct Evolve {
  bool frozen = false;
  Span span;
};

struct DropColumn {
  Name column;
  Span span;
};

struct TableDeadLetter {
  Text topic;
  Span span;
};

using TablePart =
    std::variant<Column, PrimaryKey, OnConflict, TableIndex, Partition, Evolve, DropColumn, TableDeadLetter>;

struct Table {
  QualifiedName name;
  Text topic;
  std::optional<ExprId> where;
  std::vector<TablePart> parts; // in the order of the text
};

// ---- tests

/// A JSON text as it stands in the file.
struct Json {
  std::string_view text;
  Span span;
};

struct HeaderExpectation {
  Text name;
  ExprId value;
};

struct Expectation {
  enum class Kind { topic, rule, otherwise, invalid, row, reject } kind = Kind::topic;
  bool negated = false;
  Text topic;
  std::optional<ExprId> key;
  std::vector<HeaderExpectation> headers;
  RuleKind rule_kind = RuleKind::route;
  Name rule;
  std::vector<Step> path; // of `invalid at`
  QualifiedName table;    // of row, reject
  std::optional<Json> row;
  std::optional<Name> column; // of `reject … at`
  Span span;
};

struct Given {
  std::optional<Text> file; // or
  Json event;
  std::optional<Text> topic;
  std::vector<Expectation> expectations;
  Span span;
};

struct Test {
  Text name;
  std::optional<Name> router;
  std::vector<Given> givens;
};

using ItemNode = std::variant<Import, Let, Def, Lookup, Event, Topic, Fragment, Router, Table, Test>;

struct Item {
  Span span;
  ItemNode node;
};

/// The name of something broken that may have any.
inline constexpr std::string_view kAnyName = "*";

/// An item or rule that did not parse. What speaks of its name is not wrong because of that.
struct Broken {
  std::string_view keyword; // "event", "route", …; `kAnyName`: it may be of any kind
  std::string_view name;    // may be empty
};

struct Comment {
  Span span; // from `#` to the end of its line
  bool own_line = false;
};

/// Moved, never copied: its texts are views into `decoded`, whose elements stay where they are.
struct File {
  File() = default;
  File(File&&) = default;
  File& operator=(File&&) = default;

  FileId id = 0;
  std::optional<Integer> edition;
  std::vector<Item> items; // in the order of the text; items that did not parse are missing and have been reported
  std::vector<Expr> exprs;
  std::deque<std::string> decoded; // texts whose escapes were resolved
  std::vector<Comment> comments;
  std::vector<Broken> broken;
  bool readable = true; // false: nothing of the file could be parsed

  const Expr& operator[](ExprId id) const { return exprs[id.index]; }
};

} // namespace millrace::dsl::ast
