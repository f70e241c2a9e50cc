// `in`: values, ranges, blocks of addresses, lists and lookups. What is constant becomes one set, the rest is asked one
// by one.
#include "dsl/check/expressions.hpp"
#include "dsl/syntax/text.hpp"
#include "dsl/values/compare.hpp"
#include "dsl/values/fold.hpp"
#include "dsl/values/ip.hpp"

namespace millrace::dsl::check {

std::vector<std::pair<const ast::Literal*, Span>> Expressions::let_list(const ast::Path& path) const {
  std::vector<std::pair<const ast::Literal*, Span>> items;
  const auto let = context_.lets.find(path.steps.front().text);
  if (path.steps.size() != 1 || let == context_.lets.end()) {
    return items;
  }
  const ast::File& tree = *let->second.tree;
  if (const auto* list = std::get_if<ast::List>(&tree[let->second.let->value].node)) {
    context_.use(path.steps.front().span, let->second.let->name.span);
    for (const ast::ExprId item : list->items) {
      items.emplace_back(std::get_if<ast::Literal>(&tree[item].node), tree[item].span);
    }
  }
  return items;
}

/// Whether the text is a block of addresses, which then is in the set, or was reported.
bool Expressions::add_block(SetItems& items, const ast::Literal& literal, Span span, const TypedValue& value) {
  if (literal.kind != ast::LiteralKind::text) {
    return false;
  }
  const auto cidr = parse_cidr(literal.text.text);
  const Kind kind = value.type.kind;
  if (!cidr || (kind != Kind::ip && kind != Kind::text && kind != Kind::any)) {
    return false;
  }
  if (kind == Kind::ip && !cidr->host_bits) {
    items.set.blocks.push_back(cidr->block);
    return true;
  }
  items.bad = true;
  if (kind != Kind::ip) {
    const std::string text = context_.text(value.span);
    auto& diagnostic = diagnostics().add(Code::types_differ, span, noun(value.type) + " is in no block of addresses",
                                         "a block of addresses");
    diagnostic.label(value.span, noun(value.type));
    diagnostic.help("declare the field as `ip`, or read it as one: " + ticked(text + " as ip"));
    note_use(diagnostic);
    return true;
  }
  std::string block(kIpSize, '\0');
  block.resize(static_cast<std::size_t>(write_ip(block.data(), cidr->block.address) - block.data()));
  const int bits = cidr->block.bits - (is_v4(cidr->block.address) && cidr->block.bits >= 96 ? 96 : 0);
  const std::string text = quote_text(block + "/" + std::to_string(bits));
  auto& diagnostic =
      diagnostics().add(Code::literal_does_not_fit, span, ticked(literal.token) + " is no block of addresses",
                        "bits are set behind the prefix");
  diagnostic.help("the block around it is " + ticked(text), Fix{{{span, text}}, Applicability::choice, "fix"});
  note_use(diagnostic);
  return true;
}

void Expressions::add_constant_item(SetItems& items, const ast::Literal& literal, Span span, const TypedValue& value,
                                    bool ignoring_case) {
  if (literal.kind == ast::LiteralKind::null) {
    diagnostics()
        .add(Code::compared_with_null, span, "nothing is equal or unequal to `null`", "never in the set")
        .help("remove it; whether a value is there is asked with `exists`");
    items.bad = true;
    return;
  }
  if (add_block(items, literal, span, value)) {
    return;
  }
  const TypedValue made = literal_as(literal, span, value.type, !ignoring_case);
  items.bad = items.bad || made.bad;
  if (made.bad) {
    return;
  }
  Value constant = context_.program.constants[context_.program.nodes[made.node].a];
  if (ignoring_case && constant.tag() == Tag::text) {
    constant = context_.program.constants[context_.program.add_constant(Value::of_text(folded(constant.as_text())))];
  }
  items.set.values.push_back(constant);
}

void Expressions::add_range(SetItems& items, const ast::Range& range, const TypedValue& value, const Facts& known) {
  const auto bound = [&](ast::ExprId id) {
    const ast::Literal* literal = literal_of(*tree_, id);
    return literal != nullptr ? literal_as(*literal, at(id).span, value.type, false) : value_at(id, known);
  };
  SetItems::Bounds bounds{bound(range.low), bound(range.high), range.open};
  const Span span = bounds.low.span | bounds.high.span;
  items.bad = items.bad || bounds.low.bad || bounds.high.bad || !comparable(value, bounds.low, span, true) ||
              !comparable(value, bounds.high, span, true);
  if (items.bad) {
    return;
  }
  const Program& program = context_.program;
  const Node& low = program.nodes[bounds.low.node];
  const Node& high = program.nodes[bounds.high.node];
  if (low.op != Op::constant || high.op != Op::constant) {
    items.ranges.push_back(std::move(bounds));
    return;
  }
  const ValueRange constant{program.constants[low.a], program.constants[high.a], range.open};
  const auto order = dsl::compare(constant.low, constant.high);
  if (!order || *order > 0 || (*order == 0 && range.open)) {
    auto& diagnostic =
        diagnostics().add(Code::empty_range, span, "nothing is in this range",
                          order && *order > 0 ? "it ends before it begins" : "without its end, it is empty");
    if (order && *order > 0) {
      const std::string text =
          context_.text(bounds.high.span) + (range.open ? "..<" : "..") + context_.text(bounds.low.span);
      diagnostic.help("the smaller one stands first", Fix{{{span, text}}, Applicability::choice, "fix"});
    } else {
      diagnostic.help("`..` has its end in it, `..<` has not");
    }
    note_use(diagnostic);
    items.bad = true;
    return;
  }
  items.set.ranges.push_back(constant);
}

/// One of what stands behind `in`; false where it is a single value, which stands in parentheses only.
bool Expressions::add_item(SetItems& items, const ast::In& form, ast::ExprId id, const TypedValue& value,
                           const Facts& known) {
  const ast::Expr& node = at(id);
  if (const auto* range = std::get_if<ast::Range>(&node.node)) {
    add_range(items, *range, value, known);
    return true;
  }
  if (const auto* list = std::get_if<ast::List>(&node.node)) {
    for (const ast::ExprId item : list->items) {
      add_constant_item(items, std::get<ast::Literal>(at(item).node), at(item).span, value, form.ignoring_case);
    }
    return true;
  }
  if (const auto* path = std::get_if<ast::Path>(&node.node);
      path != nullptr && path->steps.size() == 1 && binding_of(path->steps.front().text) == nullptr) {
    if (const LookupInfo* lookup = lookup_of(*path)) {
      items.bad = items.bad || lookup->index == kNone || !key_fits(*lookup, value);
      items.lookups.push_back(lookup);
      return true;
    }
    const auto from_let = let_list(*path);
    for (const auto& [literal, span] : from_let) {
      add_constant_item(items, *literal, span, value, form.ignoring_case);
    }
    if (!from_let.empty()) {
      return true;
    }
  }
  if (const ast::Literal* literal = literal_of(*tree_, id)) {
    const bool is_block = add_block(items, *literal, node.span, value);
    if (!is_block) {
      add_constant_item(items, *literal, node.span, value, form.ignoring_case);
    }
    return is_block;
  }
  TypedValue other = value_at(id, known);
  if (other.bad) {
    items.bad = true;
    return true;
  }
  const bool any_list = !form.listed && other.type.kind == Kind::any;
  if (other.type.kind == Kind::list || any_list) {
    other = as_list(std::move(other), known);
    TypedValue element = other;
    element.type = element_of(context_.program, other.type);
    items.bad = items.bad || other.bad || !comparable(value, element, form.op_span, false);
    items.lists.push_back(std::move(other));
    return true;
  }
  items.bad = items.bad || !comparable(value, other, form.op_span, false);
  items.values.push_back(std::move(other));
  return false;
}

Expressions::SetItems Expressions::set_items(const ast::In& form, const TypedValue& value, const Facts& known) {
  SetItems items;
  bool whole = true;
  for (const ast::ExprId id : form.items) {
    whole = add_item(items, form, id, value, known) && whole;
  }
  if (!items.bad && !form.listed && !whole) {
    const Span span = at(form.items.front()).span;
    auto& diagnostic = diagnostics().add(Code::types_differ, span, "`in` needs a list", "a single value");
    const std::string text = "(" + context_.text(span) + ")";
    diagnostic.help("write " + ticked(text) + ", or compare with `==`",
                    Fix{{{span, text}}, Applicability::machine, "fix"});
    items.bad = true;
  }
  if (!items.bad && form.ignoring_case &&
      (!items.set.ranges.empty() || !items.ranges.empty() || !items.lookups.empty())) {
    diagnostics()
        .add(Code::types_differ, form.op_span, "`ignoring case` is about texts in a list",
             items.lookups.empty() ? "a range has an order" : "a lookup has its keys as they are")
        .help("leave `ignoring case` out");
    items.bad = true;
  }
  return items;
}

/// A condition for each part; one of them holds, or if `negative` each says that the value is not in it.
std::vector<Index> Expressions::set_tests(const SetItems& items, const TypedValue& value, bool negative,
                                          bool ignoring_case) {
  Program& program = context_.program;
  const std::uint8_t detail = ignoring_case ? kIgnoringCase : 0;
  std::vector<Index> tests;
  const auto add = [&](Op positive, Op opposite, Index other, std::uint8_t how) {
    tests.push_back(program.add_node({negative ? opposite : positive, {}, value.node, other, how}));
  };
  if (items.has_set() ||
      (items.values.empty() && items.ranges.empty() && items.lists.empty() && items.lookups.empty())) {
    add(Op::in_set, Op::not_in_set, program.add_set(items.set), detail);
  }
  for (const TypedValue& other : items.values) {
    add(Op::equal, Op::unequal, other.node, detail);
  }
  for (const TypedValue& list : items.lists) {
    add(Op::in_list, Op::not_in_list, list.node, detail);
  }
  for (const LookupInfo* lookup : items.lookups) {
    add(Op::in_lookup, Op::not_in_lookup, lookup->index, 0);
  }
  for (const SetItems::Bounds& bounds : items.ranges) {
    const Op below =
        bounds.open ? (negative ? Op::greater_equal : Op::less) : (negative ? Op::greater : Op::less_equal);
    const Index ends[] = {
        program.add_node({negative ? Op::less : Op::greater_equal, {}, value.node, bounds.low.node}),
        program.add_node({below, {}, value.node, bounds.high.node}),
    };
    tests.push_back(program.add_list_node(negative ? Op::any_of : Op::all_of, ends));
  }
  return tests;
}

Condition Expressions::membership(const ast::In& form, Span span, bool positive, const Facts& known, Site site) {
  const ast::Literal* literal = literal_of(*tree_, form.value);
  TypedValue value = value_at(form.value, known);
  if (value.bad) {
    return bad_condition();
  }
  if (value.type.kind == Kind::object || value.type.kind == Kind::list) {
    auto& diagnostic = report_type(value, noun(value.type) + " cannot be in a list of values");
    diagnostic.help(value.type.kind == Kind::object ? "ask for one of its fields"
                                                    : "ask for its elements: `some x in … satisfies (x in (…))`");
    return bad_condition();
  }
  if (literal != nullptr && form.items.size() == 1) {
    value = literal_in(*literal, value, form.items.front(), known);
  }
  SetItems items = set_items(form, value, known);
  if (items.bad || value.bad || (form.ignoring_case && refuse_ignoring_case(form.op_span, {&value}, true))) {
    return bad_condition();
  }
  const bool negative = form.negated == positive;
  if (negative) {
    bool good = require_present(value, span, known, site);
    const auto require = [&](const TypedValue& other) { good = good && require_present(other, span, known, site); };
    for (const TypedValue& other : items.values) {
      require(other);
    }
    for (const TypedValue& list : items.lists) {
      require(list);
    }
    for (const SetItems::Bounds& bounds : items.ranges) {
      require(bounds.low);
      require(bounds.high);
    }
    // Whether a value of another kind is outside a range is not clear; it is not one of the values.
    std::optional<JsonType> kind;
    if (!items.set.ranges.empty()) {
      kind = items.set.ranges.front().low.tag() == Tag::text ? JsonType::string : JsonType::number;
    } else if (!items.ranges.empty()) {
      kind = items.ranges.front().low.type.kind == Kind::text ? JsonType::string : JsonType::number;
    }
    if (!good || (kind && !require_kind(value, kind, span, known))) {
      return bad_condition();
    }
  }
  const std::vector<Index> tests = set_tests(items, value, negative, form.ignoring_case);
  Condition result;
  result.node =
      tests.size() == 1 ? tests.front() : context_.program.add_list_node(negative ? Op::all_of : Op::any_of, tests);
  if (negative) {
    return result;
  }
  result.when_true.add(value.reads);
  if (tests.size() == 1 && items.lists.size() == 1) {
    result.when_true.add(items.lists.front().reads);
  }
  if (tests.size() == 1 && items.lookups.size() == 1) {
    result.when_true.add(row_fact(items.lookups.front()->index, value.node));
  }
  if (tests.size() == 1 && !items.set.values.empty() && items.set.ranges.empty() && !form.ignoring_case) {
    add_required(result.when_true, value, items.set.values);
  }
  return result;
}

/// `"a" in tags`: a literal takes the type of the elements, or of the keys.
TypedValue Expressions::literal_in(const ast::Literal& literal, const TypedValue& natural, ast::ExprId item,
                                   const Facts& known) {
  if (const LookupInfo* lookup = lookup_named(item); lookup != nullptr) {
    return lookup->index == kNone
               ? natural
               : literal_as(literal, natural.span, context_.program.lookups[lookup->index].key, false);
  }
  const auto* path = std::get_if<ast::Path>(&at(item).node);
  const bool is_call = std::holds_alternative<ast::Call>(at(item).node);
  if ((path == nullptr || !let_list(*path).empty()) && !is_call) {
    return natural;
  }
  const TypedValue list = value_at(item, known);
  return list.bad || list.type.kind != Kind::list || !is_scalar(element_of(context_.program, list.type).kind)
             ? natural
             : literal_as(literal, natural.span, element_of(context_.program, list.type), true);
}

} // namespace millrace::dsl::check
