// Conditions. `not` is pushed down to the tests on the way, so that every test is known to be a positive or a negative
// one; a negative test needs its values proven present, since nothing else would decide it when they are not.
#include "dsl/check/expressions.hpp"

namespace millrace::dsl::check {
namespace {

bool is_number(Kind kind) { return kind == Kind::integer || kind == Kind::floating || kind == Kind::decimal; }

/// Kinds that JSON tells apart, so that `==` on a value of any kind is decided.
bool is_json_scalar(Kind kind) { return is_number(kind) || kind == Kind::text || kind == Kind::boolean; }

ast::CompareOp inverse(ast::CompareOp op) {
  switch (op) {
    case ast::CompareOp::equal:
      return ast::CompareOp::not_equal;
    case ast::CompareOp::not_equal:
      return ast::CompareOp::equal;
    case ast::CompareOp::less:
      return ast::CompareOp::greater_equal;
    case ast::CompareOp::less_equal:
      return ast::CompareOp::greater;
    case ast::CompareOp::greater:
      return ast::CompareOp::less_equal;
    case ast::CompareOp::greater_equal:
      return ast::CompareOp::less;
  }
  return op;
}

Op op_of(ast::CompareOp op) {
  switch (op) {
    case ast::CompareOp::equal:
      return Op::equal;
    case ast::CompareOp::not_equal:
      return Op::unequal;
    case ast::CompareOp::less:
      return Op::less;
    case ast::CompareOp::less_equal:
      return Op::less_equal;
    case ast::CompareOp::greater:
      return Op::greater;
    case ast::CompareOp::greater_equal:
      return Op::greater_equal;
  }
  return Op::never;
}

Op op_of(ast::TextOp op, bool positive) {
  switch (op) {
    case ast::TextOp::starts_with:
      return positive ? Op::starts_with : Op::not_starts_with;
    case ast::TextOp::ends_with:
      return positive ? Op::ends_with : Op::not_ends_with;
    case ast::TextOp::contains:
      return positive ? Op::contains : Op::not_contains;
  }
  return Op::never;
}

std::string_view words_of(ast::TextOp op) {
  switch (op) {
    case ast::TextOp::starts_with:
      return "starts with";
    case ast::TextOp::ends_with:
      return "ends with";
    case ast::TextOp::contains:
      return "contains";
  }
  return "";
}

Condition bad_condition() {
  Condition condition;
  condition.bad = true;
  return condition;
}

} // namespace

Condition Expressions::condition(const ast::File& tree, ast::ExprId expr, const Facts& known,
                                 const Question& question) {
  tree_ = &tree;
  question_ = question;
  return check(expr, true, known, {expr, Parent::none});
}

Condition Expressions::check(ast::ExprId expr, bool positive, const Facts& known, Site site) {
  const ast::Expr& node = at(expr);
  if (const auto* form = std::get_if<ast::Logical>(&node.node)) {
    return logical(*form, expr, positive, known, site);
  }
  if (const auto* form = std::get_if<ast::Not>(&node.node)) {
    return check(form->operand, !positive, known, site);
  }
  if (const auto* form = std::get_if<ast::Compare>(&node.node)) {
    return compare(*form, node.span, positive, known, site);
  }
  if (const auto* form = std::get_if<ast::In>(&node.node)) {
    return membership(*form, node.span, positive, known, site);
  }
  if (const auto* form = std::get_if<ast::TextTest>(&node.node)) {
    return text_test(*form, node.span, positive, known, site);
  }
  if (const auto* form = std::get_if<ast::Exists>(&node.node)) {
    return exists(*form, positive, known);
  }
  if (const auto* form = std::get_if<ast::IsNull>(&node.node)) {
    return is_null(*form, node.span, positive);
  }
  return truth(expr, positive, known, site);
}

/// Under a `not` an `and` is an `or` of negations. Facts flow from left to right: what holds in an `and`, what does not
/// hold in an `or`.
Condition Expressions::logical(const ast::Logical& form, ast::ExprId expr, bool positive, const Facts& known,
                               Site site) {
  const bool all = form.is_and == positive;
  const bool own_site = site.whole == expr;
  const bool assumed = assume_presence_;
  Facts so_far = known;
  Condition result;
  std::vector<Index> parts;
  for (std::size_t i = 0; i < form.operands.size(); ++i) {
    const Site inner =
        own_site ? Site{form.operands[i], form.is_and ? Parent::conjunction : Parent::disjunction} : site;
    const Condition part = check(form.operands[i], positive, so_far, inner);
    result.bad = result.bad || part.bad;
    assume_presence_ = assume_presence_ || part.bad; // what a bad part would have proven is not known
    so_far.add(all ? part.when_true : part.when_false);
    Facts& united = all ? result.when_true : result.when_false;
    Facts& common = all ? result.when_false : result.when_true;
    united.add(all ? part.when_true : part.when_false);
    const Facts& shared = all ? part.when_false : part.when_true;
    i == 0 ? common.add(shared) : common.keep_common(shared);
    parts.push_back(part.node);
  }
  assume_presence_ = assumed;
  if (!result.bad) {
    result.node = context_.program.add_list_node(all ? Op::all_of : Op::any_of, parts);
  }
  return result;
}

Condition Expressions::test(Op op, const TypedValue& left, Index right, const std::vector<const TypedValue*>& read,
                            bool negative) {
  Condition condition;
  condition.node = context_.program.add_node({op, {}, left.node, right});
  if (!negative) {
    for (const TypedValue* value : read) {
      condition.when_true.add(value->reads);
    }
  }
  return condition;
}

bool Expressions::refuse_null(const ast::Literal* literal, const ast::Expr& other) {
  if (literal == nullptr || literal->kind != ast::LiteralKind::null) {
    return false;
  }
  const std::string name = context_.text(other.span);
  const auto* base = literal->token.data();
  const std::string_view text = context_.sources.text(other.span.file);
  const auto begin = static_cast<std::uint32_t>(base - text.data());
  diagnostics()
      .add(Code::compared_with_null, {other.span.file, begin, begin + 4}, "nothing is equal or unequal to `null`",
           "this test would never be decided")
      .help("for a value that is there:   `exists " + name + "`")
      .help("for a JSON null that is sent: `" + name + " is null`");
  return true;
}

bool Expressions::comparable(const TypedValue& left, const TypedValue& right, Span op, bool ordered) {
  const Kind a = left.type.kind;
  const Kind b = right.type.kind;
  const bool any = a == Kind::any || b == Kind::any;
  const bool any_fits = any && (a == Kind::any || is_json_scalar(a)) && (b == Kind::any || is_json_scalar(b));
  const bool same = a == b && a != Kind::object;
  if (!any_fits && !same && !(is_number(a) && is_number(b))) {
    auto& diagnostic =
        diagnostics().add(Code::types_differ, op, noun(left.type) + " cannot be compared with " + noun(right.type),
                          "these have nothing in common");
    diagnostic.label(left.span, noun(left.type)).label(right.span, noun(right.type));
    diagnostic.help(any ? "declare the field with its type" : "compare values of one type");
    note_use(diagnostic);
    return false;
  }
  if (ordered && (a == Kind::boolean || b == Kind::boolean)) {
    auto& diagnostic = diagnostics().add(Code::types_differ, op, "a bool has no order", "only `==` and `!=`");
    diagnostic.help("a bool is a test by itself: `" + context_.text(left.span) + "` or `not " +
                    context_.text(left.span) + "`");
    note_use(diagnostic);
    return false;
  }
  return true;
}

bool Expressions::require_kind(const TypedValue& value, Span test) {
  if (value.type.kind != Kind::any) {
    return true;
  }
  auto& diagnostic = diagnostics().add(
      Code::kind_not_known, test,
      ticked(context_.text(value.span)) + " may be of any kind, and then this test has no clear answer",
      "what if it is not of the kind that the test is about?");
  diagnostic.help("declare the field with its type, or ask the other way round, without `not`");
  note_use(diagnostic);
  return false;
}

Condition Expressions::compare(const ast::Compare& form, Span span, bool positive, const Facts& known, Site site) {
  const ast::Literal* left_literal = literal_of(*tree_, form.left);
  const ast::Literal* right_literal = literal_of(*tree_, form.right);
  if (refuse_null(left_literal, at(form.right)) || refuse_null(right_literal, at(form.left))) {
    return bad_condition();
  }
  TypedValue left;
  TypedValue right;
  if (left_literal != nullptr && right_literal == nullptr) {
    right = value_at(form.right, known);
    left = right.bad ? right : literal_as(*left_literal, at(form.left).span, right.type, true);
  } else {
    left = value_at(form.left, known);
    if (left.bad || right_literal == nullptr || left_literal != nullptr) {
      right = value_at(form.right, known);
    } else {
      right = literal_as(*right_literal, at(form.right).span, left.type, true);
    }
  }
  if (left.bad || right.bad) {
    return bad_condition();
  }
  const bool about_equality = form.op == ast::CompareOp::equal || form.op == ast::CompareOp::not_equal;
  if (!comparable(left, right, form.op_span, !about_equality)) {
    return bad_condition();
  }
  const bool negative = (form.op == ast::CompareOp::not_equal) == positive;
  if (negative) {
    const bool kind_decided = about_equality && !(left.type.kind == Kind::any && right.type.kind == Kind::any);
    if (!require_present(left, span, known, site) || !require_present(right, span, known, site) ||
        (!kind_decided && (!require_kind(left, span) || !require_kind(right, span)))) {
      return bad_condition();
    }
  }
  const Op op = op_of(positive ? form.op : inverse(form.op));
  return test(op, left, right.node, {&left, &right}, negative);
}

std::vector<std::pair<const ast::Literal*, Span>> Expressions::let_list(const ast::Path& path) const {
  std::vector<std::pair<const ast::Literal*, Span>> items;
  const auto let = context_.lets.find(path.steps.front().text);
  if (path.steps.size() != 1 || let == context_.lets.end()) {
    return items;
  }
  const ast::File& tree = *let->second.tree;
  if (const auto* list = std::get_if<ast::List>(&tree[let->second.let->value].node)) {
    for (const ast::ExprId item : list->items) {
      items.emplace_back(std::get_if<ast::Literal>(&tree[item].node), tree[item].span);
    }
  }
  return items;
}

void Expressions::add_constant_item(SetItems& items, const ast::Literal& literal, Span span, const ValueType& type) {
  if (literal.kind == ast::LiteralKind::null) {
    diagnostics()
        .add(Code::compared_with_null, span, "nothing is equal or unequal to `null`", "never in the set")
        .help("remove it; whether a value is there is asked with `exists`");
    items.bad = true;
    return;
  }
  const TypedValue constant = literal_as(literal, span, type, true);
  items.bad = items.bad || constant.bad;
  if (!constant.bad) {
    items.constants.push_back(context_.program.constants[context_.program.nodes[constant.node].a]);
  }
}

Expressions::SetItems Expressions::set_items(const ast::In& form, const TypedValue& value, const Facts& known) {
  SetItems items;
  bool lists_only = !form.items.empty();
  for (const ast::ExprId id : form.items) {
    const ast::Expr& node = at(id);
    const auto* path = std::get_if<ast::Path>(&node.node);
    const auto* list = std::get_if<ast::List>(&node.node);
    const auto from_let = path != nullptr ? let_list(*path) : std::vector<std::pair<const ast::Literal*, Span>>();
    if (!from_let.empty()) {
      for (const auto& [literal, span] : from_let) {
        add_constant_item(items, *literal, span, value.type);
      }
    } else if (list != nullptr) {
      for (const ast::ExprId item : list->items) {
        add_constant_item(items, std::get<ast::Literal>(at(item).node), at(item).span, value.type);
      }
    } else if (const ast::Literal* literal = literal_of(*tree_, id)) {
      lists_only = false;
      add_constant_item(items, *literal, node.span, value.type);
    } else {
      lists_only = false;
      TypedValue other = value_at(id, known);
      items.bad = items.bad || other.bad || !comparable(value, other, form.op_span, false);
      items.others.push_back(std::move(other));
    }
  }
  if (!items.bad && !form.listed && !lists_only) {
    const Span span = at(form.items.front()).span;
    auto& diagnostic = diagnostics().add(Code::types_differ, span, "`in` needs a list", "a single value");
    const std::string text = "(" + context_.text(span) + ")";
    diagnostic.help("write " + ticked(text) + ", or compare with `==`",
                    Fix{{{span, text}}, Applicability::machine, "fix"});
    items.bad = true;
  }
  return items;
}

Condition Expressions::membership(const ast::In& form, Span span, bool positive, const Facts& known, Site site) {
  const TypedValue value = value_at(form.value, known);
  if (value.bad) {
    return bad_condition();
  }
  if (value.type.kind == Kind::object) {
    diagnostics()
        .add(Code::types_differ, value.span, "an object cannot be in a list of values", "an object")
        .help("ask for one of its fields");
    return bad_condition();
  }
  SetItems items = set_items(form, value, known);
  if (items.bad) {
    return bad_condition();
  }
  const bool negative = form.negated == positive;
  if (negative) {
    bool present = require_present(value, span, known, site);
    for (const TypedValue& other : items.others) {
      present = present && require_present(other, span, known, site);
    }
    if (!present) {
      return bad_condition();
    }
  }
  Program& program = context_.program;
  const Index set = program.add_set({std::move(items.constants), {}, {}});
  Condition result = test(negative ? Op::not_in_set : Op::in_set, value, set, {&value}, negative);
  if (!items.others.empty()) {
    std::vector<Index> parts = {result.node};
    for (const TypedValue& other : items.others) {
      parts.push_back(program.add_node({negative ? Op::unequal : Op::equal, {}, value.node, other.node}));
    }
    result.node = program.add_list_node(negative ? Op::all_of : Op::any_of, parts);
  }
  return result;
}

Condition Expressions::text_test(const ast::TextTest& form, Span span, bool positive, const Facts& known, Site site) {
  const TypedValue value = value_at(form.value, known);
  const ast::Literal* literal = literal_of(*tree_, form.pattern);
  const TypedValue pattern =
      literal != nullptr && literal->kind == ast::LiteralKind::text
          ? literal_as(*literal, at(form.pattern).span, {Kind::text, Wire::natural, 0, 0, kNone}, false)
          : value_at(form.pattern, known);
  if (value.bad || pattern.bad) {
    return bad_condition();
  }
  for (const TypedValue* side : {&value, &pattern}) {
    if (side->type.kind == Kind::text || side->type.kind == Kind::any) {
      continue;
    }
    auto& diagnostic = diagnostics().add(Code::types_differ, side->span,
                                         "`" + std::string(words_of(form.op)) + "` is about texts", noun(side->type));
    diagnostic.help(side->type.kind == Kind::object ? "ask for one of its fields"
                                                    : "compare it with `==`, `<` or `in`");
    note_use(diagnostic);
    return bad_condition();
  }
  const bool negative = form.negated == positive;
  if (negative && (!require_present(value, span, known, site) || !require_present(pattern, span, known, site) ||
                   !require_kind(value, span) || !require_kind(pattern, span))) {
    return bad_condition();
  }
  return test(op_of(form.op, !negative), value, pattern.node, {&value, &pattern}, negative);
}

Condition Expressions::exists(const ast::Exists& form, bool positive, const Facts& known) {
  Program& program = context_.program;
  if (is_condition(*tree_, form.path)) {
    const Condition inner = check(form.path, true, known, {form.path, Parent::none});
    Condition always;
    always.bad = inner.bad;
    always.node = program.add_node({positive ? Op::always : Op::never, {}, kNone, kNone});
    return always; // a condition always has an answer
  }
  const TypedValue value = value_at(form.path, known);
  if (value.bad) {
    return bad_condition();
  }
  Condition result;
  result.node = program.add_node({positive ? Op::exists : Op::not_exists, {}, value.node, kNone});
  (positive ? result.when_true : result.when_false).add(value.reads);
  return result;
}

Condition Expressions::is_null(const ast::IsNull& form, Span span, bool positive) {
  const TypedValue value = value_at(form.value, {});
  if (value.bad) {
    return bad_condition();
  }
  const Node node = context_.program.nodes[value.node];
  if (node.op != Op::field) {
    diagnostics()
        .add(Code::misused_name, span, "`is null` asks for a JSON null in the event", "not a field of the event")
        .help("write the field itself; for a value that is there, write `exists`");
    return bad_condition();
  }
  Condition result;
  result.node = context_.program.add_node({positive ? Op::is_null : Op::is_not_null, {}, value.node, kNone});
  // A null is not a present value, but what holds it is there.
  Facts& facts = positive ? result.when_true : result.when_false;
  if (const Index parent = shape().fields[node.a].parent; parent != kNone && parent != 0) {
    add_present(facts, parent);
  }
  return result;
}

/// Something that is no test by its form: true, false, a bool, or the name of a definition.
Condition Expressions::truth(ast::ExprId expr, bool positive, const Facts& known, Site site) {
  const ast::Expr& node = at(expr);
  if (const ast::Literal* literal = literal_of(*tree_, expr);
      literal != nullptr && literal->kind == ast::LiteralKind::boolean) {
    Condition result;
    const bool holds = (literal->token == "true") == positive;
    result.node = context_.program.add_node({holds ? Op::always : Op::never, {}, kNone, kNone});
    return result;
  }
  const auto* path = std::get_if<ast::Path>(&node.node);
  const auto def =
      path != nullptr && path->steps.size() == 1 ? context_.defs.find(path->steps.front().text) : context_.defs.end();
  if (def == context_.defs.end()) {
    return truth_of(value_at(expr, known), positive, known, site);
  }
  DefInfo& info = def->second;
  if (info.open) {
    value_at(expr, known); // reports the circle
    return bad_condition();
  }
  info.used = true;
  if (!enter(info, node.span)) {
    return bad_condition();
  }
  const ast::File* const outside = tree_;
  tree_ = info.tree;
  // A fix for a test in the definition is made there, where nothing stands around it.
  const Condition result = check(info.def->body, positive, known, {info.def->body, Parent::none});
  tree_ = outside;
  leave(info, result.bad);
  return result;
}

Condition Expressions::truth_of(const TypedValue& value, bool positive, const Facts& known, Site site) {
  if (value.bad) {
    return bad_condition();
  }
  if (value.type.kind != Kind::boolean && value.type.kind != Kind::any) {
    const std::string text = context_.text(value.span);
    auto& diagnostic =
        diagnostics().add(Code::not_a_condition, value.span,
                          ticked(text) + " is " + noun(value.type) + ", not a condition", "neither true nor false");
    diagnostic.help("compare it with something, or ask whether it is there: `exists " + text + "`");
    note_use(diagnostic);
    return bad_condition();
  }
  if (!positive && (!require_present(value, at(site.whole).span, known, site) || !require_kind(value, value.span))) {
    return bad_condition();
  }
  return test(positive ? Op::is_true : Op::is_false, value, kNone, {&value}, !positive);
}

} // namespace millrace::dsl::check
