// Conditions. `not` is pushed down to the tests on the way, so that every test is known to be a positive or a negative
// one; a negative test needs its values proven present, since nothing else would decide it when they are not.
#include "dsl/check/expressions.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::size_t kMaxQuantifiers = 2; // one inside another

std::optional<JsonType> json_type(std::string_view word) {
  constexpr std::pair<std::string_view, JsonType> kKinds[] = {{"string", JsonType::string},
                                                              {"number", JsonType::number},
                                                              {"bool", JsonType::boolean},
                                                              {"list", JsonType::list},
                                                              {"object", JsonType::object}};
  for (const auto& [name, kind] : kKinds) {
    if (word == name) {
      return kind;
    }
  }
  return std::nullopt;
}

/// `1%` as parts of 10,000; nothing if it is more than all, or finer than that.
std::optional<std::uint32_t> share_of(std::string_view token) {
  const auto exact = decimal_from_token(token.substr(0, token.size() - 1));
  const auto parts = exact ? to_int64(shortest(Decimal{exact->coefficient * 100, exact->scale})) : std::nullopt;
  return parts && *parts >= 0 && *parts <= 10'000 ? std::optional(static_cast<std::uint32_t>(*parts)) : std::nullopt;
}

} // namespace

Condition Expressions::bad_condition() {
  Condition condition;
  condition.bad = true;
  return condition;
}

Condition Expressions::condition(const ast::File& tree, ast::ExprId expr, const Facts& known,
                                 const Question& question) {
  tree_ = &tree;
  question_ = question;
  return check(expr, true, known, {expr, Parent::none});
}

Condition Expressions::check(ast::ExprId expr, bool positive, const Facts& known, Site site) {
  if (too_deep(at(expr).span)) {
    return bad_condition();
  }
  ++level_;
  Condition condition = check_form(expr, positive, known, site);
  --level_;
  return condition;
}

