// Values: literals, names, `??`, texts with holes.
#include "dsl/check/expressions.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::size_t kMaxLevels = 400; // of the walk, definitions included
constexpr std::size_t kMaxDefDepth = 64;
constexpr int kSafeDigits = 18; // that 64 bits always hold

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
    return path_value(path->steps, node.span, known, true);
  }
  if (const auto* form = std::get_if<ast::Call>(&node.node); form != nullptr && called_def(*form) != nullptr) {
    return of_def(*called_def(*form), form, node.span, known, true);
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
  return path_value(steps, span, known, false);
}

/// By its form alone. A name is what its definition is, as far as definitions may go.
bool Expressions::is_condition(const ast::File& tree, ast::ExprId expr) const {
  const ast::ExprNode* node = &tree[expr].node;
  for (std::size_t depth = 0; depth <= kMaxDefDepth; ++depth) {
    std::string_view name;
    if (const auto* call = std::get_if<ast::Call>(node)) {
      name = call->function.text;
      if (name == "sampled") {
        return true;
      }
    } else if (const auto* path = std::get_if<ast::Path>(node)) {
      name = path->steps.size() == 1 ? path->steps.front().text : "";
    } else {
      return !std::holds_alternative<ast::Literal>(*node) && !std::holds_alternative<ast::List>(*node) &&
             !std::holds_alternative<ast::Coalesce>(*node) && !std::holds_alternative<ast::Arithmetic>(*node) &&
             !std::holds_alternative<ast::Negate>(*node) && !std::holds_alternative<ast::Member>(*node) &&
             !std::holds_alternative<ast::Subscript>(*node) && !std::holds_alternative<ast::As>(*node);
    }
    const auto def = context_.defs.find(name);
    if (def == context_.defs.end()) {
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
    if (let == context_.lets.end()) {
      return nullptr;
    }
    context_.use(path->steps.front().span, let->second.let->name.span);
    return std::get_if<ast::Literal>(&(*let->second.tree)[let->second.let->value].node);
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
  if (literal.kind == ast::LiteralKind::percent) {
    diagnostics()
        .add(Code::types_differ, span, noun(literal) + " is no value", "a share of the events")
        .help("percentages stand in `sampled(x, 1%)` only");
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

/// `${name}` is a hole elsewhere; here it is one behind a `$`.
void Expressions::warn_dollar(Span hole) {
  const std::string_view text = context_.sources.text(hole.file);
  if (hole.begin < 2 || text[hole.begin - 2] != '$') {
    return;
  }
  const Span dollar{hole.file, hole.begin - 2, hole.begin - 1};
  diagnostics()
      .add(Code::braces_are_plain_text, dollar, "the `$` in front of this hole is sent too", "a plain character here")
      .help("a hole is written `{" + context_.text(hole) + "}`",
            Fix{{{dollar, ""}}, Applicability::choice, "fix: remove `$`"});
}

TypedValue Expressions::natural(const ast::Literal& literal, Span span) {
  const auto type = natural_type(literal);
  if (type) {
    return literal_as(literal, span, *type, false);
  }
  return literal_as(literal, span, {}, false);
}

bool Expressions::too_deep(Span span) {
  if (level_ < kMaxLevels || too_large_) {
    return too_large_;
  }
  too_large_ = true;
  diagnostics()
      .add(Code::nested_too_deeply, used_at_.empty() ? span : used_at_.front(),
           "written out, this expression has more than 400 levels", "definitions are written out where they are used")
      .help("use fewer definitions within definitions");
  return true;
}

TypedValue Expressions::value_at(ast::ExprId expr, const Facts& known) {
  if (too_deep(at(expr).span)) {
    return poisoned(at(expr).span);
  }
  ++level_;
  TypedValue value = value_of_form(expr, known);
  --level_;
  return value;
}

TypedValue Expressions::value_of_form(ast::ExprId expr, const Facts& known) {
  const ast::Expr& node = at(expr);
  const Span span = node.span;
  if (const ast::Literal* literal = literal_of(*tree_, expr)) {
    return natural(*literal, span);
  }
  if (const auto* form = std::get_if<ast::Path>(&node.node)) {
    return path_value(form->steps, span, known, false);
  }
  if (const auto* form = std::get_if<ast::Coalesce>(&node.node)) {
    return coalesce(*form, span, known);
  }
  if (const auto* form = std::get_if<ast::Arithmetic>(&node.node)) {
    return arithmetic(*form, span, known);
  }
  if (const auto* form = std::get_if<ast::Negate>(&node.node)) {
    return negate(*form, span, known);
  }
  if (const auto* form = std::get_if<ast::Call>(&node.node)) {
    return call(*form, span, known);
  }
  if (const auto* form = std::get_if<ast::Subscript>(&node.node)) {
    return subscript(*form, span, nullptr, known);
  }
  if (const auto* form = std::get_if<ast::Member>(&node.node)) {
    return member(*form, span, known);
  }
  if (const auto* form = std::get_if<ast::As>(&node.node)) {
    return read_as(*form, span, known);
  }
  if (std::holds_alternative<ast::List>(node.node)) {
    diagnostics()
        .add(Code::misused_name, span, "a list stands behind `in` or in a `let`", "not a single value")
        .help("write `x in (\"a\", \"b\")`");
    return poisoned(span);
  }
  auto& diagnostic = diagnostics().add(Code::condition_as_value, span, "a condition cannot be used as a value here",
                                       "a test, not a value");
  diagnostic.help(
      "join conditions with `and`, `or` and `not`; only a whole key, header, column or `def` may be a condition");
  note_use(diagnostic);
  return poisoned(span);
}

Diagnostic& Expressions::report_type(const TypedValue& value, const std::string& headline) {
  auto& diagnostic = diagnostics().add(Code::types_differ, value.span, headline, noun(value.type));
  note_use(diagnostic);
  return diagnostic;
}

TypedValue Expressions::as_list(TypedValue value, const Facts& known) {
  if (value.bad || value.type.kind == Kind::list) {
    return value;
  }
  if (value.type.kind != Kind::any) {
    report_type(value, "a list is needed here, not " + noun(value.type))
        .help("declare the field as `list<…>`, or name one that is");
    value.bad = true;
    return value;
  }
  const bool sure = is_of_kind(value, JsonType::list, known);
  value.type = list_of(context_.program, plain(Kind::any));
  value.node = context_.program.add_node({Op::read_as, value.type, value.node, kNone});
  if (!sure) {
    const std::string text = context_.text(value.span);
    may_fail(value, known, ticked(text) + " may be no list", "(" + text + " as list<any>)");
  }
  return value;
}

TypedValue Expressions::read_as(const ast::As& form, Span span, const Facts& known) {
  if (form.type->name == ast::TypeName::one_of) {
    diagnostics()
        .add(Code::bad_type, form.type->span, "`as` reads a value as one of the types that have a form of their own",
             "a list of texts")
        .help("read it `as string` and compare it with `in (…)`");
    return poisoned(span);
  }
  const ValueType type = type_of(context_, *form.type);
  return converted(value_at(form.value, known), type, span, known);
}

namespace {

/// Whether `as` can make one of the other at all.
bool may_become(const Program& program, const ValueType& from, const ValueType& to) {
  if (from.kind == Kind::any || to.kind == Kind::any || from.kind == to.kind) {
    return from.kind != Kind::list || to.kind != Kind::list ||
           may_become(program, element_of(program, from), element_of(program, to));
  }
  return is_scalar(from.kind) && is_scalar(to.kind) &&
         (from.kind == Kind::text || to.kind == Kind::text || (is_number(from.kind) && is_number(to.kind)));
}

} // namespace

TypedValue Expressions::converted(TypedValue value, const ValueType& type, Span span, const Facts& known) {
  Program& program = context_.program;
  value.span = span;
  if (value.bad || same_type(program, value.type, type)) {
    return value;
  }
  if (!may_become(program, value.type, type)) {
    report_type(value, noun(value.type) + " cannot be read as " + ticked(type_word(program, type)))
        .help("`as` reads what JSON can hold, and text forms");
    value.bad = true;
    return value;
  }
  const bool quotient = value.type.kind == Kind::decimal && !digits_of(value).exact;
  const bool sure = always_becomes(value, type);
  if (quotient && type.kind == Kind::decimal) {
    // A quotient seldom ends within so many digits: it is rounded to them.
    const Index digits = constant(Value::of_int(type.scale), plain(Kind::integer));
    const Index parts[] = {value.node, digits};
    value.node = program.add_list_node(Op::call, parts, value.type);
    program.nodes[value.node].detail = static_cast<std::uint8_t>(Function::round);
  }
  const std::string from = noun(value.type);
  value.type = type;
  value.node = program.add_node({Op::read_as, type, value.node, kNone});
  if (!sure) {
    may_fail(value, known, from + " may not be " + ticked(type_word(program, type)));
  }
  return value;
}

bool Expressions::always_becomes(const TypedValue& value, const ValueType& type) const {
  const Kind from = value.type.kind;
  if (from == Kind::any || from == Kind::text || from == Kind::list) {
    return type.kind == Kind::any || (from == Kind::text && type.kind == Kind::text);
  }
  if (type.kind == Kind::text || type.kind == Kind::any) {
    return true;
  }
  if (from == Kind::floating) {
    return false;
  }
  if (type.kind == Kind::floating) {
    return true;
  }
  const Digits digits = digits_of(value);
  if (type.kind == Kind::integer) {
    return from == Kind::integer && digits.integer <= kSafeDigits;
  }
  return type.kind == Kind::decimal && digits.exact && digits.integer <= type.precision - type.scale &&
         digits.fraction <= type.scale;
}

ValueType Expressions::joined_type(const TypedValue& left, const TypedValue& right, const ast::Literal* right_literal) {
  ValueType type = left.type;
  type.wire = Wire::natural;
  if ((left.type.kind == Kind::integer || left.type.kind == Kind::decimal) &&
      (left.type.kind != right.type.kind || left.type.precision != right.type.precision ||
       left.type.scale != right.type.scale)) {
    const Digits a = digits_of(left);
    const Digits b = digits_of(right);
    if (type.kind == Kind::integer && right.type.kind == Kind::integer &&
        std::max(left.type.precision, right.type.precision) <= kSafeDigits) {
      return plain(Kind::integer);
    }
    const Digits both{std::max(a.integer, b.integer), std::max(a.fraction, b.fraction), a.exact && b.exact};
    type = exact_type(both, type.kind == Kind::integer && right.type.kind == Kind::integer);
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
    const ValueType own = natural_type(*literal).value_or(wanted); // `1.5` makes the whole a decimal
    wanted = own.kind == Kind::decimal ? own : plain(Kind::integer);
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
    warn_dollar(hole.span);
    const TypedValue filled = path(*tree_, hole.steps, hole.span, known);
    if (filled.bad) {
      return poisoned(span);
    }
    if (filled.type.kind == Kind::object || filled.type.kind == Kind::list) {
      diagnostics()
          .add(Code::types_differ, hole.span, noun(filled.type) + " has no text form", "cannot stand in a text")
          .help(filled.type.kind == Kind::list ? "name one of its elements" : "name one of its fields");
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

} // namespace millrace::dsl::check
