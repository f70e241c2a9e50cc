// Values: literals, names, `??`, texts with holes.
#include "dsl/check/expressions.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl::check {
namespace {

// What one expression, and all of them, may become when its definitions are written out.
constexpr std::size_t kMaxDefDepth = 64;
constexpr std::size_t kMaxNodes = 50'000;
constexpr std::size_t kMaxNodesInAll = 4'000'000;

bool is_number(Kind kind) { return kind == Kind::integer || kind == Kind::floating || kind == Kind::decimal; }

/// Digits before and behind the point that an int or decimal can have.
struct Digits {
  int integer = 0;
  int fraction = 0;
};
Digits digits_of(const ValueType& type) {
  return type.kind == Kind::integer ? Digits{19, 0} : Digits{type.precision - type.scale, type.scale};
}

template <typename Stack>
class Restore {
 public:
  explicit Restore(Stack& value) : value_(value), old_(value) {}
  ~Restore() { value_ = old_; }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

 private:
  Stack& value_;
  Stack old_;
};

} // namespace

TypedValue Expressions::poisoned(Span span) const {
  TypedValue value;
  value.span = span;
  value.bad = true;
  return value;
}

TypedValue Expressions::value(const ast::File& tree, ast::ExprId expr, const Facts& known) {
  tree_ = &tree;
  return value_at(expr, known);
}

TypedValue Expressions::whole(const ast::File& tree, ast::ExprId expr, const Facts& known, bool with_holes) {
  tree_ = &tree;
  const ast::Expr& node = tree[expr];
  if (const auto* literal = std::get_if<ast::Literal>(&node.node);
      with_holes && literal != nullptr && literal->kind == ast::LiteralKind::text) {
    return text_with_holes(*literal, node.span, known);
  }
  if (const auto* path = std::get_if<ast::Path>(&node.node)) {
    const Resolved resolved = resolve(path->steps, node.span);
    if (resolved.kind == Resolved::Kind::def) {
      return of_def(*resolved.def, node.span, known, true);
    }
    return resolved.kind == Resolved::Kind::let ? value_at(expr, known) : resolved_value(resolved, node.span, known);
  }
  if (!is_condition(tree, expr)) {
    return value_at(expr, known);
  }
  const Condition condition = check(expr, true, known, {expr, Parent::none});
  TypedValue value;
  value.span = node.span;
  value.bad = condition.bad;
  value.type.kind = Kind::boolean;
  value.node = context_.program.add_node({Op::as_boolean, value.type, condition.node, kNone});
  return value;
}

TypedValue Expressions::path(const ast::File& tree, const std::vector<ast::Step>& steps, Span span,
                             const Facts& known) {
  tree_ = &tree;
  const Resolved resolved = resolve(steps, span);
  if (resolved.kind == Resolved::Kind::def) {
    return of_def(*resolved.def, span, known, false);
  }
  if (resolved.kind == Resolved::Kind::let) {
    const auto* literal = std::get_if<ast::Literal>(&(*resolved.let->tree)[resolved.let->let->value].node);
    return literal != nullptr ? natural(*literal, span) : poisoned(span);
  }
  return resolved_value(resolved, span, known);
}

/// By its form alone. A name is what its definition is, as far as definitions may go.
bool Expressions::is_condition(const ast::File& tree, ast::ExprId expr) const {
  const ast::ExprNode* node = &tree[expr].node;
  for (std::size_t depth = 0; depth <= kMaxDefDepth; ++depth) {
    const auto* path = std::get_if<ast::Path>(node);
    if (path == nullptr) {
      return !std::holds_alternative<ast::Literal>(*node) && !std::holds_alternative<ast::List>(*node) &&
             !std::holds_alternative<ast::Coalesce>(*node);
    }
    const auto def = context_.defs.find(path->steps.front().text);
    if (def == context_.defs.end() || path->steps.size() != 1) {
      return false;
    }
    node = &(*def->second.tree)[def->second.def->body].node;
  }
  return false;
}

const ast::Literal* Expressions::literal_of(const ast::File& tree, ast::ExprId expr) const {
  const ast::ExprNode& node = tree[expr].node;
  if (const auto* path = std::get_if<ast::Path>(&node); path != nullptr && path->steps.size() == 1) {
    const auto let = context_.lets.find(path->steps.front().text);
    return let == context_.lets.end() ? nullptr
                                      : std::get_if<ast::Literal>(&(*let->second.tree)[let->second.let->value].node);
  }
  return std::get_if<ast::Literal>(&node);
}

