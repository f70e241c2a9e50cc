// Tests of values against each other: comparisons, and tests of texts. A negative test needs its values proven present,
// and of the kind that it is about.
#include <re2/re2.h>

#include "dsl/check/expressions.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::int64_t kMaxRegexMemory = std::int64_t{1} << 20; // of the compiled form, bytes

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

/// The kind that a test against a value of this type is about; none: one that JSON does not have.
std::optional<JsonType> kind_of_test(Kind kind) {
  if (is_number(kind)) {
    return JsonType::number;
  }
  return kind == Kind::text      ? std::optional(JsonType::string)
         : kind == Kind::boolean ? std::optional(JsonType::boolean)
                                 : std::nullopt;
}

} // namespace

Condition Expressions::test(Op op, const TypedValue& left, Index right, const std::vector<const TypedValue*>& read,
                            bool negative, bool ignoring_case) {
  Condition condition;
  condition.node =
      context_.program.add_node({op, {}, left.node, right, ignoring_case ? kIgnoringCase : std::uint8_t{0}});
  if (!negative) {
    for (const TypedValue* value : read) {
      condition.when_true.add(value->reads);
    }
  }
  return condition;
}

bool Expressions::refuse_null(ast::ExprId literal, ast::ExprId other) {
  const ast::Literal* found = literal_of(*tree_, literal);
  if (found == nullptr || found->kind != ast::LiteralKind::null) {
    return false;
  }
  const std::string name = context_.text(at(other).span);
  auto& diagnostic = diagnostics().add(Code::compared_with_null, at(literal).span,
                                       "nothing is equal or unequal to `null`", "this test would never be decided");
  diagnostic.help("for a value that is there:   `exists " + name + "`");
  diagnostic.help("for a JSON null that is sent: `" + name + " is null`");
  note_use(diagnostic);
  return true;
}

