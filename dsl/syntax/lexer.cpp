// Hand-written scanner, see lexer.hpp.
#include "dsl/syntax/lexer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "dsl/syntax/no_text.hpp"

namespace millrace::dsl {
namespace {

constexpr std::array<std::string_view, 20> kReserved = {
    "and", "as",      "contains", "else", "ends", "every",     "exists", "false",  "ignoring", "in",
    "is",  "matches", "not",      "null", "or",   "satisfies", "some",   "starts", "true",     "when"};
constexpr std::array<std::string_view, 6> kUnits = {"ms", "s", "m", "h", "d", "w"};
constexpr std::array<std::string_view, 8> kLongSigns = {"..<", "==", "!=", "<=", ">=", "??", "..", "->"};
constexpr std::string_view kSigns = "(){}[]<>=,.:;+-*/?%!|&@$^~";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

const char* while_digits(const char* at, const char* last) {
  return std::find_if_not(at, last, [](char c) { return is_digit(c) || c == '_'; });
}

std::string_view between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }

/// A text, name or regex up to its closing quote on the same line.
Lexeme quoted(const char* at, const char* last, TokenKind kind, TokenFlaw unfinished) {
  const char quote = *at;
  const bool has_escapes = quote != '`';
  for (const char* p = at + 1; p < last && *p != '\n'; ++p) {
    if (*p == '\\' && has_escapes && p + 1 < last && p[1] != '\n') {
      ++p;
    } else if (*p == quote) {
      return {kind, TokenFlaw::none, between(at, p + 1)};
    }
  }
  return {kind, unfinished, between(at, std::find(at, last, '\n'))};
}

Lexeme number(const char* at, const char* last) {
  const char* p = while_digits(at, last);
  if (p + 1 < last && *p == '.' && is_digit(p[1])) {
    p = while_digits(p + 1, last);
  }
  if (p < last && (*p == 'e' || *p == 'E')) {
    const char* digits = p + 1 < last && (p[1] == '+' || p[1] == '-') ? p + 2 : p + 1;
    if (digits < last && is_digit(*digits)) {
      p = while_digits(digits, last);
    }
  }
  if (p < last && *p == '%') {
    return {TokenKind::number, TokenFlaw::none, between(at, p + 1)};
  }
  const char* letters = std::find_if_not(p, last, is_word_char);
  const std::string_view unit = between(p, letters);
  const bool touches = !unit.empty() && std::find(kUnits.begin(), kUnits.end(), unit) == kUnits.end();
  return {TokenKind::number, touches ? TokenFlaw::number_touches : TokenFlaw::none, between(at, letters)};
}

/// A text in quotes of another language, if it ends on its line: 'a', “a”, ‘a’, „a“.
std::optional<Lexeme> foreign_text(std::string_view rest) {
  constexpr std::pair<std::string_view, std::array<std::string_view, 2>> kQuotes[] = {
      {"'", {"'", "'"}}, {"“", {"”", "“"}}, {"”", {"”", "”"}}, {"„", {"“", "”"}}, {"‘", {"’", "’"}}, {"’", {"’", "’"}}};
  for (const auto& [open, closes] : kQuotes) {
    if (!rest.starts_with(open)) {
      continue;
    }
    const std::string_view line = rest.substr(0, rest.find('\n'));
    std::size_t end = std::string_view::npos;
    for (const std::string_view close : closes) {
      const std::size_t at = line.find(close, open.size());
      end = at == std::string_view::npos ? end : std::min(end, at + close.size());
    }
    if (end != std::string_view::npos) {
      return Lexeme{TokenKind::text, TokenFlaw::foreign_text, line.substr(0, end)};
    }
  }
  return std::nullopt;
}

} // namespace

bool is_reserved(std::string_view word) {
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

const char* skip_blank(const char* at, const char* last) {
  while (at < last) {
    if (is_blank(*at)) {
      ++at;
    } else if (*at == '#') {
      at = std::find(at, last, '\n');
    } else {
      break;
    }
  }
  return at;
}

Lexeme read_lexeme(const char* at, const char* last, bool after_matches) {
  if (at >= last) {
    return {TokenKind::end, TokenFlaw::none, between(last, last)};
  }
  if (is_word_begin(*at)) {
    return {TokenKind::word, TokenFlaw::none, between(at, std::find_if_not(at, last, is_word_char))};
  }
  if (is_digit(*at)) {
    return number(at, last);
  }
  if (*at == '"') {
    return quoted(at, last, TokenKind::text, TokenFlaw::unfinished_text);
  }
  if (*at == '`') {
    return quoted(at, last, TokenKind::quoted_name, TokenFlaw::unfinished_name);
  }
  if (*at == '/' && after_matches) {
    Lexeme regex = quoted(at, last, TokenKind::regex, TokenFlaw::unfinished_regex);
    const char* end = regex.text.data() + regex.text.size();
    return end < last && *end == 'i' ? Lexeme{regex.kind, regex.flaw, between(at, end + 1)} : regex;
  }
  if (*at == '#') {
    return {TokenKind::comment, TokenFlaw::none, between(at, std::find(at, last, '\n'))};
  }
  const std::string_view rest = between(at, last);
  if (rest.starts_with("//")) {
    return {TokenKind::comment, TokenFlaw::foreign_comment, rest.substr(0, rest.find('\n'))};
  }
  if (const auto text = foreign_text(rest)) {
    return *text;
  }
  for (const std::string_view sign : kLongSigns) {
    if (rest.starts_with(sign)) {
      return {TokenKind::sign, TokenFlaw::none, rest.substr(0, sign.size())};
    }
  }
  if (kSigns.find(*at) != std::string_view::npos) {
    return {TokenKind::sign, TokenFlaw::none, rest.substr(0, 1)};
  }
  // A character that the language has no use for; its continuation bytes belong to it.
  const char* end = at + 1;
  while (end < last && (static_cast<unsigned char>(*end) & 0xC0u) == 0x80u) {
    ++end;
  }
  return {TokenKind::sign, TokenFlaw::stray, between(at, end)};
}

std::vector<Token> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  tokens.reserve(text.size() / 5 + 1);
  const char* const first = text.data();
  const char* const last = first + text.size();
  const std::size_t mark = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const char* line = first + mark;
  std::uint32_t indent = 0;
  bool first_on_line = true;
  bool after_matches = false;
  bool after_dot = false; // behind which every word is a name
  for (const char* at = first + mark; at < last;) {
    if (is_blank(*at)) {
      if (*at == '\n') {
        line = at + 1;
        first_on_line = true;
      }
      ++at;
      continue;
    }
    if (first_on_line) {
      indent = static_cast<std::uint32_t>(at - line);
    }
    const Lexeme lexeme = read_lexeme(at, last, after_matches);
    const auto begin = static_cast<std::uint32_t>(at - first);
    const auto end = begin + static_cast<std::uint32_t>(lexeme.text.size());
    tokens.push_back({lexeme.kind, lexeme.flaw, first_on_line, begin, end, indent});
    after_matches = lexeme.kind == TokenKind::word && lexeme.text == "matches" && !after_dot;
    after_dot = lexeme.kind == TokenKind::sign && lexeme.text == ".";
    first_on_line = false;
    at += lexeme.text.size();
  }
  const auto size = static_cast<std::uint32_t>(text.size());
  tokens.push_back({TokenKind::end, TokenFlaw::none, true, size, size, 0});
  return tokens;
}

} // namespace millrace::dsl