TypedValue Expressions::literal_as(const ast::Literal& literal, Span span, const ValueType& type, bool listed_only) {
  if (literal.kind == ast::LiteralKind::null) {
    diagnostics()
        .add(Code::compared_with_null, span, "`null` is no value that a rule can use", "nothing equals null")
        .help("write `exists x` for a value that is there, `x is null` for a JSON null");
    return poisoned(span);
  }
  if (literal.kind == ast::LiteralKind::duration || literal.kind == ast::LiteralKind::percent) {
    diagnostics()
        .add(Code::not_available_yet, span, noun(literal) + " is not available in expressions in this version",
             "a form that comes later")
        .help("what this version reads is in docs/rules/reference.md");
    return poisoned(span);
  }
  auto made = value_of(literal, type);
  if (const auto* error = std::get_if<LiteralError>(&made)) {
    const std::string headline =
        error->other_kind ? noun(type) + " cannot be compared with " + noun(literal)
                          : noun(literal) + " is no value of type `" + type_word(context_.program, type) + "`";
    auto& diagnostic = diagnostics().add(error->other_kind ? Code::types_differ : Code::literal_does_not_fit, span,
                                         headline, error->label);
    if (!error->replacement.empty()) {
      diagnostic.help(error->help, Fix{{{span, error->replacement}},
                                       Applicability::machine,
                                       "fix: " + ticked(context_.text(span)) + " → " + ticked(error->replacement)});
    } else if (!error->help.empty()) {
      diagnostic.help(error->help);
    }
    note_use(diagnostic);
    return poisoned(span);
  }
  warn_hole(literal, span);
  if (listed_only && !check_listed(literal, span, type)) {
    return poisoned(span);
  }
  TypedValue value;
  value.span = span;
  value.type = type.kind == Kind::any ? *natural_type(literal) : type;
  value.type.wire = Wire::natural;
  value.node = constant(std::get<Value>(made), value.type);
  return value;
}

bool Expressions::check_listed(const ast::Literal& literal, Span span, const ValueType& type) {
  if (type.kind != Kind::text || type.names == kNone) {
    return true;
  }
  const std::vector<std::string>& names = context_.program.enumerations[type.names].names;
  if (std::find(names.begin(), names.end(), literal.text.text) != names.end()) {
    return true;
  }
  auto& diagnostic =
      diagnostics().add(Code::not_in_enum, span, ticked(literal.token) + " is not one of the values listed",
                        "never the value of this field");
  const std::string near = nearest(literal.text.text, names);
  if (!near.empty()) {
    diagnostic.help("there is one with a similar name: " + ticked(quote_text(near)),
                    Fix{{{span, quote_text(near)}},
                        Applicability::machine,
                        "fix: " + ticked(literal.token) + " → " + ticked(quote_text(near))});
  } else {
    diagnostic.help("add it to the `one of` of the field if it is a new value");
  }
  diagnostic.note("the field is declared as `" + type_word(context_.program, type) + "`");
  note_use(diagnostic);
  return false;
}

void Expressions::warn_hole(const ast::Literal& literal, Span span) {
  if (literal.kind == ast::LiteralKind::text && looks_like_hole(literal.text.raw)) {
    diagnostics()
        .add(Code::braces_are_plain_text, span, "the braces in this text are plain characters here",
             "nothing is filled in")
        .help("holes are filled in topic names, keys and headers; for plain braces write `\\{` and `\\}`");
  }
}

TypedValue Expressions::natural(const ast::Literal& literal, Span span) {
  const auto type = natural_type(literal);
  if (type) {
    return literal_as(literal, span, *type, false);
  }
  return literal_as(literal, span, {}, false);
}

TypedValue Expressions::value_at(ast::ExprId expr, const Facts& known) {
  const ast::Expr& node = at(expr);
  if (const ast::Literal* literal = literal_of(*tree_, expr)) {
    return natural(*literal, node.span);
  }
  if (const auto* form = std::get_if<ast::Coalesce>(&node.node)) {
    return coalesce(*form, node.span, known);
  }
  if (std::holds_alternative<ast::List>(node.node)) {
    diagnostics()
        .add(Code::misused_name, node.span, "a list stands behind `in` or in a `let`", "not a single value")
        .help("write `x in (\"a\", \"b\")`");
    return poisoned(node.span);
  }
  if (const auto* path = std::get_if<ast::Path>(&node.node)) {
    const Resolved resolved = resolve(path->steps, node.span);
    if (resolved.kind == Resolved::Kind::def) {
      return of_def(*resolved.def, node.span, known, false);
    }
    if (resolved.kind == Resolved::Kind::let) {
      diagnostics()
          .add(Code::misused_name, node.span, ticked(context_.text(node.span)) + " is a list", "not a single value")
          .help("a list stands behind `in`: `x in " + context_.text(node.span) + "`");
      return poisoned(node.span);
    }
    return resolved_value(resolved, node.span, known);
  }
  auto& diagnostic = diagnostics().add(Code::condition_as_value, node.span,
                                       "a condition cannot be used as a value here", "a test, not a value");
  diagnostic.help(
      "join conditions with `and`, `or` and `not`; only a whole key, header, column or `def` may be a condition");
  note_use(diagnostic);
  return poisoned(node.span);
}

