// Which `}` closes which `{`. Where one is missing, the place where it must have been meant is found from what can
// stand inside what, and from indentation; the rest of the file is read as if it were there.
#pragma once

#include <string_view>
#include <vector>

#include "dsl/diagnostic.hpp"
#include "dsl/syntax/lexer.hpp"

namespace millrace::dsl {

/// Where a token stands in the list of tokens without comments.
using TokenIndex = std::uint32_t;

/// The tokens of one file without its comments, read by number.
class TokenView {
 public:
  TokenView(FileId file, std::string_view text, std::vector<Token> tokens)
      : file_(file), text_(text), tokens_(std::move(tokens)) {}

  std::size_t size() const { return tokens_.size(); }
  const Token& operator[](std::size_t i) const { return i < tokens_.size() ? tokens_[i] : tokens_.back(); }
  std::string_view text(std::size_t i) const {
    const Token& token = (*this)[i];
    return text_.substr(token.begin, token.end - token.begin);
  }
  Span span(std::size_t i) const { return {file_, (*this)[i].begin, (*this)[i].end}; }
  bool is(std::size_t i, std::string_view text) const {
    return (*this)[i].kind != TokenKind::text && this->text(i) == text;
  }
  bool is_name(std::size_t i) const {
    const TokenKind kind = (*this)[i].kind;
    return kind == TokenKind::quoted_name || (kind == TokenKind::word && !is_reserved(text(i)));
  }
  bool is_text(std::size_t i) const { return (*this)[i].kind == TokenKind::text; }
  FileId file() const { return file_; }

 private:
  FileId file_;
  std::string_view text_;
  std::vector<Token> tokens_;
};

/// `event x {`, `topic "t" {`, `def x =` and so on: a word that begins an item, followed by what such an item goes on
/// with. A field of that name is never followed so.
bool begins_item(const TokenView& tokens, std::size_t i);
/// `route x when`, or `route x` at the beginning of a line.
bool begins_rule(const TokenView& tokens, std::size_t i);
/// `otherwise drop`, `otherwise to`, `otherwise {`.
bool begins_otherwise(const TokenView& tokens, std::size_t i);

struct Braces {
  /// For every `{`: the token that closes it; if none does, the token before which it counts as closed. Else 0.
  std::vector<TokenIndex> closes_at;
  /// For every `{`: whether there is a `}` that closes it.
  std::vector<bool> closed;
  /// For every `}`: whether it closes nothing; reported.
  std::vector<bool> stray;
  /// Parentheses or braces so deep that nothing of the file is read further.
  bool too_deep = false;
};

Braces match_braces(const TokenView& tokens, const SourceMap& sources, Diagnostics& diagnostics);

} // namespace millrace::dsl
