// Grammar of expressions. The next form of expression goes where its precedence is (rule-language reference, "Order of
// operators"): a level of its own, or an alternative of `relation` for a test, of `primary` for a value.
#include "dsl/grammar/expression.hpp"

#include "dsl/grammar/mixed_logic.hpp"
#include "dsl/grammar/tokens.hpp"

namespace millrace::dsl::grammar {
namespace {

using boost::fusion::at_c;

constexpr std::uint32_t kMaxCoalesce = 64; // whoever walks the tree may recurse

Span span_of(ParseState& s, ast::ExprId id) { return s.expr(id).span; }

/// The first operand is the value as long as no other follows.
constexpr auto first_operand = [](auto& ctx) { x3::_val(ctx) = x3::_attr(ctx); };

template <bool IsAnd>
constexpr auto more_operands = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId left = x3::_val(ctx);
  const ast::ExprId right = x3::_attr(ctx);
  const Span span = span_of(s, left) | span_of(s, right);
  auto* list = std::get_if<ast::Logical>(&s.expr(left).node);
  if (list != nullptr && list->is_and == IsAnd && !s.expr(left).parenthesized) {
    list->operands.push_back(right);
    s.expr(left).span = span;
    return;
  }
  x3::_val(ctx) = s.add(ast::Logical{IsAnd, {left, right}}, span);
};

constexpr auto make_not = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId operand = at_c<1>(x3::_attr(ctx));
  x3::_val(ctx) = s.add(ast::Not{operand}, at_c<0>(x3::_attr(ctx)) | span_of(s, operand));
};

constexpr auto make_exists = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId operand = at_c<1>(x3::_attr(ctx));
  x3::_val(ctx) = s.add(ast::Exists{operand}, at_c<0>(x3::_attr(ctx)) | span_of(s, operand));
};

/// `_val` holds the left side; the attribute is the test without it.
constexpr auto complete_compare = [](auto& ctx) {
  ParseState& s = state(ctx);
  ast::Compare test = at_c<0>(x3::_attr(ctx));
  test.left = x3::_val(ctx);
  test.right = at_c<1>(x3::_attr(ctx));
  x3::_val(ctx) = s.add(test, span_of(s, test.left) | span_of(s, test.right));
};
constexpr auto complete_text_test = [](auto& ctx) {
  ParseState& s = state(ctx);
  ast::TextTest test = at_c<0>(x3::_attr(ctx));
  test.value = x3::_val(ctx);
  test.pattern = at_c<1>(x3::_attr(ctx));
  x3::_val(ctx) = s.add(test, span_of(s, test.value) | span_of(s, test.pattern));
};
constexpr auto complete_in = [](auto& ctx) {
  ParseState& s = state(ctx);
  ast::In test = x3::_attr(ctx);
  test.value = x3::_val(ctx);
  const Span span{span_of(s, test.value).file, span_of(s, test.value).begin, test.op_span.end};
  x3::_val(ctx) = s.add(std::move(test), span);
};
constexpr auto complete_is_null = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId value = x3::_val(ctx);
  x3::_val(ctx) = s.add(ast::IsNull{value}, span_of(s, value) | x3::_attr(ctx));
};

constexpr auto start_in = [](auto& ctx) { x3::_val(ctx) = std::move(x3::_attr(ctx)); };
constexpr auto listed_item = [](auto& ctx) {
  x3::_val(ctx).listed = true;
  x3::_val(ctx).items.push_back(x3::_attr(ctx));
};
constexpr auto single_item = [](auto& ctx) {
  x3::_val(ctx).items.push_back(x3::_attr(ctx));
  x3::_val(ctx).op_span = x3::_val(ctx).op_span | span_of(state(ctx), x3::_attr(ctx));
};
/// The span of the operator grows to the end of the test, from which the test's own span is made.
constexpr auto end_of_list = [](auto& ctx) { x3::_val(ctx).op_span = x3::_val(ctx).op_span | x3::_attr(ctx); };

constexpr auto make_coalesce = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId left = x3::_val(ctx);
  const ast::ExprId right = x3::_attr(ctx);
  const auto* row = std::get_if<ast::Coalesce>(&s.expr(left).node);
  const std::uint32_t depth = row != nullptr && !s.expr(left).parenthesized ? row->depth + 1 : 1;
  if (depth > kMaxCoalesce) {
    s.report_too_deep(span_of(s, right));
    return;
  }
  x3::_val(ctx) = s.add(ast::Coalesce{left, right, depth}, span_of(s, left) | span_of(s, right));
};

constexpr auto parenthesize = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId inner = at_c<1>(x3::_attr(ctx));
  s.expr(inner).span = at_c<0>(x3::_attr(ctx)) | at_c<2>(x3::_attr(ctx));
  s.expr(inner).parenthesized = true;
  x3::_val(ctx) = inner;
};

