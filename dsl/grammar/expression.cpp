// Grammar of expressions. The next form of expression goes where its precedence is (docs/rules/conditions.md, "Order of
// operators"): a level of its own, or an alternative of `relation` for a test, of `primary` for a value.
#include "dsl/grammar/expression.hpp"

#include "dsl/grammar/mixed_logic.hpp"
#include "dsl/grammar/tokens.hpp"
#include "dsl/grammar/types.hpp"

namespace millrace::dsl::grammar {
namespace {

using boost::fusion::at_c;

constexpr std::uint32_t kMaxRow = 64; // of `??`, of arithmetic, of `-`
constexpr std::size_t kMaxSteps = 64; // of a path

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
    s.expr(left).depth = std::max(s.expr(left).depth, s.expr(right).depth + 1);
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
constexpr auto complete_matches = [](auto& ctx) {
  ParseState& s = state(ctx);
  ast::Matches test = x3::_attr(ctx);
  test.value = x3::_val(ctx);
  x3::_val(ctx) = s.add(test, span_of(s, test.value) | test.regex_span);
};
constexpr auto complete_is_null = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId value = x3::_val(ctx);
  x3::_val(ctx) = s.add(ast::IsNull{value}, span_of(s, value) | x3::_attr(ctx));
};
constexpr auto complete_is_kind = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId value = x3::_val(ctx);
  x3::_val(ctx) = s.add(ast::IsKind{value, x3::_attr(ctx)}, span_of(s, value) | x3::_attr(ctx).span);
};

/// `_val` is the test, to which the span of `ignoring case` is the attribute.
constexpr auto ignore_case = [](auto& ctx) {
  ParseState& s = state(ctx);
  ast::Expr& expr = s.expr(x3::_val(ctx));
  expr.span = expr.span | x3::_attr(ctx);
  if (auto* compare = std::get_if<ast::Compare>(&expr.node)) {
    compare->ignoring_case = true;
  } else if (auto* in = std::get_if<ast::In>(&expr.node)) {
    in->ignoring_case = true;
  } else if (auto* test = std::get_if<ast::TextTest>(&expr.node)) {
    test->ignoring_case = true;
  }
};

template <bool Every>
constexpr auto make_quantifier = [](auto& ctx) {
  ParseState& s = state(ctx);
  const auto& parts = x3::_attr(ctx);
  const ast::ExprId body = at_c<3>(parts);
  x3::_val(ctx) =
      s.add(ast::Quantifier{Every, at_c<1>(parts), at_c<2>(parts), body}, at_c<0>(parts) | span_of(s, body));
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

template <bool Open>
constexpr auto make_range = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId low = x3::_val(ctx);
  const ast::ExprId high = x3::_attr(ctx);
  x3::_val(ctx) = s.add(ast::Range{low, high, Open}, span_of(s, low) | span_of(s, high));
};

/// How many operators of the kind stand in a row up to here; nothing when one more is too many.
template <typename Form>
std::optional<std::uint32_t> row_depth(ParseState& s, ast::ExprId left, ast::ExprId right, std::string_view what) {
  const auto* row = std::get_if<Form>(&s.expr(left).node);
  const std::uint32_t depth = row != nullptr && !s.expr(left).parenthesized ? row->depth + 1 : 1;
  if (depth > kMaxRow) {
    s.report_too_deep(span_of(s, right), what);
    return std::nullopt;
  }
  return depth;
}

constexpr auto make_coalesce = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId left = x3::_val(ctx);
  const ast::ExprId right = x3::_attr(ctx);
  if (const auto depth = row_depth<ast::Coalesce>(s, left, right, "more than 64 `??` in a row")) {
    x3::_val(ctx) = s.add(ast::Coalesce{left, right, *depth}, span_of(s, left) | span_of(s, right));
  }
};

template <ast::ArithmeticOp Operator>
constexpr auto make_arithmetic = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId left = x3::_val(ctx);
  const Span sign = at_c<0>(x3::_attr(ctx));
  const ast::ExprId right = at_c<1>(x3::_attr(ctx));
  if (const auto depth = row_depth<ast::Arithmetic>(s, left, right, "more than 64 operators of arithmetic in a row")) {
    x3::_val(ctx) = s.add(ast::Arithmetic{Operator, left, right, sign, *depth}, span_of(s, left) | span_of(s, right));
  }
};

/// The innermost `-` is the last one.
constexpr auto make_negation = [](auto& ctx) {
  ParseState& s = state(ctx);
  const std::vector<Span>& signs = at_c<0>(x3::_attr(ctx));
  ast::ExprId value = at_c<1>(x3::_attr(ctx));
  if (signs.size() > kMaxRow) {
    s.report_too_deep(signs[kMaxRow], "more than 64 `-` in a row");
  } else {
    for (auto sign = signs.rbegin(); sign != signs.rend(); ++sign) {
      value = s.add(ast::Negate{value}, *sign | span_of(s, value));
    }
  }
  x3::_val(ctx) = value;
};

