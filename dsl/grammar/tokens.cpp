// Reading single tokens for the grammar.
#include "dsl/grammar/tokens.hpp"

#include <array>

namespace millrace::dsl::grammar {
namespace {

using Next = ParseState::Next;

void take(const char*& at, const Next& next, ParseState& state) {
  at = next.end();
  state.accepted(at);
}

bool is_word(const Next& next, std::string_view word) {
  return next.lexeme.kind == TokenKind::word && next.lexeme.text == word;
}
bool is_sign(const Next& next, std::string_view sign) {
  return next.lexeme.kind == TokenKind::sign && next.lexeme.text == sign;
}

/// `word` and then, with it or not, a second one.
bool read_pair(const char*& at, const char* last, ParseState& state, std::string_view first, std::string_view second) {
  const char* p = at;
  if (!read_word(p, last, state, first, "")) {
    return false;
  }
  if (!second.empty() && !read_word(p, last, state, second, second == "with" ? "`with`" : "`case`")) {
    return false;
  }
  at = p;
  return true;
}

std::string_view name_text(const Lexeme& lexeme) {
  return lexeme.kind == TokenKind::quoted_name ? lexeme.text.substr(1, lexeme.text.size() - 2) : lexeme.text;
}

} // namespace

bool read_word(const char*& at, const char* last, ParseState& state, std::string_view word, std::string_view phrase) {
  const Next next = ParseState::next(at, last);
  if (!is_word(next, word)) {
    state.expected(next.begin, phrase);
    return false;
  }
  take(at, next, state);
  return true;
}

bool read_sign(const char*& at, const char* last, ParseState& state, std::string_view sign, std::string_view phrase) {
  const Next next = ParseState::next(at, last);
  if (!is_sign(next, sign)) {
    state.expected(next.begin, phrase);
    return false;
  }
  take(at, next, state);
  return true;
}

bool keyword_at::read(const char*& at, const char* last, ParseState& s, Span& where) const {
  const char* p = at;
  if (!read_word(p, last, s, word, phrase)) {
    return false;
  }
  where = s.span(p - word.size(), p);
  at = p;
  return true;
}

bool sign_at::read(const char*& at, const char* last, ParseState& s, Span& where) const {
  const char* p = at;
  if (!read_sign(p, last, s, text, phrase)) {
    return false;
  }
  where = s.span(p - text.size(), p);
  at = p;
  return true;
}

bool read_name(const char*& at, const char* last, ParseState& state, ast::Name& name) {
  const Next next = ParseState::next(at, last);
  const bool plain = next.lexeme.kind == TokenKind::word && !is_reserved(next.lexeme.text);
  if (!plain && (next.lexeme.kind != TokenKind::quoted_name || next.lexeme.text.size() < 3)) {
    state.expected(next.begin, "a name");
    return false;
  }
  name = {name_text(next.lexeme), state.span(next.lexeme.text)};
  take(at, next, state);
  return true;
}

bool read_member(const char*& at, const char* last, ParseState& state, ast::Step& step) {
  const Next next = ParseState::next(at, last);
  if (next.lexeme.kind != TokenKind::word && next.lexeme.kind != TokenKind::quoted_name) {
    state.expected(next.begin, "a name");
    return false;
  }
  step = {ast::Step::Kind::name, name_text(next.lexeme), state.span(next.lexeme.text)};
  take(at, next, state);
  return true;
}

bool read_text(const char*& at, const char* last, ParseState& state, ast::Text& text) {
  const Next next = ParseState::next(at, last);
  if (next.lexeme.kind != TokenKind::text) {
    state.expected(next.begin, "a text in quotes");
    return false;
  }
  text = state.make_text(next.lexeme.text);
  take(at, next, state);
  return true;
}

bool read_integer(const char*& at, const char* last, ParseState& state, ast::Integer& integer) {
  const Next next = ParseState::next(at, last);
  const bool whole = next.lexeme.kind == TokenKind::number &&
                     next.lexeme.text.find_first_not_of("0123456789_") == std::string_view::npos;
  if (!whole) {
    state.expected(next.begin, "a whole number");
    return false;
  }
  integer = {next.lexeme.text, state.span(next.lexeme.text)};
  take(at, next, state);
  return true;
}

bool read_duration(const char*& at, const char* last, ParseState& state, ast::Duration& duration) {
  const Next next = ParseState::next(at, last);
  const std::string_view token = next.lexeme.text;
  const bool has_unit = next.lexeme.kind == TokenKind::number && is_word_char(token.back()) && token.back() > '9';
  if (!has_unit || token.find_first_of(".eE") != std::string_view::npos) {
    state.expected(next.begin, "a duration like `7d`");
    return false;
  }
  duration = {token, state.span(token)};
  take(at, next, state);
  return true;
}

bool read_literal(const char*& at, const char* last, ParseState& state, ast::ExprId& literal) {
  Next next = ParseState::next(at, last);
  const char* const begin = next.begin;
  const bool negative = is_sign(next, "-");
  if (negative) {
    next = ParseState::next(next.end(), last);
  }
  ast::Literal value;
  const std::string_view token = next.lexeme.text;
  if (next.lexeme.kind == TokenKind::number) {
    value.kind = token.back() == '%'                                ? ast::LiteralKind::percent
                 : token.back() > '9' && is_word_char(token.back()) ? ast::LiteralKind::duration
                                                                    : ast::LiteralKind::number;
  } else if (!negative && next.lexeme.kind == TokenKind::text) {
    value.kind = ast::LiteralKind::text;
    value.text = state.make_text(token);
  } else if (!negative && (is_word(next, "true") || is_word(next, "false"))) {
    value.kind = ast::LiteralKind::boolean;
  } else if (negative || !is_word(next, "null")) {
    state.expected(begin, "a value");
    return false;
  }
  value.token = {begin, static_cast<std::size_t>(next.end() - begin)};
  const Span span = state.span(value.token);
  if (negative && begin + 1 != next.begin) {
    value.token = state.file().decoded.emplace_back("-" + std::string(token)); // `- 5` is `-5`
  }
  literal = state.add(value, span);
  take(at, next, state);
  return true;
}

bool read_comparison(const char*& at, const char* last, ParseState& state, ast::Compare& compare) {
  constexpr std::array<std::pair<std::string_view, ast::CompareOp>, 7> kOperators = {{
      {"==", ast::CompareOp::equal},
      {"!=", ast::CompareOp::not_equal},
      {"<", ast::CompareOp::less},
      {"<=", ast::CompareOp::less_equal},
      {">", ast::CompareOp::greater},
      {">=", ast::CompareOp::greater_equal},
      {"=", ast::CompareOp::equal},
  }};
  const Next next = ParseState::next(at, last);
  for (const auto& [sign, op] : kOperators) {
    const bool other_language = sign == "=" && next.end() != last && (*next.end() == '~' || *next.end() == '>');
    if (!is_sign(next, sign) || other_language) {
      continue;
    }
    compare.op = op;
    compare.op_span = state.span(next.lexeme.text);
    if (sign == "=") {
      state.diagnostics()
          .add(Code::single_equals, compare.op_span, "a condition compares with `==`; a single `=` defines something")
          .help("write `==`", Fix{{{compare.op_span, "=="}}, Applicability::machine, "fix: `=` → `==`"});
    }
    take(at, next, state);
    return true;
  }
  state.expected(next.begin, "");
  return false;
}

bool read_in(const char*& at, const char* last, ParseState& state, ast::In& in) {
  const char* p = at;
  in.negated = read_pair(p, last, state, "not", "");
  if (!read_pair(p, last, state, "in", "")) {
    return false;
  }
  in.op_span = state.span(skip_blank(at, last), p);
  at = p;
  return true;
}

bool read_text_operator(const char*& at, const char* last, ParseState& state, ast::TextTest& test) {
  const char* p = at;
  test.negated = read_pair(p, last, state, "not", "");
  if (read_pair(p, last, state, "starts", "with")) {
    test.op = ast::TextOp::starts_with;
  } else if (read_pair(p, last, state, "ends", "with")) {
    test.op = ast::TextOp::ends_with;
  } else if (read_pair(p, last, state, "contains", "")) {
    test.op = ast::TextOp::contains;
  } else {
    return false;
  }
  test.op_span = state.span(skip_blank(at, last), p);
  at = p;
  return true;
}

bool read_ignoring_case(const char*& at, const char* last, ParseState& state, Span& where) {
  const char* p = at;
  if (!read_pair(p, last, state, "ignoring", "case")) {
    return false;
  }
  where = state.span(skip_blank(at, last), p);
  at = p;
  return true;
}

bool read_matches(const char*& at, const char* last, ParseState& state, ast::Matches& matches) {
  const char* p = at;
  matches.negated = read_pair(p, last, state, "not", "");
  if (!read_pair(p, last, state, "matches", "")) {
    return false;
  }
  const char* const begin = skip_blank(p, last);
  const Lexeme regex = read_lexeme(begin, last, true);
  if (regex.kind != TokenKind::regex) {
    state.expected(begin, "a regular expression (`/…/`)");
    return false;
  }
  matches.regex = regex.text;
  matches.regex_span = state.span(regex.text);
  at = begin + regex.text.size();
  state.accepted(at);
  return true;
}

bool read_kind(const char*& at, const char* last, ParseState& state, ast::Name& kind) {
  const Next next = ParseState::next(at, last);
  for (const std::string_view known : {"string", "number", "bool", "list", "object"}) {
    if (is_word(next, known)) {
      kind = {next.lexeme.text, state.span(next.lexeme.text)};
      take(at, next, state);
      return true;
    }
  }
  state.expected(next.begin, "a kind (`string number bool list object`)");
  return false;
}

bool read_minus_signs(const char*& at, const char* last, ParseState& state, std::vector<Span>& signs) {
  for (Next next = ParseState::next(at, last); is_sign(next, "-"); next = ParseState::next(at, last)) {
    if (ParseState::next(next.end(), last).lexeme.kind == TokenKind::number) {
      break;
    }
    signs.push_back(state.span(next.lexeme.text));
    take(at, next, state);
  }
  return true;
}

bool read_json_object(const char*& at, const char* last, ParseState& state, ast::Json& json) {
  const Next open = ParseState::next(at, last);
  if (!is_sign(open, "{")) {
    state.expected(open.begin, "a JSON object");
    return false;
  }
  int depth = 0;
  for (Next next = open; next.lexeme.kind != TokenKind::end; next = ParseState::next(next.end(), last)) {
    depth += is_sign(next, "{") ? 1 : is_sign(next, "}") ? -1 : 0;
    if (depth == 0) {
      json.text = {open.begin, static_cast<std::size_t>(next.end() - open.begin)};
      json.span = state.span(json.text);
      take(at, next, state);
      return true;
    }
  }
  state.expected(last, "`}`");
  return false;
}

bool read_close(const char*& at, const char* last, ParseState& state) {
  const Next next = ParseState::next(at, last);
  if (next.lexeme.kind == TokenKind::end) {
    return true;
  }
  return read_sign(at, last, state, "}", "`}`");
}

} // namespace millrace::dsl::grammar
