// Checks expressions and lowers them in one walk: names, types, and which values may be absent (the language's section
// 4). A `def` is checked where it is used, with what is known there, and stands in the program once per use; so does
// the argument that is given to one, once per use of its parameter.
//
// Where the next form goes: a test in conditions.cpp or tests.cpp, a value in values.cpp, a name in paths.cpp, a
// function in functions.cpp and calls.cpp.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "dsl/check/context.hpp"
#include "dsl/check/facts.hpp"
#include "dsl/check/functions.hpp"
#include "dsl/check/literals.hpp"
#include "dsl/check/types.hpp"
#include "dsl/values/decimal.hpp"

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

struct FieldRead {
  Index slot = kNone;
  Span span;
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
  std::string whose = "an event";
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
  /// The body of a definition that nothing uses, tried on this event; its parameters are of their types.
  void trial(const DefInfo& def);

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
  void log_reads(std::vector<FieldRead>* log) { reads_log_ = log; }
  /// Makes `unmapped` a name; the set is filled by the caller afterwards.
  void allow_unmapped(Index field_set) { unmapped_set_ = field_set; }
  /// What `sampled` mixes in from now on: `router.rule`, or the name of a table.
  void set_salt(std::string salt) { salt_ = std::move(salt); }

 private:
  enum class Parent { none, conjunction, disjunction, body }; // body: of a quantifier, with its parentheses
  /// What a fix of E0301 has to wrap: the test, or the `not` around it.
  struct Site {
    ast::ExprId whole;
    Parent parent = Parent::none;
  };

  struct Scope;
  /// A name that is neither of the event nor of the ruleset: a parameter, or the variable of `some` and `every`.
  struct Binding {
    std::string_view name;
    Span declared_at; // the name
    ValueType type;
    Index element = kNone; // of a variable: 0, or 1 inside another
    bool may_be_null = false;
    std::optional<ast::ExprId> argument;    // of a parameter; none where a definition is only tried
    const ast::File* tree = nullptr;        // of the argument,
    Scope* scope = nullptr;                 // and what its names mean
    std::size_t open_defs = 0;              // around the call
    Facts made_with;                        // what was known there
    mutable std::optional<TypedValue> made; // the argument as it was checked; its first use may have it
  };
  struct Scope {
    std::vector<Binding> names;
  };

  struct Resolved {
    enum class Kind {
      bad,
      field,
      binding,
      def,
      let,
      lookup,
      meta_topic,
      received_at,
      meta_header,
      payload,
      unmapped
    } kind = Kind::bad;
    Index slot = kNone;   // field, meta_topic, meta_header
    Index text = kNone;   // meta_header
    std::size_t used = 1; // steps that the name took; the others go on from its value
    DefInfo* def = nullptr;
    const LetInfo* let = nullptr;
    const LookupInfo* lookup = nullptr;
    const Binding* binding = nullptr;
  };

  // paths.cpp
  Resolved resolve(const std::vector<ast::Step>& steps, Span span);
  Resolved resolve_meta(const std::vector<ast::Step>& steps, Span span);
  Resolved resolve_field(const std::vector<ast::Step>& steps);
  Index find_field(Index parent, std::string_view name) const;
  void report_unknown(const std::vector<ast::Step>& steps, std::size_t step, Index parent);
  void report_not_inside(const std::string& owner, const ValueType& type, const ast::Step& step);
  void warn_similar(const ast::Step& step, Index parent);
  std::string written(const std::vector<ast::Step>& steps, std::size_t count) const;
  TypedValue path_value(const std::vector<ast::Step>& steps, Span span, const Facts& known, bool as_whole);
  TypedValue resolved_value(const Resolved& resolved, Span span, const Facts& known);
  TypedValue written_out(const Binding& binding, const Facts& known);
  TypedValue bound_value(const Binding& binding, Span span, const Facts& known);
  TypedValue step_into(TypedValue base, const ast::Step& step, const Facts& known);

  // presence.cpp
  /// The value may be absent for a reason of its own, unless that is known not to be so. `written` is how `exists` asks
  /// for it; empty: as it stands there.
  void may_fail(TypedValue& value, const Facts& known, std::string why, std::string written = {});
  std::string node_key(Index node) const;
  bool write_key(Index node, std::string& out) const;
  Index kind_fact(Index node, JsonType kind);
  Index row_fact(Index lookup, Index key);
  bool is_of_kind(const TypedValue& value, JsonType kind, const Facts& known);
  bool require_present(const TypedValue& value, Span test, const Facts& known, Site site);
  bool require_kind(const TypedValue& value, std::optional<JsonType> kind, Span test, const Facts& known);
  /// Takes over from an operand what makes the result absent, and what it proves.
  static void depend(TypedValue& value, const TypedValue& operand);
  /// What `required when` says of a test of this field that holds for these values only.
  void add_required(Facts& facts, const TypedValue& value, std::span<const Value> values) const;
  void note_use(Diagnostic& diagnostic) const;

