// Furthest failure and its message.
#include "dsl/grammar/parse_state.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "dsl/diagnostic/nearest.hpp"
#include "dsl/grammar/habits.hpp"
#include "dsl/syntax/children.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl::grammar {
namespace {

/// What a test begins with behind its value.
constexpr std::array<std::string_view, 12> kTests = {
    "==", "!=", "<", "<=", ">", ">=", "in", "is", "starts", "ends", "contains", "matches"};

/// What else a condition may go on with.
constexpr std::array<std::string_view, 5> kMore = {"and", "or", "as", "not", "ignoring"};

/// Whoever walks the tree may recurse.
constexpr std::uint32_t kMaxDepth = 256;
constexpr std::uint32_t kMaxLevels = 8; // list<list<…>>

template <typename Words>
bool is_one_of(std::string_view word, const Words& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Whether what was read up to here can be the end of a value, which a test may stand behind.
bool ends_value(std::string_view text, const char* end) {
  if (end == nullptr || !is_word_char(end[-1])) {
    return end != nullptr && std::string_view(")]\"`/%").find(end[-1]) != std::string_view::npos;
  }
  const char* begin = end;
  while (begin != text.data() && is_word_char(begin[-1])) {
    --begin;
  }
  const std::string_view word(begin, static_cast<std::size_t>(end - begin));
  return !is_reserved(word) || word == "true" || word == "false" || word == "null";
}

/// The words between backticks: "`to`", "a type (`bool int …`, `one of`)".
void add_words(std::string_view phrase, std::vector<std::string>& words) {
  bool quoted = false;
  for (std::size_t i = 0; i < phrase.size();) {
    const char* const begin = phrase.data() + i;
    const char* const end = std::find_if_not(begin, phrase.data() + phrase.size(), is_word_char);
    if (quoted && end != begin) {
      words.emplace_back(begin, end);
    }
    quoted = end == begin && phrase[i] == '`' ? !quoted : quoted;
    i += end == begin ? 1 : static_cast<std::size_t>(end - begin);
  }
}

std::string join_alternatives(const std::vector<std::string_view>& phrases) {
  std::string text;
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    text += i == 0 ? "" : i + 1 == phrases.size() ? " or " : ", ";
    text += phrases[i];
  }
  return text;
}

} // namespace

ParseState::ParseState(const SourceMap& sources, ast::File& file, Diagnostics& diagnostics)
    : sources_(sources), file_(file), diagnostics_(diagnostics), text_(sources.text(file.id)) {}

Span ParseState::span(const char* begin, const char* end) const {
  return {file_.id, static_cast<std::uint32_t>(begin - text_.data()), static_cast<std::uint32_t>(end - text_.data())};
}

ast::ExprId ParseState::add(ast::ExprNode node, Span span) {
  std::uint32_t below = 0;
  ast::for_each_child(node, [&](ast::ExprId child) { below = std::max(below, expr(child).depth); });
  if (below >= kMaxDepth) {
    report_too_deep(span, "more than 256 levels of operators within each other");
    node = ast::Literal{};
    below = 0;
  }
  file_.exprs.push_back({span, std::move(node), false, below + 1});
  return {static_cast<std::uint32_t>(file_.exprs.size() - 1)};
}

ParseState::Next ParseState::next(const char* at, const char* last) {
  const char* begin = skip_blank(at, last);
  return {begin, read_lexeme(begin, last, false)};
}

void ParseState::expected(const char* at, std::string_view what) {
  if (at < furthest_) {
    return;
  }
  if (at > furthest_) {
    furthest_ = at;
    expected_.clear();
  }
  if (!what.empty() && !is_one_of(what, expected_)) {
    expected_.push_back(what);
  }
}

void ParseState::reset(const char* begin) {
  begin_ = begin;
  furthest_ = begin;
  accepted_end_ = begin;
  expected_.clear();
  stopped_at_ = {};
  level_ = 0;
  given_up_ = false;
}

bool ParseState::enter(const char* at) {
  if (level_ >= kMaxLevels) {
    report_too_deep(span(at, at + 1), "more than 8 lists within each other");
    return false;
  }
  ++level_;
  return true;
}

void ParseState::report_failure(const char* last) {
  if (given_up_) {
    return;
  }
  if (accepted_end_ > furthest_) { // all that could follow was read, and there is more
    furthest_ = accepted_end_;
    expected_.clear();
  }
  const Next found = next(furthest_, last);
  const std::string word(found.lexeme.text);
  stopped_at_ = {found.begin, static_cast<std::size_t>(last - found.begin)};
  Span at = span(found.begin, found.end());
  if (is_one_of(word, kTests) && ends_value(text_, accepted_end_) && !is_one_of("a name", expected_)) {
    diagnostics_.add(Code::comparison_chain, at, "tests do not chain", "a second test on the same value")
        .help("write both and join them: `a < b and b < c`; between two values is `x in 1..10`");
    return;
  }
  if (word == "dead_letter" && expected_.empty() && next(found.end(), last).lexeme.kind == TokenKind::text) {
    diagnostics_.add(Code::wrong_order, at, "`dead_letter` stands before the rules of a router", "behind a rule")
        .help("move it up, behind `match first` or `match all`");
    return;
  }
  // Where a rule is expected, nothing more, or also the end of a block, the word is not the continuation of anything,
  // so it is shown itself.
  const bool begins = expected_.empty() || is_one_of("a rule", expected_) || is_one_of("`}`", expected_);
  const bool later_line = std::find(accepted_end_, found.begin, '\n') != found.begin && !begins;
  const bool at_end = found.lexeme.kind == TokenKind::end;
  if (later_line || at_end) {
    const char* const end = std::max(accepted_end_, text_.data() + 1);
    at = span(end - 1, end);
  }
  const std::string there = at_end ? "the end of this part" : "`" + word + "`";
  const std::string wanted = expected_.empty() ? std::string() : join_alternatives(expected_);
  auto& diagnostic = diagnostics_.add(
      Code::unexpected, at, wanted.empty() ? there + " cannot stand here" : "expected " + wanted + ", found " + there,
      later_line || at_end ? "after this" : "not expected here");
  const Failure failure{file_.id,    text_,     {begin_, static_cast<std::size_t>(last - begin_)},
                        found.begin, expected_, later_line};
  if (!suggest_keyword(diagnostic, span(found.lexeme.text), word) && !suggest_name_or_negation(diagnostic, found) &&
      !explain_habit(failure, diagnostic)) {
    show_form(failure, diagnostic);
  }
}