constexpr auto make_as = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId value = x3::_val(ctx);
  const Span span = span_of(s, value) | x3::_attr(ctx).span;
  x3::_val(ctx) = s.add(ast::As{value, std::make_shared<const ast::Type>(std::move(x3::_attr(ctx)))}, span);
};

constexpr auto parenthesize = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId inner = at_c<1>(x3::_attr(ctx));
  s.expr(inner).span = at_c<0>(x3::_attr(ctx)) | at_c<2>(x3::_attr(ctx));
  s.expr(inner).parenthesized = true;
  x3::_val(ctx) = inner;
};

/// The condition of `satisfies` without its parentheses is read all the same. Where it ends is plain if it is one test.
constexpr auto miss_parentheses = [](auto& ctx) {
  ParseState& s = state(ctx);
  x3::_val(ctx) = x3::_attr(ctx);
  const ast::Expr& body = s.expr(x3::_attr(ctx));
  s.report_no_parentheses(body.span, !std::holds_alternative<ast::Logical>(body.node));
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
/// A path grows; behind everything else the step is a node of its own.
template <typename Context>
void add_step(Context& ctx, ast::Step step) {
  ParseState& s = state(ctx);
  ast::Expr& expr = s.expr(x3::_val(ctx));
  auto* path = std::get_if<ast::Path>(&expr.node);
  if (path == nullptr || expr.parenthesized) {
    x3::_val(ctx) = s.add(ast::Member{x3::_val(ctx), step}, expr.span | step.span);
    return;
  }
  if (path->steps.size() == kMaxSteps) {
    s.report_too_deep(step.span, "more than 64 parts of a path");
    return;
  }
  expr.span = expr.span | step.span;
  path->steps.push_back(step);
}
constexpr auto member_step = [](auto& ctx) { add_step(ctx, x3::_attr(ctx)); };
constexpr auto index_step = [](auto& ctx) {
  const ast::Integer& index = at_c<0>(x3::_attr(ctx));
  add_step(ctx, ast::Step{ast::Step::Kind::index, index.token, index.span});
  state(ctx).expr(x3::_val(ctx)).span.end = at_c<1>(x3::_attr(ctx)).end;
};
constexpr auto key_step = [](auto& ctx) {
  const ast::Text& key = at_c<0>(x3::_attr(ctx));
  add_step(ctx, ast::Step{ast::Step::Kind::key, key.text, key.span});
  state(ctx).expr(x3::_val(ctx)).span.end = at_c<1>(x3::_attr(ctx)).end;
};
constexpr auto subscript = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::ExprId base = x3::_val(ctx);
  const Span span = span_of(s, base) | at_c<1>(x3::_attr(ctx));
  x3::_val(ctx) = s.add(ast::Subscript{base, at_c<0>(x3::_attr(ctx))}, span);
};

struct Arguments {
  std::vector<ast::ExprId> values;
  Span close;
};
/// What was read as a name is one of a function.
constexpr auto make_call = [](auto& ctx) {
  ParseState& s = state(ctx);
  const ast::Step name = std::get<ast::Path>(s.expr(x3::_val(ctx)).node).steps.front();
  Arguments arguments = std::move(x3::_attr(ctx));
  x3::_val(ctx) = s.add(ast::Call{{name.text, name.span}, std::move(arguments.values)}, name.span | arguments.close);
};

constexpr auto finish = [](auto& ctx) {
  x3::_val(ctx) = x3::_attr(ctx);
  report_mixed_logic(state(ctx), x3::_attr(ctx));
};

constexpr keyword word(std::string_view text) { return {text, ""}; }
constexpr keyword wanted(std::string_view text, std::string_view phrase) { return {text, phrase}; }
auto const word_in = wanted("in", "`in`");

struct disjunction_tag;
struct conjunction_tag;
struct negation_tag;
struct test_tag;
struct quantifier_tag;
struct quantified_tag;
struct membership_tag;
struct item_tag;
struct value_tag;
struct sum_tag;
struct product_tag;
struct unary_tag;
struct postfix_tag;
struct reference_tag;
struct primary_tag;
struct arguments_tag;
struct list_tag;

x3::rule<disjunction_tag, ast::ExprId> const disjunction = "a condition";
x3::rule<conjunction_tag, ast::ExprId> const conjunction = "a condition";
x3::rule<negation_tag, ast::ExprId> const negation = "a condition";
x3::rule<test_tag, ast::ExprId> const test = "a test";
x3::rule<quantifier_tag, ast::ExprId> const quantifier = "a test of a list";
x3::rule<quantified_tag, ast::ExprId> const quantified = "a condition in parentheses";
x3::rule<membership_tag, ast::In> const membership = "a set";
x3::rule<item_tag, ast::ExprId> const item = "a value or a range";
x3::rule<value_tag, ast::ExprId> const value = "a value";
x3::rule<sum_tag, ast::ExprId> const sum = "a value";
x3::rule<product_tag, ast::ExprId> const product = "a value";
x3::rule<unary_tag, ast::ExprId> const unary = "a value";
x3::rule<postfix_tag, ast::ExprId> const postfix = "a value";
x3::rule<reference_tag, ast::ExprId> const reference = "a value";
x3::rule<primary_tag, ast::ExprId> const primary = "a value";
x3::rule<arguments_tag, Arguments> const arguments = "arguments";
x3::rule<list_tag, ast::ExprId> const list = "a list";