constexpr auto begin_list = [](auto& ctx) { x3::_val(ctx) = state(ctx).add(ast::List{}, x3::_attr(ctx)); };
constexpr auto list_item = [](auto& ctx) {
  std::get<ast::List>(state(ctx).expr(x3::_val(ctx)).node).items.push_back(x3::_attr(ctx));
};
constexpr auto grow_span = [](auto& ctx) {
  ast::Expr& expr = state(ctx).expr(x3::_val(ctx));
  expr.span = expr.span | x3::_attr(ctx);
};

constexpr auto begin_path = [](auto& ctx) {
  const ast::Name& first = x3::_attr(ctx);
  ast::Path path{{{ast::Step::Kind::name, first.text, first.span}}};
  x3::_val(ctx) = state(ctx).add(std::move(path), first.span);
};
template <typename Context>
void add_step(Context& ctx, ast::Step step) {
  ast::Expr& expr = state(ctx).expr(x3::_val(ctx));
  expr.span = expr.span | step.span;
  std::get<ast::Path>(expr.node).steps.push_back(step);
}
constexpr auto member_step = [](auto& ctx) { add_step(ctx, x3::_attr(ctx)); };
constexpr auto index_step = [](auto& ctx) {
  const ast::Integer& index = x3::_attr(ctx);
  add_step(ctx, ast::Step{ast::Step::Kind::index, index.token, index.span});
};
constexpr auto key_step = [](auto& ctx) {
  const ast::Text& key = x3::_attr(ctx);
  add_step(ctx, ast::Step{ast::Step::Kind::key, key.text, key.span});
};

constexpr auto finish = [](auto& ctx) {
  x3::_val(ctx) = x3::_attr(ctx);
  report_mixed_logic(state(ctx), x3::_attr(ctx));
};

constexpr keyword word(std::string_view text) { return {text, ""}; }

struct disjunction_tag;
struct conjunction_tag;
struct negation_tag;
struct test_tag;
struct membership_tag;
struct value_tag;
struct primary_tag;
struct list_tag;

x3::rule<disjunction_tag, ast::ExprId> const disjunction = "a condition";
x3::rule<conjunction_tag, ast::ExprId> const conjunction = "a condition";
x3::rule<negation_tag, ast::ExprId> const negation = "a condition";
x3::rule<test_tag, ast::ExprId> const test = "a test";
x3::rule<membership_tag, ast::In> const membership = "a set";
x3::rule<value_tag, ast::ExprId> const value = "a value";
x3::rule<primary_tag, ast::ExprId> const primary = "a value";
x3::rule<list_tag, ast::ExprId> const list = "a list";

// Members of these sequences keep their own attribute, so that each action gets what it stands behind.
auto const disjunction_def = conjunction[first_operand] >> *(word("or") >> conjunction[more_operands<false>]);
auto const conjunction_def = negation[first_operand] >> *(word("and") >> negation[more_operands<true>]);
auto const negation_def = (keyword_at("not", "") >> negation)[make_not] | test[first_operand];

auto const test_def = (keyword_at("exists", "") >> path)[make_exists] |
                      value[first_operand] >> -((comparison >> value)[complete_compare] | membership[complete_in] |
                                                (text_operator >> value)[complete_text_test] |
                                                (word("is") >> keyword_at("null", "`null`"))[complete_is_null]);

auto const membership_def = in_operator[start_in] >>
                            ((sign("(", "") >> value[listed_item] >> *(sign(",", "`,`") >> value[listed_item]) >>
                              sign_at(")", "`)`")[end_of_list]) |
                             value[single_item]);

auto const value_def = primary[first_operand] >> *(sign("??", "") >> primary[make_coalesce]);

auto const primary_def = constant[first_operand] | list[first_operand] | path[first_operand] |
                         (sign_at("(", "") >> disjunction >> sign_at(")", "`)`"))[parenthesize];

auto const list_def = sign_at("[", "")[begin_list] >>
                      -(constant[list_item] >> *(sign(",", "`,`") >> constant[list_item])) >>
                      sign_at("]", "`]`")[grow_span];

auto const path_def = name[begin_path] >>
                      *(sign(".", "") >> member[member_step] |
                        sign("[", "") >> (integer[index_step] | text[key_step]) >> sign_at("]", "`]`")[grow_span]);

auto const constant_def = literal[first_operand];
auto const expression_def = disjunction[finish];

} // namespace

BOOST_SPIRIT_DEFINE(expression, constant, path)
namespace {
BOOST_SPIRIT_DEFINE(disjunction, conjunction, negation, test, membership, value, primary, list)
}

BOOST_SPIRIT_INSTANTIATE(expression_type, iterator_type, context_type)
BOOST_SPIRIT_INSTANTIATE(constant_type, iterator_type, context_type)
BOOST_SPIRIT_INSTANTIATE(path_type, iterator_type, context_type)

} // namespace millrace::dsl::grammar
