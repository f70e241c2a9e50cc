// Arithmetic. Sums and products of ints and decimals are exact, since the digits that they can need are counted here;
// what may not be exact is a quotient or a float, by the author's own word.
#include "dsl/check/expressions.hpp"
#include "dsl/values/number.hpp"

namespace millrace::dsl::check {
namespace {

constexpr int kInt64Digits = 19;

std::string_view sign_of(ast::ArithmeticOp op) {
  switch (op) {
    case ast::ArithmeticOp::add:
      return "+";
    case ast::ArithmeticOp::subtract:
      return "-";
    case ast::ArithmeticOp::multiply:
      return "*";
    case ast::ArithmeticOp::divide:
      return "/";
  }
  return "";
}

Op op_of(ast::ArithmeticOp op) {
  switch (op) {
    case ast::ArithmeticOp::add:
      return Op::add;
    case ast::ArithmeticOp::subtract:
      return Op::subtract;
    case ast::ArithmeticOp::multiply:
      return Op::multiply;
    case ast::ArithmeticOp::divide:
      return Op::divide;
  }
  return Op::never;
}

bool is_exact(Kind kind) { return kind == Kind::integer || kind == Kind::decimal; }
bool is_time(Kind kind) { return kind == Kind::timestamp || kind == Kind::duration; }

bool is_zero(const Value& value) {
  return value.tag() == Tag::floating ? value.as_double() == 0 : exact_of(value).coefficient == 0;
}

} // namespace

Expressions::Digits Expressions::digits_of(const TypedValue& value) const {
  const Node& node = context_.program.nodes[value.node];
  if (node.op == Op::constant && context_.program.constants[node.a].is_number() && is_exact(value.type.kind)) {
    Int128 left = exact_of(context_.program.constants[node.a]).coefficient;
    const int scale = shortest(exact_of(context_.program.constants[node.a])).scale;
    left = shortest(exact_of(context_.program.constants[node.a])).coefficient;
    int digits = 0;
    for (; left != 0; left /= 10) {
      ++digits;
    }
    return {std::max(digits - scale, 0), scale, true};
  }
  if (value.type.kind == Kind::integer) {
    return {value.type.precision == 0 ? kInt64Digits : value.type.precision, 0, true};
  }
  return {value.type.precision - value.type.scale, value.type.scale, value.type.precision != 0};
}

ValueType Expressions::exact_type(const Digits& digits, bool whole) {
  ValueType type = plain(whole ? Kind::integer : Kind::decimal);
  if (digits.exact) {
    type.precision = static_cast<std::uint8_t>(std::min(std::max(digits.integer + digits.fraction, 1), kMaxDigits));
    type.scale = static_cast<std::uint8_t>(std::min(digits.fraction, kMaxDigits));
  }
  return type;
}

/// A literal takes the type of what it meets where there is a question: a float's, and times, which are texts.
TypedValue Expressions::operand(ast::ExprId expr, const TypedValue* other, ast::ArithmeticOp op, const Facts& known) {
  const ast::Literal* literal = literal_of(*tree_, expr);
  if (literal == nullptr || other == nullptr || other->bad) {
    return value_at(expr, known);
  }
  const Span span = at(expr).span;
  if (other->type.kind == Kind::floating && literal->kind == ast::LiteralKind::number) {
    return literal_as(*literal, span, other->type, false);
  }
  if (is_time(other->type.kind) && literal->kind == ast::LiteralKind::text) {
    const bool moment = other->type.kind == Kind::timestamp && op == ast::ArithmeticOp::subtract &&
                        std::holds_alternative<Value>(dsl::check::value_of(*literal, plain(Kind::timestamp)));
    return literal_as(*literal, span, plain(moment ? Kind::timestamp : Kind::duration), false);
  }
  return natural(*literal, span);
}

std::optional<ValueType> Expressions::time_result(const TypedValue& left, const TypedValue& right,
                                                  ast::ArithmeticOp op) const {
  const Kind a = left.type.kind;
  const Kind b = right.type.kind;
  if (!is_time(a) || !is_time(b)) {
    return std::nullopt;
  }
  if (op == ast::ArithmeticOp::add) {
    const bool two_moments = a == Kind::timestamp && b == Kind::timestamp;
    return two_moments ? std::nullopt : std::optional(plain(a == b ? Kind::duration : Kind::timestamp));
  }
  if (op == ast::ArithmeticOp::subtract && (a == Kind::timestamp || b == Kind::duration)) {
    return plain(a == b ? Kind::duration : Kind::timestamp);
  }
  return std::nullopt;
}

/// The type of a sum, product or quotient of exact numbers; false if it needs too many digits, which is reported.
bool Expressions::number_result(const ast::Arithmetic& form, const TypedValue& left, const TypedValue& right,
                                TypedValue& value) {
  const Digits a = digits_of(left);
  const Digits b = digits_of(right);
  if (form.op == ast::ArithmeticOp::divide) {
    value.type = plain(Kind::decimal);
    return true;
  }
  Digits sum{std::max(a.integer, b.integer) + 1, std::max(a.fraction, b.fraction), true};
  if (form.op == ast::ArithmeticOp::multiply) {
    sum = {a.integer + b.integer, a.fraction + b.fraction, true};
  }
  if (a.exact && b.exact && sum.integer + sum.fraction <= kMaxDigits) {
    value.type = exact_type(sum, left.type.kind == Kind::integer && right.type.kind == Kind::integer);
    return true;
  }
  const TypedValue& inexact = a.exact ? right : left;
  const bool quotient = !a.exact || !b.exact;
  const std::string headline =
      quotient ? ticked(context_.text(inexact.span)) + " is a quotient, which has all the 38 digits that are exact"
               : ticked(context_.text(value.span)) + " may have " + std::to_string(sum.integer + sum.fraction) +
                     " digits, and 38 are exact";
  auto& diagnostic = diagnostics().add(Code::too_many_digits, form.op_span, headline,
                                       "`" + std::string(sign_of(form.op)) + "` would need more");
  const TypedValue& side = quotient ? inexact : left;
  const std::string text = context_.text(side.span);
  const bool simple = text.find_first_of(" +-*/?") == std::string::npos || text.ends_with(")");
  const std::string base = simple ? text : "(" + text + ")";
  const std::string floated = base + " as float";
  diagnostic.help("if it need not be exact: " + ticked(floated),
                  Fix{{{side.span, floated}}, Applicability::choice, "fix"});
  diagnostic.help("if it has fewer digits, say how many: " + ticked(base + " as decimal(18,6)"));
  note_use(diagnostic);
  return false;
}

TypedValue Expressions::arithmetic(const ast::Arithmetic& form, Span span, const Facts& known) {
  const bool literal_first = literal_of(*tree_, form.left) != nullptr;
  TypedValue left;
  TypedValue right;
  if (literal_first) {
    right = value_at(form.right, known);
    left = operand(form.left, &right, form.op, known);
  } else {
    left = value_at(form.left, known);
    right = operand(form.right, &left, form.op, known);
  }
  TypedValue value;
  value.span = span;
  depend(value, left);
  depend(value, right);
  if (value.bad) {
    return value;
  }
  for (const TypedValue* side : {&left, &right}) {
    if (side->type.kind == Kind::any) {
      const std::string text = context_.text(side->span);
      report_type(*side, ticked(text) + " may be of any kind, and arithmetic needs a number")
          .help("say which it is: " + ticked(text + " as int") + ", " + ticked(text + " as decimal(18,6)") + " or " +
                ticked(text + " as float"));
      value.bad = true;
      return value;
    }
  }
  const Kind a = left.type.kind;
  const Kind b = right.type.kind;
  std::string why;
  if (const auto time = time_result(left, right, form.op)) {
    value.type = *time;
    why = time->kind == Kind::timestamp ? "the sum may lie outside the years 1 to 9999" : "the sum may be too long";
  } else if (is_number(a) && is_number(b) && (a == Kind::floating || b == Kind::floating)) {
    value.type = plain(Kind::floating);
    why = "a float that is not finite is no value";
  } else if (is_exact(a) && is_exact(b)) {
    if (!number_result(form, left, right, value)) {
      value.bad = true;
      return value;
    }
    const Node& divisor = context_.program.nodes[right.node];
    const bool constant_divisor = divisor.op == Op::constant && !is_zero(context_.program.constants[divisor.a]);
    if (form.op == ast::ArithmeticOp::divide && !constant_divisor) {
      why = ticked(context_.text(right.span)) + " may be 0, and then there is no quotient";
    } else if (form.op == ast::ArithmeticOp::divide &&
               digits_of(left).integer + digits_of(right).fraction > kMaxDigits) {
      why = "the quotient may have more than 38 digits before the point";
    }
  } else {
    auto& diagnostic = diagnostics().add(
        Code::types_differ, form.op_span,
        "`" + std::string(sign_of(form.op)) + "` cannot take " + noun(left.type) + " and " + noun(right.type),
        "these do not go together");
    diagnostic.label(left.span, noun(left.type)).label(right.span, noun(right.type));
    diagnostic.help(a == Kind::text || b == Kind::text
                        ? "texts are joined by `concat(a, b)`; a text is read as a number by `x as int`"
                        : "it takes numbers; a timestamp and a duration go with `+` and `-`");
    note_use(diagnostic);
    value.bad = true;
    return value;
  }
  value.node = context_.program.add_node({op_of(form.op), value.type, left.node, right.node});
  if (!why.empty()) {
    may_fail(value, known, why);
  }
  return value;
}

TypedValue Expressions::negate(const ast::Negate& form, Span span, const Facts& known) {
  TypedValue value = value_at(form.operand, known);
  value.span = span;
  if (value.bad) {
    return value;
  }
  const Kind kind = value.type.kind;
  if (!is_number(kind) && kind != Kind::duration) {
    report_type(value, "`-` takes a number or a duration, not " + noun(value.type))
        .help(kind == Kind::any ? "say which it is: `x as int`" : "remove it");
    value.bad = true;
    return value;
  }
  if (kind == Kind::integer) {
    value.type = exact_type(digits_of(value), true);
  }
  value.node = context_.program.add_node({Op::negate, value.type, value.node, kNone});
  if (kind == Kind::duration) {
    may_fail(value, known, "the duration may be too long");
  }
  return value;
}

} // namespace millrace::dsl::check