// Members of these sequences keep their own attribute, so that each action gets what it stands behind. Where two
// alternatives begin alike, nothing that can hold a whole expression stands in the first: it would be read twice, and
// within itself twice again.
auto const disjunction_def = conjunction[first_operand] >> *(word("or") >> conjunction[more_operands<false>]);
auto const conjunction_def = negation[first_operand] >> *(word("and") >> negation[more_operands<true>]);
auto const negation_def = (keyword_at("not", "") >> negation)[make_not] | test[first_operand];

auto const test_def = (keyword_at("exists", "") >> reference)[make_exists] | quantifier[first_operand] |
                      value[first_operand] >> -((((comparison >> value)[complete_compare] | membership[complete_in] |
                                                  (text_operator >> value)[complete_text_test]) >>
                                                 -(ignoring_case[ignore_case])) |
                                                matches_operator[complete_matches] |
                                                (word("is") >> (keyword_at("null", "`null`")[complete_is_null] |
                                                                kind_word[complete_is_kind])));

auto const quantifier_def = (keyword_at("some", "") >> name >> word_in >> reference >>
                             wanted("satisfies", "`satisfies`") >> quantified)[make_quantifier<false>] |
                            (keyword_at("every", "") >> name >> word_in >> reference >>
                             wanted("satisfies", "`satisfies`") >> quantified)[make_quantifier<true>];
auto const quantified_def = (sign_at("(", "`(`") >> disjunction >> sign_at(")", "`)`"))[parenthesize] |
                            (!sign("(", "") >> disjunction)[miss_parentheses];

auto const membership_def = in_operator[start_in] >>
                            ((sign("(", "") >> item[listed_item] >> *(sign(",", "`,`") >> item[listed_item]) >>
                              sign_at(")", "`)`")[end_of_list]) |
                             (!sign("(", "") >> item[single_item]));
auto const item_def = value[first_operand] >>
                      -((sign("..<", "") >> value[make_range<true>]) | (sign("..", "") >> value[make_range<false>]));

auto const value_def = sum[first_operand] >> *(sign("??", "") >> sum[make_coalesce]);
auto const sum_def = product[first_operand] >>
                     *((sign_at("+", "") >> product)[make_arithmetic<ast::ArithmeticOp::add>] |
                       (sign_at("-", "") >> product)[make_arithmetic<ast::ArithmeticOp::subtract>]);
auto const product_def = unary[first_operand] >>
                         *((sign_at("*", "") >> unary)[make_arithmetic<ast::ArithmeticOp::multiply>] |
                           (sign_at("/", "") >> unary)[make_arithmetic<ast::ArithmeticOp::divide>]);
auto const unary_def = (minus_signs >> postfix)[make_negation];

auto const postfix_def = reference[first_operand] >> -(word("as") >> type[make_as]);
auto const reference_def = primary[first_operand] >>
                           *((sign(".", "") >> member[member_step]) |
                             (sign("[", "") >>
                              ((integer >> sign_at("]", "`]`"))[index_step] | (text >> sign_at("]", "`]`"))[key_step] |
                               (disjunction >> sign_at("]", "`]`"))[subscript])));

auto const primary_def = constant[first_operand] | list[first_operand] |
                         (name[begin_path] >> -(&sign("(", "") >> arguments[make_call])) |
                         (sign_at("(", "") >> disjunction >> sign_at(")", "`)`"))[parenthesize];
auto const arguments_def = sign("(", "") >> -(disjunction[push<&Arguments::values>] >>
                                              *(sign(",", "`,`") >> disjunction[push<&Arguments::values>])) >>
                           sign_at(")", "`)`")[set<&Arguments::close>];

auto const list_def = sign_at("[", "")[begin_list] >>
                      -(constant[list_item] >> *(sign(",", "`,`") >> constant[list_item])) >>
                      sign_at("]", "`]`")[grow_span];

auto const path_def = name[begin_path] >> *((sign(".", "") >> member[member_step]) |
                                            (sign("[", "") >> ((integer >> sign_at("]", "`]`"))[index_step] |
                                                               (text >> sign_at("]", "`]`"))[key_step])));

auto const constant_def = literal[first_operand];
auto const expression_def = disjunction[finish];

} // namespace

BOOST_SPIRIT_DEFINE(expression, constant, path)
namespace {
BOOST_SPIRIT_DEFINE(disjunction, conjunction, negation, test, quantifier, quantified, membership, item)
BOOST_SPIRIT_DEFINE(value, sum, product, unary, postfix, reference, primary, arguments, list)
} // namespace

BOOST_SPIRIT_INSTANTIATE(expression_type, iterator_type, context_type)
BOOST_SPIRIT_INSTANTIATE(constant_type, iterator_type, context_type)
BOOST_SPIRIT_INSTANTIATE(path_type, iterator_type, context_type)

} // namespace millrace::dsl::grammar
