// The one iterator and context that every grammar file is instantiated for. White space and comments are skipped by the
// token parsers (tokens.hpp), so there is no skipper in the context.
#pragma once

#include <boost/spirit/home/x3.hpp>

#include "dsl/grammar/parse_state.hpp"

namespace millrace::dsl::grammar {

namespace x3 = boost::spirit::x3;

struct state_tag;
using iterator_type = char const*;
using context_type = x3::context<state_tag, ParseState>;

template <typename Context>
ParseState& state(Context const& context) {
  return x3::get<state_tag>(context);
}

/// `spanned[p]` around the whole right side of a rule stores in `_val.span` where p matched, from its first token to
/// the end of its last. (A rule's own `on_success` is no way to it: X3 hands it no attribute when the rule has
/// actions.)
template <typename Subject>
struct spanned_directive : x3::unary_parser<Subject, spanned_directive<Subject>> {
  using base_type = x3::unary_parser<Subject, spanned_directive<Subject>>;
  static bool const is_pass_through_unary = true;
  static bool const handles_container = Subject::handles_container;

  constexpr explicit spanned_directive(Subject const& subject) : base_type(subject) {}

  template <typename Iterator, typename Context, typename RuleContext, typename Attribute>
  bool parse(Iterator& first, Iterator const& last, Context const& context, RuleContext& value,
             Attribute& attribute) const {
    Iterator const begin = skip_blank(first, last);
    if (!this->subject.parse(first, last, context, value, attribute)) {
      return false;
    }
    value.span = state(context).span(begin, first);
    return true;
  }
};
struct spanned_generator {
  template <typename Subject>
  constexpr auto operator[](Subject const& subject) const {
    using Parser = typename x3::extension::as_parser<Subject>::value_type;
    return spanned_directive<Parser>(x3::as_parser(subject));
  }
};
inline constexpr spanned_generator spanned{};

/// `bounded[p]` goes one level deeper; past the deepest one the piece is given up. For what nests without parentheses.
template <typename Subject>
struct bounded_directive : x3::unary_parser<Subject, bounded_directive<Subject>> {
  using base_type = x3::unary_parser<Subject, bounded_directive<Subject>>;
  static bool const is_pass_through_unary = true;
  static bool const handles_container = Subject::handles_container;

  constexpr explicit bounded_directive(Subject const& subject) : base_type(subject) {}

  template <typename Iterator, typename Context, typename RuleContext, typename Attribute>
  bool parse(Iterator& first, Iterator const& last, Context const& context, RuleContext& value,
             Attribute& attribute) const {
    if (!state(context).enter(first)) {
      return false;
    }
    const bool matched = this->subject.parse(first, last, context, value, attribute);
    state(context).leave();
    return matched;
  }
};
struct bounded_generator {
  template <typename Subject>
  constexpr auto operator[](Subject const& subject) const {
    using Parser = typename x3::extension::as_parser<Subject>::value_type;
    return bounded_directive<Parser>(x3::as_parser(subject));
  }
};
inline constexpr bounded_generator bounded{};

/// Semantic actions: `_val.*Member = _attr` and `_val.*Member.push_back(_attr)`.
template <auto Member>
struct assign_to {
  template <typename Context>
  void operator()(Context const& context) const {
    x3::_val(context).*Member = std::move(x3::_attr(context));
  }
};
template <auto Member>
struct append_to {
  template <typename Context>
  void operator()(Context const& context) const {
    (x3::_val(context).*Member).push_back(std::move(x3::_attr(context)));
  }
};
template <auto Member>
inline constexpr assign_to<Member> set{};
template <auto Member>
inline constexpr append_to<Member> push{};

/// `_val.*Member = value`, for a word that stands for a choice.
template <auto Member, auto Value>
struct assign_constant {
  template <typename Context>
  void operator()(Context const& context) const {
    x3::_val(context).*Member = Value;
  }
};
template <auto Member, auto Value>
inline constexpr assign_constant<Member, Value> choose{};

/// Reads the whole of one piece; what is wrong with it is reported.
template <typename Rule, typename Attribute>
bool parse_whole(ParseState& parse_state, std::string_view piece, Rule const& rule, Attribute& attribute) {
  iterator_type first = piece.data();
  iterator_type const last = first + piece.size();
  parse_state.reset(first);
  const bool matched = x3::parse(first, last, x3::with<state_tag>(parse_state)[rule], attribute);
  if (matched && skip_blank(first, last) == last) {
    return !parse_state.has_given_up();
  }
  parse_state.report_failure(last);
  return false;
}

} // namespace millrace::dsl::grammar
