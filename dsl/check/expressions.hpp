// Checks expressions and lowers them in one walk: names, types, and which values may be absent (the language's section
// 4). A `def` is checked where it is used, with what is known there, and stands in the program once per use.
//
// Where the next form goes: a test in conditions.cpp, a value in values.cpp, a name in paths.cpp.
#pragma once

#include <string>
#include <vector>

#include "dsl/check/context.hpp"
#include "dsl/check/facts.hpp"
#include "dsl/check/literals.hpp"

namespace millrace::dsl::check {

struct TypedValue {
  Index node = kNone;
  ValueType type;
  Span span;
  bool bad = false;     // reported; whoever uses it says nothing more
  Index absent = kNone; // a slot because of which the value may be absent; none: it is there
  Facts reads;          // what is proven present by a positive test on the value
  bool may_be_absent() const { return absent != kNone; }
};

struct Condition {
  Index node = kNone;
  bool bad = false;
  Facts when_true;  // what is known to be present if it holds,
  Facts when_false; // and if it does not
};

/// What happens to an event for which the condition holds: the question that E0301 asks.
struct Question {
  std::string fate = "count here"; // "should an event without a country …?"
  std::string no = "no";
  std::string yes = "yes";
};

class Expressions {
 public:
  Expressions(Context& context, EventInfo& event) : context_(context), event_(event) {}

  Condition condition(const ast::File& tree, ast::ExprId expr, const Facts& known, const Question& question);
  /// A condition is refused, as absence would leak through it.
  TypedValue value(const ast::File& tree, ast::ExprId expr, const Facts& known);
  /// Where a condition may stand as a whole: keys, headers, columns. Holes of a text literal are filled if
  /// `with_holes`.
  TypedValue whole(const ast::File& tree, ast::ExprId expr, const Facts& known, bool with_holes);
  /// `{a.b}`
  TypedValue path(const ast::File& tree, const std::vector<ast::Step>& steps, Span span, const Facts& known);

  bool is_condition(const ast::File& tree, ast::ExprId expr) const;

  /// A literal, or a `let` that stands for one.
  const ast::Literal* literal_of(const ast::File& tree, ast::ExprId expr) const;
  TypedValue literal_as(const ast::Literal& literal, Span span, const ValueType& type, bool listed_only);

  bool is_present(Index slot, const Facts& known) const;
  /// "`purchase` is optional at main.rules:17:3"
  std::string why_absent(Index slot, const Facts& known) const;
  /// Where the outermost optional thing above the slot is declared, if it is declared.
  std::optional<Span> optional_at(Index slot, const Facts& known) const;
  std::string slot_name(Index slot) const;
  void add_present(Facts& facts, Index slot) const;

  /// Where what is present cannot be known, because of an error or because nothing uses a definition: no more errors
  /// about it.
  void assume_presence(bool on) { assume_presence_ = on; }
  /// Fields that columns read from now on are put down here.
  void log_reads(std::vector<Index>* log) { reads_log_ = log; }
  /// Makes `unmapped` a name; the set is filled by the caller afterwards.
  void allow_unmapped(Index field_set) { unmapped_set_ = field_set; }

 private:
  enum class Parent { none, conjunction, disjunction };
  /// What a fix of E0301 has to wrap: the test, or the `not` around it.
  struct Site {
    ast::ExprId whole;
    Parent parent = Parent::none;
  };
  struct Resolved {
    enum class Kind { bad, field, def, let, meta_topic, received_at, meta_header, payload, unmapped } kind = Kind::bad;
    Index slot = kNone; // field, meta_topic, meta_header
    Index text = kNone; // meta_header
    DefInfo* def = nullptr;
    const LetInfo* let = nullptr;
  };

  // paths.cpp
  Resolved resolve(const std::vector<ast::Step>& steps, Span span);
  Resolved resolve_meta(const std::vector<ast::Step>& steps, Span span);
  Resolved resolve_field(const std::vector<ast::Step>& steps, Span span);
  Index find_field(Index parent, std::string_view name) const;
  void report_unknown(const std::vector<ast::Step>& steps, std::size_t step, Index parent);
  void warn_similar(const ast::Step& step, Index parent);
  std::string written(const std::vector<ast::Step>& steps, std::size_t count) const;
  TypedValue resolved_value(const Resolved& resolved, Span span, const Facts& known);

