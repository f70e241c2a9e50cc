// The tokens around the place where a piece stopped to parse.
#pragma once

#include <vector>

#include "dsl/grammar/habits.hpp"

namespace millrace::dsl::grammar {

class FailureTokens {
 public:
  explicit FailureTokens(const Failure& failure);

  /// The token that was not wanted, those behind it, and those in front of it: `before(1)` is the nearest. Past the
  /// ends of the piece it is an empty one of kind `end` that stands there.
  const Lexeme& found() const { return behind(0); }
  const Lexeme& behind(std::size_t count) const;
  const Lexeme& before(std::size_t count) const;

  /// The first word of the piece, and of the line that holds what was begun.
  std::string_view item() const { return tokens_.empty() ? std::string_view() : tokens_.front().text; }
  std::string_view clause() const;
  /// Whether `{` stood in front of the place, so that it is inside of the item.
  bool inside() const;

  bool is(std::size_t count, std::string_view text) const { return behind(count).text == text; }
  bool was(std::size_t count, std::string_view text) const { return before(count).text == text; }

 private:
  const Failure& failure_;
  std::vector<Lexeme> tokens_;
  std::size_t found_ = 0;
  Lexeme begin_{}, end_{};
};

/// Whether no blank stands between them.
inline bool touch(const Lexeme& left, const Lexeme& right) {
  return !left.text.empty() && left.text.data() + left.text.size() == right.text.data();
}

} // namespace millrace::dsl::grammar