bool Expressions::enter(DefInfo& def, Span use) {
  if (too_large_ || bad_defs_.contains(def.def)) {
    return false;
  }
  if (used_at_.empty()) {
    first_node_ = context_.program.nodes.size();
  }
  const std::size_t nodes = context_.program.nodes.size();
  if (used_at_.size() >= kMaxDefDepth || nodes - first_node_ > kMaxNodes || nodes > kMaxNodesInAll) {
    too_large_ = true;
    diagnostics()
        .add(Code::nested_too_deeply, used_at_.empty() ? use : used_at_.front(),
             used_at_.size() >= kMaxDefDepth ? "definitions within definitions, more than 64 deep"
                                             : "written out, this expression is too large",
             "definitions are written out where they are used")
        .help("use fewer definitions within definitions");
    return false;
  }
  def.open = true;
  used_at_.push_back(use);
  return true;
}

void Expressions::leave(DefInfo& def, bool bad) {
  if (bad) {
    bad_defs_.insert(def.def);
  }
  used_at_.pop_back();
  def.open = false;
  too_large_ = too_large_ && !used_at_.empty();
}

TypedValue Expressions::of_def(DefInfo& def, Span span, const Facts& known, bool as_whole) {
  if (def.open) {
    auto& diagnostic =
        diagnostics().add(Code::def_cycle, def.def->name.span,
                          "the definition of " + ticked(def.def->name.text) + " uses itself", "defined by itself");
    diagnostic.label(span, "used here again");
    diagnostic.help("a definition may use others, but not in a circle");
    return poisoned(span);
  }
  if (!as_whole && is_condition(*def.tree, def.def->body)) {
    diagnostics()
        .add(Code::condition_as_value, span, "a condition cannot be used as a value here",
             ticked(def.def->name.text) + " is a condition")
        .label(def.def->name.span, "defined here")
        .help(
            "join conditions with `and`, `or` and `not`; only a whole key, header, column or `def` may be a condition");
    return poisoned(span);
  }
  if (!enter(def, span)) {
    return poisoned(span);
  }
  const Restore restore_tree(tree_);
  tree_ = def.tree;
  TypedValue value = as_whole ? whole(*def.tree, def.def->body, known, false) : value_at(def.def->body, known);
  leave(def, value.bad);
  value.span = span;
  return value;
}

ValueType Expressions::joined_type(const TypedValue& left, const TypedValue& right, const ast::Literal* right_literal) {
  ValueType type = left.type;
  type.wire = Wire::natural;
  if (is_number(left.type.kind) && left.type.kind != right.type.kind) {
    const Digits a = digits_of(left.type);
    const Digits b = digits_of(right.type);
    const int fraction = std::max(a.fraction, b.fraction);
    type.kind = Kind::decimal;
    type.scale = static_cast<std::uint8_t>(fraction);
    type.precision = static_cast<std::uint8_t>(std::min(38, std::max(a.integer, b.integer) + fraction));
    return type;
  }
  if (type.kind != Kind::text || type.names == kNone) {
    return type;
  }
  // Which texts are possible is known if it is known of both sides.
  Enumeration both = context_.program.enumerations[type.names];
  std::vector<std::string> more;
  if (right_literal != nullptr) {
    more.emplace_back(right_literal->text.text);
  } else if (right.type.names != kNone) {
    more = context_.program.enumerations[right.type.names].names;
    both.or_other = both.or_other || context_.program.enumerations[right.type.names].or_other;
  } else {
    type.names = kNone;
    return type;
  }
  for (std::string& name : more) {
    if (std::find(both.names.begin(), both.names.end(), name) == both.names.end()) {
      both.names.push_back(std::move(name));
    }
  }
  context_.program.enumerations.push_back(std::move(both));
  type.names = static_cast<Index>(context_.program.enumerations.size() - 1);
  return type;
}