bool ParseState::suggest_name_or_negation(Diagnostic& diagnostic, const Next& found) const {
  const std::string word(found.lexeme.text);
  if (word == "not" && accepted_end_ - text_.data() >= 2 && std::string_view(accepted_end_ - 2, 2) == "is") {
    diagnostic.help("there is no `is not null`: write `exists` for a value that is there");
    diagnostic.help("that a value is not of a kind is written `not (x is string)`");
    return true;
  }
  if (found.lexeme.kind != TokenKind::word || !is_reserved(word) || !is_one_of("a name", expected_)) {
    return false;
  }
  diagnostic.help("`" + word + "` is a reserved word; as a name it is written in backticks: `` `" + word + "` ``");
  return true;
}

/// A misspelled word among the expected ones, or behind a value among those that begin a test.
bool ParseState::suggest_keyword(Diagnostic& diagnostic, Span at, std::string_view word) const {
  std::vector<std::string> keywords = {"route", "tap", "drop", "group", "include", "otherwise"};
  if (!is_one_of("a rule", expected_)) {
    keywords.clear();
  }
  for (const std::string_view phrase : expected_) {
    add_words(phrase, keywords);
  }
  std::string near = nearest(word, keywords);
  if (near.empty() && ends_value(text_, accepted_end_)) {
    const std::vector<std::string> tests = {"matches", "starts", "ends", "contains", "ignoring"};
    const auto longer = std::find_if(
        tests.begin(), tests.end(), [&](const std::string& test) { return word.size() > 2 && test.starts_with(word); });
    near = longer != tests.end() ? *longer : nearest(word, tests);
  }
  if (near.empty() || near == word) {
    return false;
  }
  diagnostic.help("did you mean `" + near + "`?",
                  Fix{{{at, near}}, Applicability::machine, "fix: `" + std::string(word) + "` → `" + near + "`"});
  return true;
}

ast::Text ParseState::make_text(std::string_view with_quotes) {
  ast::Text text{with_quotes.substr(1, with_quotes.size() - 2), {}, span(with_quotes)};
  if (text.raw.find('\\') == std::string_view::npos) {
    text.text = text.raw;
    return text;
  }
  auto decoded = decode_text(text.raw);
  if (const auto* error = std::get_if<TextError>(&decoded)) {
    const char* const at = text.raw.data() + error->offset;
    diagnostics_.add(Code::bad_escape, span(at, at + error->length), "a text cannot hold this escape", error->what);
    text.text = text.raw;
    return text;
  }
  text.text = file_.decoded.emplace_back(std::move(std::get<std::string>(decoded)));
  return text;
}

void ParseState::report_no_parentheses(Span condition, bool ends_for_certain) {
  const char* const text_end = text_.data() + text_.size();
  const Lexeme behind = next(text_.data() + condition.end, text_end).lexeme;
  const bool is_word =
      behind.kind == TokenKind::word && !is_one_of(behind.text, kTests) && !is_one_of(behind.text, kMore);
  if (!is_word && behind.kind != TokenKind::end &&
      std::string_view("{}),]").find(behind.text) == std::string_view::npos) {
    return; // it goes on, and what is wrong there is said
  }
  const std::string_view written = sources_.text(condition);
  const Lexeme first = read_lexeme(written.data(), text_end, false);
  auto& diagnostic = diagnostics_.add(Code::unexpected, span(first.text),
                                      "expected `(`, found `" + std::string(first.text) + "`", "not expected here");
  if (!ends_for_certain || written.find('\n') != std::string_view::npos) {
    diagnostic.help("the condition of each element stands in parentheses: `satisfies (" + std::string(first.text) +
                    " …)`");
    return;
  }
  const Span begin{condition.file, condition.begin, condition.begin};
  const Span end{condition.file, condition.end, condition.end};
  diagnostic.help("the condition of each element stands in parentheses: `satisfies (" + std::string(written) + ")`",
                  Fix{{{begin, "("}, {end, ")"}}, Applicability::machine, "fix: add `(` and `)`"});
}

void ParseState::report_too_deep(Span span, std::string_view what) {
  if (!given_up_) {
    diagnostics_.add(Code::nested_too_deeply, span, std::string(what), "one too many")
        .help("give a part of it a name with `def`");
  }
  given_up_ = true;
}

} // namespace millrace::dsl::grammar
