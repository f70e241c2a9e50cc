// The rules as written: one tree per file, a span on every node, nothing resolved. Expressions live in one arena per
// file and refer to each other by number. Names and texts are views into the SourceMap (or into `decoded`), which
// must outlive the tree. What a name means is decided in check/.
#pragma once

#include <cstdint>
#include <deque>
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

struct Exists {
  ExprId path; // always a Path
};

struct IsNull {
  ExprId value;
};

enum class CompareOp { equal, not_equal, less, less_equal, greater, greater_equal };

struct Compare {
  CompareOp op = CompareOp::equal;
  ExprId left;
  ExprId right;
  Span op_span;
};

/// `value [not] in (item, …)` or `value [not] in item`.
struct In {
  bool negated = false;
  bool listed = false; // the items stand in parentheses
  ExprId value;
  std::vector<ExprId> items;
  Span op_span;
};

enum class TextOp { starts_with, ends_with, contains };

struct TextTest {
  TextOp op = TextOp::contains;
  bool negated = false;
  ExprId value;
  ExprId pattern;
  Span op_span;
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

using ExprNode = std::variant<Literal, Path, List, Exists, IsNull, Compare, In, TextTest, Not, Logical, Coalesce>;

struct Expr {
  Span span; // with its parentheses
  ExprNode node;
  bool parenthesized = false;
};

// ---- items

struct Import {
  Text file;
};

struct Let {
  Name name;
  ExprId value; // Literal or List
};

struct Def {
  Name name;
  ExprId body;
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
};

struct Field {
  Name name;
  bool optional = false;
  std::optional<Type> type; // none: a nested object
  std::vector<Field> fields;
  std::optional<Wire> wire;
  Span wire_span;
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
  enum class Kind { key, header } kind = Kind::key;
  Text header; // the header's name
  ExprId value;
  ClauseElse otherwise;
  Span span;
};

struct To {
  Text topic;
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

enum class RuleKind { route, tap, drop, group };

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

// ---- tables

struct QualifiedName {
  std::optional<Name> schema;
  Name name;
  Span span;
};

struct SqlType {
  Name name; // `double precision` is one name
  std::vector<Integer> arguments;
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

using TablePart = std::variant<Column, PrimaryKey, OnConflict>;

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

using ItemNode = std::variant<Import, Let, Def, Event, Topic, Router, Table, Test>;

struct Item {
  Span span;
  ItemNode node;
};

/// An item or rule that did not parse. What speaks of its name is not wrong because of that.
struct Broken {
  std::string_view keyword; // "event", "route", …
  std::string_view name;    // may be empty
};

struct Comment {
  Span span; // from `#` to the end of its line
  bool own_line = false;
};

struct File {
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
