// The leaves of the grammar. Each skips what is blank, reads one token through ParseState and, when it is another one
// than wanted, leaves a note of what was expected there. Keywords end where the word ends, by construction.
#pragma once

#include "dsl/grammar/config.hpp"

namespace millrace::dsl::grammar {

/// A leaf without attribute.
template <typename Derived>
struct silent_token : x3::parser<Derived> {
  using attribute_type = x3::unused_type;
  static bool const has_attribute = false;

  template <typename Iterator, typename Context, typename RuleContext, typename Attribute>
  bool parse(Iterator& first, Iterator const& last, Context const& context, RuleContext&, Attribute&) const {
    return this->derived().read(first, last, state(context));
  }
};

/// A leaf whose attribute is a `Value`.
template <typename Derived, typename Value>
struct value_token : x3::parser<Derived> {
  using attribute_type = Value;
  static bool const has_attribute = true;

  template <typename Iterator, typename Context, typename RuleContext, typename Attribute>
  bool parse(Iterator& first, Iterator const& last, Context const& context, RuleContext&, Attribute& attribute) const {
    Value value;
    if (!this->derived().read(first, last, state(context), value)) {
      return false;
    }
    x3::traits::move_to(std::move(value), attribute);
    return true;
  }
};

// Read a token if it is the wanted one, and move `at` behind it. Bodies in tokens.cpp.
bool read_word(const char*& at, const char* last, ParseState& state, std::string_view word, std::string_view phrase);
bool read_sign(const char*& at, const char* last, ParseState& state, std::string_view sign, std::string_view phrase);
bool read_name(const char*& at, const char* last, ParseState& state, ast::Name& name);
bool read_member(const char*& at, const char* last, ParseState& state, ast::Step& step);
bool read_text(const char*& at, const char* last, ParseState& state, ast::Text& text);
bool read_integer(const char*& at, const char* last, ParseState& state, ast::Integer& integer);
bool read_duration(const char*& at, const char* last, ParseState& state, ast::Duration& duration);
bool read_literal(const char*& at, const char* last, ParseState& state, ast::ExprId& literal);
bool read_comparison(const char*& at, const char* last, ParseState& state, ast::Compare& compare);
bool read_in(const char*& at, const char* last, ParseState& state, ast::In& in);
bool read_ignoring_case(const char*& at, const char* last, ParseState& state, Span& where);
bool read_matches(const char*& at, const char* last, ParseState& state, ast::Matches& matches);
bool read_kind(const char*& at, const char* last, ParseState& state, ast::Name& kind);
/// Any number of `-`, the one of a negative number not counted.
bool read_minus_signs(const char*& at, const char* last, ParseState& state, std::vector<Span>& signs);
bool read_text_operator(const char*& at, const char* last, ParseState& state, ast::TextTest& test);
bool read_json_object(const char*& at, const char* last, ParseState& state, ast::Json& json);
bool read_close(const char*& at, const char* last, ParseState& state);

/// A keyword. `phrase` is how it is named among what was expected; empty: not named.
struct keyword : silent_token<keyword> {
  constexpr keyword(std::string_view w, std::string_view p) : word(w), phrase(p) {}
  bool read(const char*& at, const char* last, ParseState& s) const { return read_word(at, last, s, word, phrase); }
  std::string_view word, phrase;
};
struct sign : silent_token<sign> {
  constexpr sign(std::string_view t, std::string_view p) : text(t), phrase(p) {}
  bool read(const char*& at, const char* last, ParseState& s) const { return read_sign(at, last, s, text, phrase); }
  std::string_view text, phrase;
};
/// `}`, or the end of a piece whose brace the splitter has already reported as missing.
struct close_brace : silent_token<close_brace> {
  bool read(const char*& at, const char* last, ParseState& s) const { return read_close(at, last, s); }
};

/// A keyword or sign with the place where it stands.
struct keyword_at : value_token<keyword_at, Span> {
  constexpr keyword_at(std::string_view w, std::string_view p) : word(w), phrase(p) {}
  bool read(const char*& at, const char* last, ParseState& s, Span& where) const;
  std::string_view word, phrase;
};
struct sign_at : value_token<sign_at, Span> {
  constexpr sign_at(std::string_view t, std::string_view p) : text(t), phrase(p) {}
  bool read(const char*& at, const char* last, ParseState& s, Span& where) const;
  std::string_view text, phrase;
};

/// A leaf read by one function.
template <typename Value, auto Read>
struct leaf : value_token<leaf<Value, Read>, Value> {
  bool read(const char*& at, const char* last, ParseState& s, Value& value) const { return Read(at, last, s, value); }
};

inline constexpr leaf<ast::Name, read_name> name{};
inline constexpr leaf<ast::Step, read_member> member{};
inline constexpr leaf<ast::Text, read_text> text{};
inline constexpr leaf<ast::Integer, read_integer> integer{};
inline constexpr leaf<ast::Duration, read_duration> duration{};
inline constexpr leaf<ast::ExprId, read_literal> literal{};
inline constexpr leaf<ast::Compare, read_comparison> comparison{};
inline constexpr leaf<ast::In, read_in> in_operator{};
inline constexpr leaf<ast::TextTest, read_text_operator> text_operator{};
inline constexpr leaf<Span, read_ignoring_case> ignoring_case{};
inline constexpr leaf<ast::Matches, read_matches> matches_operator{};
inline constexpr leaf<ast::Name, read_kind> kind_word{};
inline constexpr leaf<std::vector<Span>, read_minus_signs> minus_signs{};
inline constexpr leaf<ast::Json, read_json_object> json_object{};
inline constexpr close_brace close{};

} // namespace millrace::dsl::grammar