  // values.cpp
  TypedValue value_at(ast::ExprId expr, const Facts& known);
  TypedValue value_of_form(ast::ExprId expr, const Facts& known);
  TypedValue natural(const ast::Literal& literal, Span span);
  TypedValue coalesce(const ast::Coalesce& form, Span span, const Facts& known);
  TypedValue text_with_holes(const ast::Literal& literal, Span span, const Facts& known);
  TypedValue read_as(const ast::As& form, Span span, const Facts& known);
  TypedValue converted(TypedValue value, const ValueType& type, Span span, const Facts& known);
  bool always_becomes(const TypedValue& value, const ValueType& type) const;
  ValueType joined_type(const TypedValue& left, const TypedValue& right, const ast::Literal* right_literal);
  bool check_listed(const ast::Literal& literal, Span span, const ValueType& type);
  void warn_hole(const ast::Literal& literal, Span span);
  void warn_dollar(Span hole);
  TypedValue poisoned(Span span) const;
  Index constant(Value value, ValueType type) { return context_.program.add_constant_node(value, type); }
  /// What a list is needed of: the value, or `any` read as one.
  TypedValue as_list(TypedValue value, const Facts& known);
  /// "a text, not an int", with the place.
  Diagnostic& report_type(const TypedValue& value, const std::string& headline);

  // arithmetic.cpp
  /// Digits before and behind the point that a number can have.
  struct Digits {
    int integer = 0;
    int fraction = 0;
    bool exact = true; // false: of a quotient, which has all there are
  };
  Digits digits_of(const TypedValue& value) const;
  static ValueType exact_type(const Digits& digits, bool whole);
  TypedValue arithmetic(const ast::Arithmetic& form, Span span, const Facts& known);
  TypedValue negate(const ast::Negate& form, Span span, const Facts& known);
  TypedValue operand(ast::ExprId expr, const TypedValue* other, ast::ArithmeticOp op, const Facts& known);
  std::optional<ValueType> time_result(const TypedValue& left, const TypedValue& right, ast::ArithmeticOp op) const;
  bool number_result(const ast::Arithmetic& form, const TypedValue& left, const TypedValue& right, TypedValue& value);

  // calls.cpp
  TypedValue call(const ast::Call& form, Span span, const Facts& known);
  TypedValue function(const FunctionInfo& info, const ast::Call& form, Span span, const Facts& known);
  TypedValue argument(const FunctionInfo& info, Wants wants, ast::ExprId expr, const Facts& known);
  bool check_argument(const FunctionInfo& info, Wants wants, const TypedValue& value, ast::ExprId expr);
  TypedValue extreme(const FunctionInfo& info, const ast::Call& form, Span span, const Facts& known);
  void result_of(const FunctionInfo& info, const std::vector<TypedValue>& arguments, TypedValue& value,
                 const Facts& known);
  void report_unknown_function(const ast::Name& name);
  bool check_count(std::string_view what, std::string_view signature, Span span, std::size_t count, std::size_t least,
                   std::size_t most);
  DefInfo* called_def(const ast::Call& form) const;

  // defs.cpp
  /// Uses of a definition: it stands once per use, so a few lines can stand for very much.
  TypedValue of_def(DefInfo& def, const ast::Call* call, Span span, const Facts& known, bool as_whole);
  Condition def_condition(DefInfo& def, const ast::Call* call, Span span, bool positive, const Facts& known);
  template <typename Body>
  auto inside(DefInfo& def, const ast::Call* call, Span span, const Facts& known, Body body) -> decltype(body());
  std::optional<Scope> bind(DefInfo& def, const ast::Call* call, Span span, const Facts& known);
  TypedValue as_parameter(TypedValue value, const ast::Literal* literal, const ValueType& type, std::string_view name);
  bool enter(DefInfo& def, Span use);
  bool too_large(Span use);
  void leave(DefInfo& def, bool bad);
  void report_cycle(const DefInfo& def, Span use);

  // lookups.cpp
  TypedValue lookup_value(const LookupInfo& lookup, const TypedValue& key, Span span, const ast::Step* column,
                          const Facts& known, bool row_only = false);
  TypedValue lookup_key(const LookupInfo& lookup, ast::ExprId expr, const Facts& known);
  TypedValue subscript(const ast::Subscript& form, Span span, const ast::Step* column, const Facts& known,
                       bool row_only = false);
  TypedValue lookup_path(const LookupInfo& lookup, const std::vector<ast::Step>& steps, Span span, const Facts& known,
                         bool row_only = false);
  TypedValue member(const ast::Member& form, Span span, const Facts& known);
  const LookupInfo* lookup_named(ast::ExprId expr) const;
  const LookupInfo* lookup_of(const ast::Path& path) const;
  bool key_fits(const LookupInfo& lookup, const TypedValue& key);

