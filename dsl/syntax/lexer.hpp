// Words, texts, numbers and signs of a rules file. The splitter reads a whole file through it, the grammar one token
// at a time, so both agree on where a token ends.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace millrace::dsl {

enum class TokenKind : std::uint8_t { word, quoted_name, text, number, regex, sign, comment, end };

/// Why a token is not a good one.
enum class TokenFlaw : std::uint8_t {
  none,
  unfinished_text,
  unfinished_name,
  unfinished_regex,
  number_touches,
  foreign_text,    // in other quotes than ours
  foreign_comment, // `// …`
  stray,
};

struct Token {
  TokenKind kind = TokenKind::end;
  TokenFlaw flaw = TokenFlaw::none;
  bool first_on_line = false;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t line_indent = 0; // blanks before the first token of its line
};

/// First byte at or after `at` that is neither white space nor in a comment.
const char* skip_blank(const char* at, const char* last);

/// The token that begins at `at`, which is not white space. A regex is only looked for when `after_matches`.
struct Lexeme {
  TokenKind kind = TokenKind::end;
  TokenFlaw flaw = TokenFlaw::none;
  std::string_view text;
};
Lexeme read_lexeme(const char* at, const char* last, bool after_matches);

/// Every token of a text, comments included, ending with one of kind `end`.
std::vector<Token> tokenize(std::string_view text);

bool is_reserved(std::string_view word);
inline bool is_word_begin(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
inline bool is_word_char(char c) { return is_word_begin(c) || (c >= '0' && c <= '9'); }

} // namespace millrace::dsl