Condition Expressions::check_form(ast::ExprId expr, bool positive, const Facts& known, Site site) {
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
  if (const auto* form = std::get_if<ast::Matches>(&node.node)) {
    return matches(*form, node.span, positive, known, site);
  }
  if (const auto* form = std::get_if<ast::Exists>(&node.node)) {
    return exists(*form, positive, known);
  }
  if (const auto* form = std::get_if<ast::IsNull>(&node.node)) {
    return is_null(*form, node.span, positive);
  }
  if (const auto* form = std::get_if<ast::IsKind>(&node.node)) {
    return is_kind(*form, node.span, positive, known, site);
  }
  if (const auto* form = std::get_if<ast::Quantifier>(&node.node)) {
    return quantifier(*form, node.span, positive, known, site);
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

Condition Expressions::exists(const ast::Exists& form, bool positive, const Facts& known) {
  Program& program = context_.program;
  const ast::ExprNode& inner = at(form.path).node;
  const bool is_name = std::holds_alternative<ast::Path>(inner) || std::holds_alternative<ast::Call>(inner);
  if (is_name && is_condition(*tree_, form.path)) {
    const Condition condition = check(form.path, true, known, {form.path, Parent::none});
    Condition always;
    always.bad = condition.bad;
    always.node = program.add_node({positive ? Op::always : Op::never, {}, kNone, kNone});
    return always; // a condition always has an answer
  }
  TypedValue value;
  if (const auto* at_key = std::get_if<ast::Subscript>(&inner)) {
    value = subscript(*at_key, at(form.path).span, nullptr, known, true); // the row itself
  } else if (const auto* path = std::get_if<ast::Path>(&inner);
             path != nullptr && path->steps.size() == 2 && lookup_of(*path) != nullptr) {
    value = lookup_path(*lookup_of(*path), path->steps, at(form.path).span, known, true);
  } else {
    value = value_at(form.path, known);
  }
  if (!value.bad && program.nodes[value.node].op == Op::constant) {
    auto& diagnostic = diagnostics().add(Code::misused_name, value.span, "a constant is always there", "a constant");
    diagnostic.help("`exists` asks for a field, or for what is worked out from fields");
    note_use(diagnostic);
    value.bad = true;
  }
  if (value.bad) {
    return bad_condition();
  }
  Condition result;
  result.node = program.add_node({positive ? Op::exists : Op::not_exists, {}, value.node, kNone});
  (positive ? result.when_true : result.when_false).add(value.reads);
  return result;
}

/// `p is string`: of a value whose kind is not known from its declaration.
Condition Expressions::is_kind(const ast::IsKind& form, Span span, bool positive, const Facts& known, Site site) {
  const TypedValue value = value_at(form.value, known);
  const auto kind = json_type(form.kind.text);
  if (value.bad || !kind) {
    return bad_condition();
  }
  if (value.type.kind != Kind::any) {
    const std::string text = context_.text(value.span);
    auto& diagnostic =
        diagnostics().add(Code::kind_declared, span,
                          ticked(text) + " is " + noun(value.type) + " by its type, so its kind is no question",
                          "always the same answer");
    diagnostic.help("whether it is there is asked by `exists " + text + "`");
    note_use(diagnostic);
    return bad_condition();
  }
  if (!positive && !require_present(value, span, known, site)) {
    return bad_condition();
  }
  Condition result;
  result.node = context_.program.add_node(
      {positive ? Op::is_kind : Op::is_not_kind, {}, value.node, kNone, static_cast<std::uint8_t>(*kind)});
  Facts& facts = positive ? result.when_true : result.when_false;
  facts.add(value.reads);
  facts.add(kind_fact(value.node, *kind));
  return result;
}

bool Expressions::refuse_clash(const ast::Name& variable) {
  std::string what;
  if (binding_of(variable.text) != nullptr) {
    what = "a name that is in use around here";
  } else if (is_function(variable.text)) {
    what = "a function";
  } else if (context_.defs.contains(variable.text) || context_.lets.contains(variable.text) ||
             context_.lookups.contains(variable.text)) {
    what = "a definition, constant or lookup";
  } else if (const Index field = find_field(0, variable.text); field != kNone && shape().fields[field].declared) {
    what = "a field of " + ticked(shape().name);
  }
  if (what.empty()) {
    return false;
  }
  auto& diagnostic = diagnostics().add(Code::name_clash, variable.span, ticked(variable.text) + " is also " + what,
                                       "this variable would hide it");
  diagnostic.help("give the variable another name");
  note_use(diagnostic);
  return true;
}

/// `not some` is `every` of the opposite, and the other way round.
Condition Expressions::quantifier(const ast::Quantifier& form, Span span, bool positive, const Facts& known,
                                  Site site) {
  if (quantifiers_.size() == kMaxQuantifiers) {
    auto& diagnostic = diagnostics().add(Code::nested_too_deeply, span,
                                         "`some` and `every` stand in one another once, not deeper", "a third one");
    diagnostic.help("ask the outer lists for less, or declare the event so that it is flatter");
    note_use(diagnostic);
    return bad_condition();
  }
  const TypedValue list = as_list(value_at(form.list, known), known);
  if (list.bad || refuse_clash(form.variable) || (!positive && !require_present(list, span, known, site))) {
    return bad_condition();
  }
  Binding variable;
  variable.name = form.variable.text;
  variable.declared_at = form.variable.span;
  variable.type = element_of(context_.program, list.type);
  variable.element = static_cast<Index>(quantifiers_.size());
  variable.may_be_null = variable.type.kind == Kind::any;
  if (context_.uses != nullptr) {
    context_.uses->define({NameKind::variable,
                           std::string(form.variable.text),
                           form.variable.span,
                           span,
                           type_word(context_.program, variable.type),
                           std::string(event_.event->name.text),
                           false,
                           {}});
  }
  Facts inside = known;
  inside.add(list.reads);
  const Question outside = std::exchange(question_, {"count here", "no", "yes", "an element"});
  scope_->names.push_back(variable);
  quantifiers_.push_back(++quantifiers_made_);
  const Condition body = check(form.body, positive, inside, {form.body, Parent::body});
  quantifiers_.pop_back();
  scope_->names.pop_back();
  question_ = outside;
  if (body.bad) {
    return bad_condition();
  }
  const Op op = form.every == positive ? Op::every : Op::some;
  Condition result;
  result.node = context_.program.add_node({op, {}, list.node, body.node, static_cast<std::uint8_t>(variable.element)});
  (positive ? result.when_true : result.when_false).add(list.reads);
  return result;
}

/// `sampled(x, 1%)`
Condition Expressions::sampled(const ast::Call& form, Span span, bool positive, const Facts& known, Site site) {
  constexpr std::string_view kSignature = "sampled(value, 1%)";
  if (!check_count("sampled", kSignature, span, form.arguments.size(), 2, 2)) {
    return bad_condition();
  }
  const TypedValue value = value_at(form.arguments[0], known);
  const ast::Literal* share = literal_of(*tree_, form.arguments[1]);
  const Span place = at(form.arguments[1]).span;
  const auto refuse = [&](Code code, const std::string& headline, const std::string& label) {
    auto& diagnostic = diagnostics().add(code, place, headline, label);
    diagnostic.help("it is written " + ticked(kSignature));
    note_use(diagnostic);
    return bad_condition();
  };
  if (share == nullptr || share->kind != ast::LiteralKind::percent) {
    return refuse(Code::literal_needed, "the share of `sampled` is a percentage that is written out",
                  "not a percentage");
  }
  const auto below = share_of(share->token);
  if (!below) {
    return refuse(Code::literal_does_not_fit, ticked(share->token) + " is no share",
                  "between 0% and 100%, with at most two digits behind the point");
  }
  if (value.bad) {
    return bad_condition();
  }
  if (value.type.kind == Kind::object || value.type.kind == Kind::list) {
    report_type(value, "`sampled` takes a value that has a text form, not " + noun(value.type))
        .help("it is written " + ticked(kSignature));
    return bad_condition();
  }
  if (!positive && (!require_present(value, span, known, site) ||
                    (!has_text_form(value, known) && !require_kind(value, JsonType::string, span, known)))) {
    return bad_condition();
  }
  Program& program = context_.program;
  program.samples.push_back({salt_, *below});
  const auto sample = static_cast<Index>(program.samples.size() - 1);
  return test(positive ? Op::sampled : Op::not_sampled, value, sample, {&value}, !positive);
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
  if (const auto* path = std::get_if<ast::Path>(&node.node);
      path != nullptr && path->steps.size() == 1 && binding_of(path->steps.front().text) == nullptr) {
    if (const auto def = context_.defs.find(path->steps.front().text); def != context_.defs.end()) {
      context_.use(path->steps.front().span, def->second.def->name.span);
      return def_condition(def->second, nullptr, node.span, positive, known);
    }
  }
  if (const auto* call = std::get_if<ast::Call>(&node.node)) {
    if (DefInfo* def = called_def(*call)) {
      return def_condition(*def, call, node.span, positive, known);
    }
    if (call->function.text == "sampled") {
      return sampled(*call, node.span, positive, known, site);
    }
  }
  return truth_of(value_at(expr, known), positive, known, site);
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
  if (!positive && (!require_present(value, at(site.whole).span, known, site) ||
                    !require_kind(value, JsonType::boolean, value.span, known))) {
    return bad_condition();
  }
  Condition result = test(positive ? Op::is_true : Op::is_false, value, kNone, {&value}, !positive);
  const Value answer = Value::of_bool(positive);
  add_required(result.when_true, value, {&answer, 1});
  return result;
}

} // namespace millrace::dsl::check