  // values.cpp
  TypedValue value_at(ast::ExprId expr, const Facts& known);
  TypedValue natural(const ast::Literal& literal, Span span);
  TypedValue coalesce(const ast::Coalesce& form, Span span, const Facts& known);
  TypedValue text_with_holes(const ast::Literal& literal, Span span, const Facts& known);
  TypedValue of_def(DefInfo& def, Span span, const Facts& known, bool as_whole);
  ValueType joined_type(const TypedValue& left, const TypedValue& right, const ast::Literal* right_literal);
  bool check_listed(const ast::Literal& literal, Span span, const ValueType& type);
  void warn_hole(const ast::Literal& literal, Span span);
  TypedValue poisoned(Span span) const;
  Index constant(Value value, ValueType type) { return context_.program.add_constant_node(value, type); }

  /// Uses of a definition: it stands once per use, so a few lines can stand for very much.
  bool enter(DefInfo& def, Span use);
  void leave(DefInfo& def, bool bad);

  // conditions.cpp
  Condition check(ast::ExprId expr, bool positive, const Facts& known, Site site);
  Condition logical(const ast::Logical& form, ast::ExprId expr, bool positive, const Facts& known, Site site);
  Condition compare(const ast::Compare& form, Span span, bool positive, const Facts& known, Site site);
  Condition membership(const ast::In& form, Span span, bool positive, const Facts& known, Site site);
  Condition text_test(const ast::TextTest& form, Span span, bool positive, const Facts& known, Site site);
  Condition exists(const ast::Exists& form, bool positive, const Facts& known);
  Condition is_null(const ast::IsNull& form, Span span, bool positive);
  Condition truth(ast::ExprId expr, bool positive, const Facts& known, Site site);
  Condition truth_of(const TypedValue& value, bool positive, const Facts& known, Site site);
  Condition test(Op op, const TypedValue& left, Index right, const std::vector<const TypedValue*>& read, bool negative);
  struct SetItems {
    std::vector<Value> constants;
    std::vector<TypedValue> others;
    bool bad = false;
  };
  SetItems set_items(const ast::In& form, const TypedValue& value, const Facts& known);
  void add_constant_item(SetItems& items, const ast::Literal& literal, Span span, const ValueType& type);
  std::vector<std::pair<const ast::Literal*, Span>> let_list(const ast::Path& path) const;
  bool comparable(const TypedValue& left, const TypedValue& right, Span op, bool ordered);
  bool refuse_null(const ast::Literal* literal, const ast::Expr& other);
  bool require_present(const TypedValue& value, Span test, const Facts& known, Site site);
  bool require_kind(const TypedValue& value, Span test);

  const ast::Expr& at(ast::ExprId expr) const { return (*tree_)[expr]; }
  Shape& shape() { return context_.program.shapes[event_.shape]; }
  const Shape& shape() const { return context_.program.shapes[event_.shape]; }
  Diagnostics& diagnostics() { return context_.diagnostics; }
  void note_use(Diagnostic& diagnostic) const;

  Context& context_;
  EventInfo& event_;
  const ast::File* tree_ = nullptr;
  Question question_;
  std::vector<Span> used_at_;          // where the definitions around the current expression are used
  std::set<const ast::Def*> bad_defs_; // reported for this event; used again they are bad at once
  std::vector<Index>* reads_log_ = nullptr;
  Index unmapped_set_ = kNone;
  std::size_t first_node_ = 0; // of the expression that is being lowered
  bool too_large_ = false;     // and it was reported; nothing more of it is lowered
  bool assume_presence_ = false;
};

/// "int", "text" with the spelling of the language: `int`, `string`, …
std::string type_word(const Program& program, const ValueType& type);

} // namespace millrace::dsl::check
