// What the grammar writes to while it reads one piece of text: the file's tree, the diagnostics, and the furthest place
// that any alternative reached, from which the message is made when a piece does not parse.
#pragma once

#include <string_view>
#include <vector>

#include "dsl/diagnostic.hpp"
#include "dsl/syntax/ast.hpp"
#include "dsl/syntax/lexer.hpp"

namespace millrace::dsl::grammar {

class ParseState {
 public:
  ParseState(const SourceMap& sources, ast::File& file, Diagnostics& diagnostics);

  ast::File& file() { return file_; }
  Diagnostics& diagnostics() { return diagnostics_; }
  std::string_view text() const { return text_; }

  Span span(const char* begin, const char* end) const;
  Span span(std::string_view view) const { return span(view.data(), view.data() + view.size()); }
  /// Too deep a tree is reported, and then it is not made any deeper.
  ast::ExprId add(ast::ExprNode node, Span span);
  ast::Expr& expr(ast::ExprId id) { return file_.exprs[id.index]; }

  /// The next token, and where it begins. Tokens are read here and nowhere else in the grammar.
  struct Next {
    const char* begin = nullptr;
    Lexeme lexeme;
    const char* end() const { return begin + lexeme.text.size(); }
  };
  static Next next(const char* at, const char* last);

  /// An alternative got this far and no further. `what` is shown to the reader; empty: not worth a word.
  void expected(const char* at, std::string_view what);
  void accepted(const char* end) { accepted_end_ = std::max(accepted_end_, end); }

  /// One level deeper in what nests without parentheses; false if that is too deep, which is reported.
  bool enter(const char* at);
  void leave() { --level_; }

  /// Begins a new piece.
  void reset(const char* begin);
  /// Reports why the piece could not be read past the furthest place.
  void report_failure(const char* last);
  /// The word that the last reported piece stopped at, with what follows it.
  std::string_view stopped_at() const { return stopped_at_; }

  /// Resolves the escapes of a text; a bad one is reported.
  ast::Text make_text(std::string_view with_quotes);
  /// What is wrong with the piece has been said; that it does not parse further is no news.
  bool has_given_up() const { return given_up_; }
  /// Once per piece, which is then given up. `what` is there too often.
  void report_too_deep(Span span, std::string_view what);
  /// Of `satisfies`, whose condition was read.
  void report_no_parentheses(Span condition, bool ends_for_certain);

 private:
  bool suggest_keyword(Diagnostic& diagnostic, Span at, std::string_view word) const;
  bool suggest_name_or_negation(Diagnostic& diagnostic, const Next& found) const;

  const SourceMap& sources_;
  ast::File& file_;
  Diagnostics& diagnostics_;
  std::string_view text_;
  const char* begin_ = nullptr; // of the piece
  const char* furthest_ = nullptr;
  const char* accepted_end_ = nullptr;
  std::vector<std::string_view> expected_;
  std::string_view stopped_at_;
  std::uint32_t level_ = 0;
  bool given_up_ = false;
};

} // namespace millrace::dsl::grammar