TypedValue Expressions::coalesce(const ast::Coalesce& form, Span span, const Facts& known) {
  const TypedValue left = value_at(form.left, known);
  const ast::Literal* literal = literal_of(*tree_, form.right);
  if (left.bad) {
    return poisoned(span);
  }
  ValueType wanted = left.type;
  if (literal != nullptr && literal->kind == ast::LiteralKind::number && left.type.kind == Kind::integer) {
    wanted = natural_type(*literal).value_or(wanted); // `1.5` makes the whole a decimal
    wanted.kind = wanted.kind == Kind::decimal ? Kind::decimal : Kind::integer;
    if (wanted.kind == Kind::decimal) {
      wanted.precision = 38;
      wanted.scale = 19;
    }
  }
  const TypedValue right =
      literal != nullptr ? literal_as(*literal, at(form.right).span, wanted, false) : value_at(form.right, known);
  if (right.bad) {
    return poisoned(span);
  }
  const bool exact_numbers = (left.type.kind == Kind::integer || left.type.kind == Kind::decimal) &&
                             (right.type.kind == Kind::integer || right.type.kind == Kind::decimal);
  if (left.type.kind != right.type.kind && !exact_numbers && left.type.kind != Kind::any) {
    auto& diagnostic =
        diagnostics().add(Code::types_differ, right.span,
                          noun(left.type) + " cannot be replaced by " + noun(right.type), noun(right.type));
    diagnostic.label(left.span, noun(left.type));
    diagnostic.help("both sides of `??` are of one type");
    note_use(diagnostic);
    return poisoned(span);
  }
  TypedValue value;
  value.span = span;
  value.type = left.type.kind == Kind::any ? ValueType{} : joined_type(left, right, literal);
  value.absent = left.may_be_absent() ? right.absent : kNone;
  value.node = context_.program.add_node({Op::coalesce, value.type, left.node, right.node});
  return value;
}

TypedValue Expressions::text_with_holes(const ast::Literal& literal, Span span, const Facts& known) {
  auto split = split_holes(literal.text);
  if (const auto* error = std::get_if<TextError>(&split)) {
    const std::uint32_t begin = span.begin + 1 + error->offset;
    diagnostics().add(Code::bad_escape, {span.file, begin, begin + error->length}, "this hole cannot be filled",
                      error->what);
    return poisoned(span);
  }
  TypedValue value;
  value.span = span;
  value.type.kind = Kind::text;
  std::vector<Index> parts;
  for (const TextPart& part : std::get<std::vector<TextPart>>(split)) {
    if (const auto* text = std::get_if<std::string>(&part)) {
      parts.push_back(constant(Value::of_text(*text), value.type));
      continue;
    }
    const Hole& hole = std::get<Hole>(part);
    const TypedValue filled = path(*tree_, hole.steps, hole.span, known);
    if (filled.bad) {
      return poisoned(span);
    }
    if (filled.type.kind == Kind::object) {
      diagnostics()
          .add(Code::types_differ, hole.span, "an object has no text form", "cannot stand in a text")
          .help("name one of its fields");
      return poisoned(span);
    }
    value.absent = value.absent == kNone ? filled.absent : value.absent;
    value.reads.add(filled.reads);
    parts.push_back(filled.node);
  }
  const bool is_constant = parts.size() == 1 && context_.program.nodes[parts.front()].op == Op::constant;
  value.node = is_constant ? parts.front() : context_.program.add_list_node(Op::concat, parts, value.type);
  return value;
}

std::string type_word(const Program& program, const ValueType& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::floating:
      return "float";
    case Kind::decimal:
      return type.precision == 0 ? "decimal"
                                 : "decimal(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case Kind::timestamp:
      return "timestamp";
    case Kind::uuid:
      return "uuid";
    case Kind::object:
      return "object";
    case Kind::any:
      return "any";
    case Kind::duration:
      return "duration";
    case Kind::ip:
      return "ip";
    case Kind::version:
      return "version";
    case Kind::list:
      return "list<" + (type.element == kNone ? "any" : type_word(program, program.types[type.element])) + ">";
    case Kind::text:
      break;
  }
  if (type.names == kNone) {
    return "string";
  }
  const Enumeration& listed = program.enumerations[type.names];
  std::string text = "one of ";
  for (const std::string& name : listed.names) {
    text += (text.size() > 7 ? ", " : "") + quote_text(name);
  }
  return text + (listed.or_other ? " or other" : "");
}

} // namespace millrace::dsl::check
