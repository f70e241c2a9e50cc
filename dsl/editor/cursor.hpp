// Where in a text somebody is writing, told from the tokens before the place alone: what stands there seldom parses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/syntax/braces.hpp"

namespace millrace::dsl::editor {

/// What the braces around the place belong to.
enum class Block : std::uint8_t {
  event, // or an object in one
  topic,
  lookup,
  router, // or a fragment
  group,
  body, // of a route, tap or `otherwise`
  to,
  table,
  test,
  json,
};

enum class Writing : std::uint8_t {
  word,    // or nothing yet
  text,    // between quotes
  nothing, // in a comment or number, where names have no place
};

class Cursor {
 public:
  Cursor(std::string_view text, std::uint32_t offset);

  Writing writing() const { return writing_; }
  /// What of the word or text stands before the place, and where it begins; a text's without its quote.
  std::string_view prefix() const { return prefix_; }
  std::uint32_t begin() const { return begin_; }

  /// The tokens before that, in the order of the text.
  std::size_t size() const { return count_; }
  /// Counted from the end: 0 is the last one. Empty where there is none in the item.
  std::string_view back(std::size_t i) const;
  bool is(std::size_t i, std::string_view word) const { return back(i) == word; }
  bool is_name(std::size_t i) const;
  bool is_text(std::size_t i) const;
  bool first_on_line() const { return first_on_line_; }

  /// `a.b` that ends with that token, or nothing; `length` tokens long.
  struct Path {
    std::string text;
    std::size_t length = 0;
  };
  Path path(std::size_t i) const;

  /// `event`, `router` and so on; empty outside of any.
  std::string_view item() const { return item_; }
  /// The name behind the item's keyword.
  std::string item_name() const;
  /// The token behind the first one of that text in the item; empty if there is none.
  std::string behind(std::string_view word) const;
  bool in(Block block) const { return !blocks_.empty() && blocks_.back().kind == block; }
  bool in_braces() const { return !blocks_.empty(); }
  /// Keys or fields around the place, `a.b`.
  std::string inside() const;
  /// Parentheses that are open around the place, counted from the last brace; the token before the innermost one is
  /// `back(i)`, with i the result. SIZE_MAX where there is none.
  std::size_t before_parenthesis() const;
  /// Names that `some x in` and a definition's parameters bring before the place.
  std::vector<std::string> variables() const;

 private:
  struct Open {
    Block kind;
    std::string name; // of the field or key that it is the value of
  };

  void find_item();
  void find_blocks();
  Block block_of(std::size_t brace) const;
  std::size_t index(std::size_t back) const { return first_ + count_ - 1 - back; }

  TokenView tokens_;
  Writing writing_ = Writing::word;
  std::string_view prefix_;
  std::uint32_t begin_ = 0;
  bool first_on_line_ = false;
  std::size_t first_ = 0; // token of the item
  std::size_t count_ = 0; // tokens of the item before the place
  std::string item_;
  std::vector<Open> blocks_;
};

/// A name without backticks, a text without quotes.
std::string bare(std::string_view token);

} // namespace millrace::dsl::editor
