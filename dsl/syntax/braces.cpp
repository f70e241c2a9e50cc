// Matching braces, and saying which one is missing.
#include "dsl/syntax/braces.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace millrace::dsl {
namespace {

constexpr std::size_t kMaxDepth = 64;

constexpr std::array<std::string_view, 4> kRules = {"route", "tap", "drop", "group"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

/// Follows the open braces through a file.
class Matcher {
 public:
  Matcher(const TokenView& tokens, const SourceMap& sources, Diagnostics& diagnostics)
      : tokens_(tokens), sources_(sources), diagnostics_(diagnostics) {
    braces_.closes_at.resize(tokens.size(), 0);
    braces_.closed.resize(tokens.size(), false);
    braces_.stray.resize(tokens.size(), false);
    balanced_ = balanced();
  }

  Braces run() {
    for (std::size_t i = 0; i < tokens_.size() && !braces_.too_deep; ++i) {
      step(i);
    }
    return std::move(braces_);
  }

 private:
  /// Whether every `{` has its `}`, whatever stands in between.
  bool balanced() const {
    std::ptrdiff_t depth = 0;
    for (std::size_t i = 0; i < tokens_.size() && depth >= 0; ++i) {
      const bool sign = tokens_[i].kind == TokenKind::sign;
      depth += sign && tokens_.text(i) == "{" ? 1 : sign && tokens_.text(i) == "}" ? -1 : 0;
    }
    return depth == 0;
  }

  struct Open {
    std::size_t brace = 0; // token
    std::size_t owner = 0; // first token of the item, rule or clause that opened it
  };

  void step(std::size_t i) {
    if (tokens_[i].kind == TokenKind::end) {
      close_all_before(i, "the end of the file");
      return;
    }
    note_statement(i);
    const std::string_view text = tokens_.text(i);
    if (tokens_[i].kind == TokenKind::sign) {
      step_sign(i, text);
    } else if (tokens_[i].kind == TokenKind::word && text == "not") {
      limit_depth(i, ++nots_in_a_row_);
      return;
    }
    nots_in_a_row_ = 0;
  }

  void step_sign(std::size_t i, std::string_view text) {
    if (text == "{") {
      open_.push_back({i, statement_});
      limit_depth(i, open_.size());
    } else if (text == "}") {
      close(i);
    } else if (text == "(" || text == "[") {
      limit_depth(i, ++parentheses_);
    } else if (text == ")" || text == "]") {
      parentheses_ -= parentheses_ > 0 ? 1 : 0;
    }
  }

  /// Remembers where items and rules begin, and closes what cannot contain them.
  void note_statement(std::size_t i) {
    if (begins_item(tokens_, i)) {
      if (!open_.empty() && tokens_[i].first_on_line && tokens_[i].line_indent <= indent(open_.front().brace)) {
        close_all_before(i, "the next " + std::string(tokens_.text(i)));
      }
      begin_statement(i, open_.empty());
    } else if (begins_rule(tokens_, i)) {
      close_while(i, "the next " + std::string(tokens_.text(i)), [&](const Open& open) { return is_body(open); });
      begin_statement(i, inside_router());
    } else if (begins_otherwise(tokens_, i) && inside_router()) {
      close_while(i, "`otherwise`", [&](const Open& open) { return is_body(open) || is_group(open); });
      begin_statement(i, true);
    } else if (tokens_.is(i, "to") && tokens_.is(i + 1, "topic")) {
      begin_statement(i, inside_router());
    }
  }

  void begin_statement(std::size_t i, bool really) {
    if (really) {
      statement_ = i;
      parentheses_ = 0;
    }
  }

  bool inside_router() const {
    return !open_.empty() && (tokens_.is(open_.front().owner, "router") || tokens_.is(open_.front().owner, "rules"));
  }
  bool is_group(const Open& open) const { return tokens_.is(open.owner, "group"); }
  /// Braces of a route, tap or `to`, in which no rule can stand.
  bool is_body(const Open& open) const {
    const std::string_view owner = tokens_.text(open.owner);
    return inside_router() && (owner == "route" || owner == "tap" || owner == "to" || owner == "otherwise");
  }

  std::uint32_t indent(std::size_t token) const { return tokens_[token].line_indent; }

  void close(std::size_t i) {
    if (open_.empty()) {
      braces_.stray[i] = true;
      diagnostics_.add(Code::closes_nothing, tokens_.span(i), "this `}` closes nothing", "no `{` is open here")
          .help("remove it, or look for a `}` too many above");
      return;
    }
    if (!balanced_ && tokens_[i].first_on_line && indent(i) < indent(open_.back().brace)) {
      const auto outer =
          std::find_if(open_.rbegin(), open_.rend(), [&](const Open& open) { return indent(open.brace) == indent(i); });
      while (outer != open_.rend() && indent(open_.back().brace) != indent(i)) {
        close_missing(i, "this `}`");
      }
    }
    braces_.closes_at[open_.back().brace] = static_cast<TokenIndex>(i);
    braces_.closed[open_.back().brace] = true;
    open_.pop_back();
    if (!open_.empty()) {
      statement_ = open_.back().owner;
    }
  }

  template <typename Predicate>
  void close_while(std::size_t before, const std::string& what, Predicate predicate) {
    while (!open_.empty() && predicate(open_.back())) {
      close_missing(before, what);
    }
  }

  void close_all_before(std::size_t before, const std::string& what) {
    while (!open_.empty()) {
      close_missing(before, what);
    }
  }

  /// The innermost open brace counts as closed before token `before`.
  void close_missing(std::size_t before, const std::string& what) {
    const Open open = open_.back();
    open_.pop_back();
    braces_.closes_at[open.brace] = static_cast<TokenIndex>(before);
    const std::string owner = describe(open.owner);
    Span at = tokens_.span(before);
    std::string label = "not closed before this";
    if (tokens_[before].kind == TokenKind::end) {
      at = tokens_.span(open.brace);
      label = "this `{` is still open at the end of the file";
    } else if (is_one_of(tokens_.text(before), kRules) && tokens_.is(open.owner, tokens_.text(before))) {
      label = "a " + std::string(tokens_.text(before)) + " cannot be inside a " + std::string(tokens_.text(open.owner));
    }
    const std::size_t last = before == 0 ? 0 : before - 1;
    const Span insert{at.file, tokens_[last].end, tokens_[last].end};
    auto& diagnostic = diagnostics_.add(Code::not_closed, at, owner + " is not closed before " + what, label);
    if (at != tokens_.span(open.brace)) {
      diagnostic.label(tokens_.span(open.brace), "this `{` is still open");
    }
    const std::uint32_t line = sources_.locate(at.file, tokens_[last].begin).line;
    diagnostic.help("add `}` after line " + std::to_string(line) + "; the lines below were checked as if it were there",
                    Fix{{{insert, "\n" + std::string(indent(open.brace), ' ') + "}"}}, Applicability::machine, "fix"});
  }

  /// "route `refund`"
  std::string describe(std::size_t owner) const {
    const std::string word(tokens_.text(owner));
    if (word == "to" || word == "otherwise") {
      return quoted(word);
    }
    std::string_view name = tokens_.text(owner + 1);
    if (name.size() > 2 && (name.front() == '"' || name.front() == '`')) {
      name = name.substr(1, name.size() - 2);
    }
    return word + " " + quoted(name);
  }

  void limit_depth(std::size_t i, std::size_t depth) {
    if (depth > kMaxDepth) {
      braces_.too_deep = true;
      diagnostics_
          .add(Code::nested_too_deeply, tokens_.span(i),
               "more than " + std::to_string(kMaxDepth) + " levels of nesting", "one level too many")
          .help("give a part of it a name with `def`");
    }
  }

  const TokenView& tokens_;
  const SourceMap& sources_;
  Diagnostics& diagnostics_;
  Braces braces_;
  bool balanced_ = false; // then the indentation says nothing of what is missing
  std::vector<Open> open_;
  std::size_t statement_ = 0;
  std::size_t parentheses_ = 0;
  std::size_t nots_in_a_row_ = 0;
};

} // namespace

bool begins_item(const TokenView& tokens, std::size_t i) {
  if (tokens[i].kind != TokenKind::word) {
    return false;
  }
  const std::string_view word = tokens.text(i);
  const auto line = [&] { return tokens[i].first_on_line; };
  if (word == "edition") {
    return tokens[i + 1].kind == TokenKind::number;
  }
  if (word == "import" || word == "test") {
    return tokens.is_text(i + 1) && !tokens.is(i - (i > 0 ? 1 : 0), "with");
  }
  if (word == "topic") {
    return tokens.is_text(i + 1) &&
           (i == 0 || !(tokens.is(i - 1, "to") || tokens.is(i - 1, "from") || tokens.is(i - 1, "expect") ||
                        tokens.is(i - 1, "not"))) &&
           (tokens.is(i + 2, "{") || line());
  }
  if (!tokens.is_name(i + 1)) {
    return false;
  }
  if (word == "let" || word == "def" || word == "lookup") {
    return tokens.is(i + 2, "=") || tokens.is(i + 2, "(") || tokens.is(i + 2, "from") || line();
  }
  if (word == "event") {
    return tokens.is(i + 2, "{") || (tokens.is(i + 2, "open") && tokens.is(i + 3, "{"));
  }
  if (word == "router" || word == "rules") {
    return tokens.is(i + 2, "for") || (line() && !tokens.is(i - (i > 0 ? 1 : 0), "include"));
  }
  if (word == "table") {
    return tokens.is(i + 2, "from") || tokens.is(i + 2, ".") || line();
  }
  return false;
}

bool begins_rule(const TokenView& tokens, std::size_t i) {
  if (tokens[i].kind != TokenKind::word) {
    return false;
  }
  const std::string_view word = tokens.text(i);
  const bool after_expect = i > 0 && (tokens.is(i - 1, "expect") || tokens.is(i - 1, "not"));
  if (word == "include") {
    return tokens[i].first_on_line && (tokens.is(i + 1, "rules") || tokens.is_name(i + 1));
  }
  // A reserved word as a name is a mistake of that rule, not of the one before.
  return is_one_of(word, kRules) && !after_expect &&
         (tokens.is(i + 2, "when") || (tokens[i].first_on_line && tokens.is_name(i + 1)));
}

bool begins_otherwise(const TokenView& tokens, std::size_t i) {
  const bool after_expect = i > 0 && (tokens.is(i - 1, "expect") || tokens.is(i - 1, "not"));
  return tokens[i].kind == TokenKind::word && tokens.text(i) == "otherwise" && !after_expect &&
         (tokens.is(i + 1, "drop") || tokens.is(i + 1, "to") || tokens.is(i + 1, "{"));
}

Braces match_braces(const TokenView& tokens, const SourceMap& sources, Diagnostics& diagnostics) {
  return Matcher(tokens, sources, diagnostics).run();
}

} // namespace millrace::dsl