bool Expressions::comparable(const TypedValue& left, const TypedValue& right, Span op, bool ordered) {
  const Kind a = left.type.kind;
  const Kind b = right.type.kind;
  const bool any = a == Kind::any || b == Kind::any;
  const bool any_fits = any && (a == Kind::any || is_json_scalar(a)) && (b == Kind::any || is_json_scalar(b));
  const bool same = a == b && a != Kind::object && a != Kind::list;
  if (!any_fits && !same && !(is_number(a) && is_number(b))) {
    auto& diagnostic =
        diagnostics().add(Code::types_differ, op, noun(left.type) + " cannot be compared with " + noun(right.type),
                          "these have nothing in common");
    diagnostic.label(left.span, noun(left.type)).label(right.span, noun(right.type));
    const TypedValue& unknown = a == Kind::any ? left : right;
    const TypedValue& other = a == Kind::any ? right : left;
    diagnostic.help(any && is_scalar(other.type.kind)
                        ? "say what it is: " + ticked(context_.text(unknown.span) + " as " +
                                                      type_word(context_.program, plain(other.type.kind)))
                        : "compare values of one type");
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

Condition Expressions::compare(const ast::Compare& form, Span span, bool positive, const Facts& known, Site site) {
  const ast::Literal* left_literal = literal_of(*tree_, form.left);
  const ast::Literal* right_literal = literal_of(*tree_, form.right);
  if (refuse_null(form.left, form.right) || refuse_null(form.right, form.left)) {
    return bad_condition();
  }
  const bool listed_only = !form.ignoring_case;
  TypedValue left;
  TypedValue right;
  if (left_literal != nullptr && right_literal == nullptr) {
    right = value_at(form.right, known);
    left = right.bad ? right : literal_as(*left_literal, at(form.left).span, right.type, listed_only);
  } else {
    left = value_at(form.left, known);
    if (left.bad || right_literal == nullptr || left_literal != nullptr) {
      right = value_at(form.right, known);
    } else {
      right = literal_as(*right_literal, at(form.right).span, left.type, listed_only);
    }
  }
  if (left.bad || right.bad) {
    return bad_condition();
  }
  const bool about_equality = form.op == ast::CompareOp::equal || form.op == ast::CompareOp::not_equal;
  if (!comparable(left, right, form.op_span, !about_equality) ||
      (form.ignoring_case && refuse_ignoring_case(form.op_span, {&left, &right}, about_equality))) {
    return bad_condition();
  }
  const bool negative = (form.op == ast::CompareOp::not_equal) == positive;
  if (negative) {
    const bool both_any = left.type.kind == Kind::any && right.type.kind == Kind::any;
    const bool kind_decided = about_equality && !both_any;
    const auto kind =
        both_any ? std::nullopt : kind_of_test(left.type.kind == Kind::any ? right.type.kind : left.type.kind);
    if (!require_present(left, span, known, site) || !require_present(right, span, known, site) ||
        (!kind_decided && (!require_kind(left, kind, span, known) || !require_kind(right, kind, span, known)))) {
      return bad_condition();
    }
  }
  const Op op = op_of(positive ? form.op : inverse(form.op));
  Condition result = test(op, left, right.node, {&left, &right}, negative, form.ignoring_case);
  if (op == Op::equal && !form.ignoring_case) {
    for (const auto& [side, other] : {std::pair(&left, &right), std::pair(&right, &left)}) {
      if (const Node& node = context_.program.nodes[other->node]; node.op == Op::constant) {
        add_required(result.when_true, *side, {&context_.program.constants[node.a], 1});
      }
    }
  }
  return result;
}

/// `ignoring case` is about texts, and `==` and `!=` of them.
bool Expressions::refuse_ignoring_case(Span op, std::initializer_list<const TypedValue*> values, bool about_equality) {
  for (const TypedValue* value : values) {
    if (about_equality && (value->type.kind == Kind::text || value->type.kind == Kind::any)) {
      continue;
    }
    auto& diagnostic = about_equality
                           ? report_type(*value, "`ignoring case` is about texts, not " + noun(value->type))
                           : diagnostics().add(Code::types_differ, op, "`ignoring case` knows no order of texts",
                                               "only `==`, `!=`, `in` and tests of texts");
    diagnostic.help("leave `ignoring case` out, or compare `lower(…)` of both");
    return true;
  }
  return false;
}

/// Whether it can be a text; if not, that is reported.
bool Expressions::is_textual(const TypedValue& value, const std::string& what) {
  if (value.type.kind == Kind::text || value.type.kind == Kind::any) {
    return true;
  }
  auto& diagnostic = report_type(value, ticked(what) + " is about texts");
  diagnostic.help(value.type.kind == Kind::object ? "ask for one of its fields"
                  : value.type.kind == Kind::list ? "an element of a list: `\"x\" in " + context_.text(value.span) +
                                                        "`, `some x in " + context_.text(value.span) + " satisfies (…)`"
                                                  : "compare it with `==`, `<` or `in`");
  return false;
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
  const std::string what(words_of(form.op));
  if (!is_textual(value, what) || !is_textual(pattern, what)) {
    return bad_condition();
  }
  const bool negative = form.negated == positive;
  if (negative &&
      (!require_present(value, span, known, site) || !require_present(pattern, span, known, site) ||
       !require_kind(value, JsonType::string, span, known) || !require_kind(pattern, JsonType::string, span, known))) {
    return bad_condition();
  }
  return test(op_of(form.op, !negative), value, pattern.node, {&value, &pattern}, negative, form.ignoring_case);
}

Condition Expressions::matches(const ast::Matches& form, Span span, bool positive, const Facts& known, Site site) {
  const TypedValue value = value_at(form.value, known);
  const auto pattern = regex(form);
  if (value.bad || !pattern || !is_textual(value, "matches")) {
    return bad_condition();
  }
  const bool negative = form.negated == positive;
  if (negative && (!require_present(value, span, known, site) || !require_kind(value, JsonType::string, span, known))) {
    return bad_condition();
  }
  return test(negative ? Op::not_matches : Op::matches, value, *pattern, {&value}, negative);
}

std::optional<Index> Expressions::regex(const ast::Matches& form) {
  const bool folded = form.regex.back() == 'i';
  const std::string_view written = form.regex.substr(1, form.regex.size() - (folded ? 3 : 2));
  std::string pattern = folded ? "(?i)" : "";
  for (std::size_t i = 0; i < written.size(); ++i) {
    const bool slash = written[i] == '\\' && i + 1 < written.size() && written[i + 1] == '/';
    pattern += slash ? "" : std::string(1, written[i]);
    if (written[i] == '\\' && !slash && i + 1 < written.size()) {
      pattern += written[++i];
    }
  }
  if (const auto known = regexes_.find(pattern); known != regexes_.end()) {
    return known->second;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxRegexMemory);
  auto compiled = std::make_shared<const re2::RE2>(pattern, options);
  if (compiled->ok()) {
    std::vector<Regex>& regexes = context_.program.regexes;
    const auto number = static_cast<Index>(regexes.size());
    regexes.push_back({pattern, std::move(compiled)});
    regexes_.emplace(std::move(pattern), number);
    return number;
  }
  Span place = form.regex_span;
  const std::string& part = compiled->error_arg();
  if (const std::size_t found = written.find(part); found != std::string_view::npos && !part.empty()) {
    place.begin += 1 + static_cast<std::uint32_t>(found);
    place.end = place.begin + static_cast<std::uint32_t>(part.size());
  }
  auto& diagnostic = diagnostics().add(Code::bad_regex, place, "this regular expression cannot be", compiled->error());
  diagnostic.help("it is written as RE2 has it: no look-around and no references back, and not too large");
  note_use(diagnostic);
  return std::nullopt;
}

} // namespace millrace::dsl::check