  // conditions.cpp
  Condition check(ast::ExprId expr, bool positive, const Facts& known, Site site);
  Condition check_form(ast::ExprId expr, bool positive, const Facts& known, Site site);
  Condition logical(const ast::Logical& form, ast::ExprId expr, bool positive, const Facts& known, Site site);
  Condition exists(const ast::Exists& form, bool positive, const Facts& known);
  Condition is_null(const ast::IsNull& form, Span span, bool positive);
  Condition is_kind(const ast::IsKind& form, Span span, bool positive, const Facts& known, Site site);
  Condition truth(ast::ExprId expr, bool positive, const Facts& known, Site site);
  Condition truth_of(const TypedValue& value, bool positive, const Facts& known, Site site);
  Condition quantifier(const ast::Quantifier& form, Span span, bool positive, const Facts& known, Site site);
  Condition sampled(const ast::Call& form, Span span, bool positive, const Facts& known, Site site);
  bool refuse_clash(const ast::Name& variable);
  static Condition bad_condition();

  // tests.cpp
  Condition compare(const ast::Compare& form, Span span, bool positive, const Facts& known, Site site);
  Condition text_test(const ast::TextTest& form, Span span, bool positive, const Facts& known, Site site);
  Condition matches(const ast::Matches& form, Span span, bool positive, const Facts& known, Site site);
  Condition test(Op op, const TypedValue& left, Index right, const std::vector<const TypedValue*>& read, bool negative,
                 bool ignoring_case = false);
  bool comparable(const TypedValue& left, const TypedValue& right, Span op, bool ordered);
  bool refuse_null(ast::ExprId literal, ast::ExprId other);
  bool is_textual(const TypedValue& value, const std::string& what);
  bool refuse_ignoring_case(Span op, std::initializer_list<const TypedValue*> values, bool about_equality);
  std::optional<Index> regex(const ast::Matches& form);

  // membership.cpp
  struct SetItems {
    ValueSet set;
    std::vector<TypedValue> values; // compared one by one
    struct Bounds {
      TypedValue low, high;
      bool open = false;
    };
    std::vector<Bounds> ranges; // that are not constant
    std::vector<TypedValue> lists;
    std::vector<const LookupInfo*> lookups;
    bool bad = false;
    bool has_set() const { return !set.values.empty() || !set.ranges.empty() || !set.blocks.empty(); }
  };
  Condition membership(const ast::In& form, Span span, bool positive, const Facts& known, Site site);
  SetItems set_items(const ast::In& form, const TypedValue& value, const Facts& known);
  bool add_item(SetItems& items, const ast::In& form, ast::ExprId id, const TypedValue& value, const Facts& known);
  void add_constant_item(SetItems& items, const ast::Literal& literal, Span span, const TypedValue& value,
                         bool ignoring_case);
  void add_range(SetItems& items, const ast::Range& range, const TypedValue& value, const Facts& known);
  bool add_block(SetItems& items, const ast::Literal& literal, Span span, const TypedValue& value);
  std::vector<Index> set_tests(const SetItems& items, const TypedValue& value, bool negative, bool ignoring_case);
  TypedValue literal_in(const ast::Literal& literal, const TypedValue& natural, ast::ExprId item, const Facts& known);
  std::vector<std::pair<const ast::Literal*, Span>> let_list(const ast::Path& path) const;

  const Binding* binding_of(std::string_view name) const;
  const ast::Expr& at(ast::ExprId expr) const { return (*tree_)[expr]; }
  Shape& shape() { return context_.program.shapes[event_.shape]; }
  const Shape& shape() const { return context_.program.shapes[event_.shape]; }
  Diagnostics& diagnostics() { return context_.diagnostics; }
  bool too_deep(Span span);
  bool has_text_form(const TypedValue& value, const Facts& known);

  Context& context_;
  EventInfo& event_;
  const ast::File* tree_ = nullptr;
  Scope outermost_;
  Scope* scope_ = &outermost_;
  Question question_;
  Terms terms_;
  std::string salt_;
  std::vector<Span> used_at_;                      // where the definitions around the current expression are used
  std::vector<DefInfo*> open_defs_;                // these definitions
  std::unordered_map<std::string, Index> regexes_; // by pattern
  std::set<const ast::Def*> bad_defs_;             // reported for this event; used again they are bad at once
  std::vector<FieldRead>* reads_log_ = nullptr;
  Index unmapped_set_ = kNone;
  std::vector<std::size_t> quantifiers_; // around the current expression, each with a number of its own
  std::size_t quantifiers_made_ = 0;
  std::size_t level_ = 0;      // of the walk, which is recursive
  std::size_t first_node_ = 0; // of the expression that is being lowered
  bool too_large_ = false;     // and it was reported; nothing more of it is lowered
  bool assume_presence_ = false;
};

} // namespace millrace::dsl::check
