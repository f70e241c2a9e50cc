// From tokens to pieces. What a piece means is for the grammar.
#include "dsl/syntax/splitter.hpp"

#include <array>
#include <cstdio>
#include <string>

#include "dsl/diagnostic/habit_words.hpp"
#include "dsl/syntax/braces.hpp"

namespace millrace::dsl {
namespace {

PieceKind item_kind(std::string_view word) {
  constexpr std::pair<std::string_view, PieceKind> kKinds[] = {
      {"edition", PieceKind::edition}, {"import", PieceKind::import},  {"let", PieceKind::let},
      {"def", PieceKind::def},         {"lookup", PieceKind::lookup},  {"event", PieceKind::event},
      {"topic", PieceKind::topic},     {"rules", PieceKind::fragment}, {"router", PieceKind::router},
      {"table", PieceKind::table},     {"test", PieceKind::test},
  };
  for (const auto& [name, kind] : kKinds) {
    if (word == name) {
      return kind;
    }
  }
  return PieceKind::stray;
}

/// Walks the tokens of one file, jumping over braces.
class Splitter {
 public:
  Splitter(const TokenView& tokens, const Braces& braces) : tokens_(tokens), braces_(braces) {}

  std::vector<Piece> items() const {
    std::vector<Piece> pieces;
    const std::size_t end = tokens_.size() - 1;
    for (std::size_t i = 0; i < end;) {
      const std::size_t next = next_start(i, end, [&](std::size_t at) { return begins_item(tokens_, at); });
      pieces.push_back(item(i, next));
      i = next;
    }
    return pieces;
  }

 private:
  template <typename Starts>
  std::size_t next_start(std::size_t from, std::size_t end, Starts starts) const {
    std::size_t i = after(from);
    while (i < end && !starts(i)) {
      i = after(i);
    }
    return std::min(i, end);
  }

  /// The token after this one, or after the block that it opens.
  std::size_t after(std::size_t i) const {
    if (!tokens_.is(i, "{")) {
      return i + 1;
    }
    return std::max<std::size_t>(i + 1, braces_.closes_at[i] + (braces_.closed[i] ? 1u : 0u));
  }

  Span span(std::size_t first, std::size_t end) const {
    while (end > first + 1 && braces_.stray[end - 1]) {
      --end;
    }
    return end > first ? tokens_.span(first) | tokens_.span(end - 1) : Span{tokens_.file(), tokens_[first].begin, 0};
  }

  Piece item(std::size_t first, std::size_t end) const {
    Piece piece{
        begins_item(tokens_, first) ? item_kind(tokens_.text(first)) : PieceKind::stray, span(first, end), {}, {}};
    if (piece.kind == PieceKind::router || piece.kind == PieceKind::fragment) {
      cut_rules(piece, first, end);
    }
    return piece;
  }

  /// Fills head and rules of a router, fragment or group that spans the tokens [first, end).
  void cut_rules(Piece& piece, std::size_t first, std::size_t end) const {
    std::size_t open = first;
    while (open < end && !tokens_.is(open, "{")) {
      ++open;
    }
    if (open == end) {
      piece.head = piece.span;
      return;
    }
    const std::size_t block_end = std::min<std::size_t>(braces_.closes_at[open], end);
    const auto starts = [&](std::size_t at) { return begins_rule(tokens_, at) || begins_otherwise(tokens_, at); };
    std::size_t i = starts(open + 1) ? open + 1 : next_start(open + 1, block_end, starts);
    i = std::min(std::max(i, open + 1), block_end);
    piece.head = piece.kind == PieceKind::group ? span(first, open) : span(first, i);
    if (piece.kind == PieceKind::group && i > open + 1) {
      piece.rules.push_back({PieceKind::stray, span(open + 1, i), {}, {}});
    }
    while (i < block_end) {
      const std::size_t next = next_start(i, block_end, starts);
      piece.rules.push_back(rule(i, next));
      i = next;
    }
    const std::size_t behind = braces_.closed[open] ? block_end + 1 : block_end;
    if (behind < end) {
      piece.rules.push_back({PieceKind::stray, span(behind, end), {}, {}});
    }
  }

  Piece rule(std::size_t first, std::size_t end) const {
    Piece piece{PieceKind::rule, span(first, end), {}, {}};
    if (tokens_.is(first, "otherwise")) {
      piece.kind = PieceKind::otherwise;
    } else if (tokens_.is(first, "include")) {
      piece.kind = PieceKind::include;
    } else if (tokens_.is(first, "group")) {
      piece.kind = PieceKind::group;
      cut_rules(piece, first, end);
    }
    return piece;
  }

  const TokenView& tokens_;
  const Braces& braces_;
};

void report_unit(Span span, const std::string& text, Diagnostics& diagnostics) {
  auto& diagnostic =
      diagnostics.add(Code::unfinished_token, span, "the number `" + text + "` runs into letters", "no such unit");
  const std::size_t digits = text.find_first_not_of("0123456789_");
  const std::string_view unit = digits == std::string::npos ? "" : unit_here(std::string_view(text).substr(digits));
  if (!unit.empty()) {
    const std::string right = text.substr(0, digits) + std::string(unit);
    diagnostic.help("units are `ms s m h d w`, right behind the number",
                    Fix{{{span, right}}, Applicability::machine, "fix: `" + text + "` → `" + right + "`"});
    return;
  }
  if (digits != std::string::npos && (text.substr(digits).starts_with("mo") || text.substr(digits).starts_with("y"))) {
    diagnostic.help("months and years are said in days: `30d`, `365d`");
    return;
  }
  diagnostic.help("units are `ms s m h d w` and `%`; a name cannot begin with a digit, in backticks it can");
}

/// Whatever quotes they are: what stands between them in ours.
void report_foreign_text(Span span, const std::string& text, Diagnostics& diagnostics) {
  const std::size_t quote = text.front() == '\'' ? 1 : std::string_view("“").size();
  std::string right = "\"";
  for (const char c : text.substr(quote, text.size() - 2 * quote)) {
    right += c == '"' ? "\\\"" : std::string(1, c);
  }
  right += '"';
  const std::string mark = text.size() > 40 ? "fix" : "fix: `" + text + "` → `" + right + "`";
  diagnostics.add(Code::unfinished_token, span, "a text stands in double quotes `\"`", "other quotes")
      .help("write `\"…\"`", Fix{{{span, right}}, Applicability::machine, mark});
}

void report_foreign_comment(Span span, Diagnostics& diagnostics) {
  const Span slashes{span.file, span.begin, span.begin + 2};
  diagnostics.add(Code::unfinished_token, slashes, "a comment begins with `#`", "no comment here")
      .help("write `#`", Fix{{{slashes, "#"}}, Applicability::machine, "fix: `//` → `#`"});
}

/// A text of the same line that is followed by a letter at once ended too late, or at the next one's beginning.
void report_open_text(const TokenView& tokens, std::size_t i, Diagnostics& diagnostics) {
  auto& diagnostic =
      diagnostics.add(Code::unfinished_token, tokens.span(i), "this text does not end on its line", "no closing `\"`");
  std::size_t first = i;
  while (first > 0 && !tokens[first].first_on_line) {
    --first;
  }
  for (std::size_t at = first; at < i; ++at) {
    if (tokens[at].kind == TokenKind::text && tokens[at + 1].kind == TokenKind::word &&
        tokens[at].end == tokens[at + 1].begin) {
      diagnostic.label(tokens.span(at), "was this one to end earlier?");
      break;
    }
  }
  diagnostic.help("close it with `\"`; a line break inside a text is `\\n`");
}

struct Invisible {
  std::string_view bytes;
  std::string_view name;
  std::string_view instead;
};
/// What text that was copied from a page or a mail brings along.
constexpr Invisible kInvisible[] = {
    {"\u00A0", "a no-break space (U+00A0)", " "},        {"\u2007", "a figure space (U+2007)", " "},
    {"\u202F", "a narrow no-break space (U+202F)", " "}, {"\u3000", "a wide space (U+3000)", " "},
    {"\u200B", "a zero width space (U+200B)", ""},       {"\u200C", "a zero width non-joiner (U+200C)", ""},
    {"\u200D", "a zero width joiner (U+200D)", ""},      {"\u00AD", "a soft hyphen (U+00AD)", ""},
    {"\uFEFF", "a byte order mark (U+FEFF)", ""},
};

void report_stray(Span span, const std::string& text, Diagnostics& diagnostics) {
  for (const Invisible& known : kInvisible) {
    if (text == known.bytes) {
      diagnostics
          .add(Code::unfinished_token, span, std::string(known.name) + " has no meaning here", "not seen, but there")
          .help(known.instead.empty() ? "remove it" : "write a plain space",
                Fix{{{span, std::string(known.instead)}}, Applicability::machine, "fix"});
      return;
    }
  }
  const bool control = static_cast<unsigned char>(text.front()) < 0x20 || text.front() == 0x7F;
  std::array<char, 8> code{};
  std::snprintf(code.data(), code.size(), "U+%04X", static_cast<unsigned>(static_cast<unsigned char>(text.front())));
  diagnostics
      .add(Code::unfinished_token, span,
           control ? "the control character " + std::string(code.data()) + " has no meaning here"
                   : "the character `" + text + "` has no meaning here",
           "not expected")
      .help(control ? "remove it" : "write it inside a text, or remove it");
}

void report_flaw(const TokenView& tokens, std::size_t i, Diagnostics& diagnostics) {
  const Span span = tokens.span(i);
  const std::string text(tokens.text(i));
  switch (tokens[i].flaw) {
    case TokenFlaw::none:
      return;
    case TokenFlaw::unfinished_text:
      return report_open_text(tokens, i, diagnostics);
    case TokenFlaw::unfinished_name:
      diagnostics.add(Code::unfinished_token, span, "this name does not end on its line", "no closing backtick")
          .help("close it with a backtick");
      return;
    case TokenFlaw::unfinished_regex:
      diagnostics
          .add(Code::unfinished_token, span, "this regular expression does not end on its line", "no closing `/`")
          .help("close it with `/`; a slash inside is `\\/`");
      return;
    case TokenFlaw::number_touches:
      return report_unit(span, text, diagnostics);
    case TokenFlaw::foreign_text:
      return report_foreign_text(span, text, diagnostics);
    case TokenFlaw::foreign_comment:
      return; // reported
    case TokenFlaw::stray:
      return report_stray(span, text, diagnostics);
  }
}

/// The innermost piece around a bad token, or the head of the block, is not parsed.
void mark_broken(std::vector<Piece>& pieces, Span flaw) {
  for (Piece& piece : pieces) {
    if (piece.span.begin <= flaw.begin && flaw.begin < piece.span.end) {
      const bool in_head = piece.rules.empty() || flaw.begin < piece.head.end;
      piece.broken = piece.broken || in_head;
      mark_broken(piece.rules, flaw);
    }
  }
}

} // namespace

SplitFile split(const SourceMap& sources, FileId file, Diagnostics& diagnostics) {
  SplitFile result;
  std::vector<Token> tokens = tokenize(sources.text(file));
  std::vector<Token> plain;
  plain.reserve(tokens.size());
  std::vector<Span> flaws;
  for (const Token& token : tokens) {
    const Span span{file, token.begin, token.end};
    if (token.kind != TokenKind::comment) {
      plain.push_back(token);
    } else if (token.flaw == TokenFlaw::none) {
      result.comments.push_back({span, token.first_on_line});
    } else if (flaws.size() <= Diagnostics::kMaxErrors) {
      report_foreign_comment(span, diagnostics);
      flaws.push_back(span);
    }
  }
  const TokenView view(file, sources.text(file), std::move(plain));
  for (std::size_t i = 0; i < view.size(); ++i) {
    if (flaws.size() > Diagnostics::kMaxErrors) {
      result.readable = false; // as many as are shown; this is no text of rules
      break;
    }
    if (view[i].flaw != TokenFlaw::none) {
      report_flaw(view, i, diagnostics);
      flaws.push_back(view.span(i));
      result.readable =
          result.readable && (view[i].flaw == TokenFlaw::number_touches || view[i].flaw == TokenFlaw::foreign_text ||
                              view[i].flaw == TokenFlaw::foreign_comment || view[i].flaw == TokenFlaw::stray);
    }
  }
  if (!result.readable) {
    return result;
  }
  const Braces braces = match_braces(view, sources, diagnostics);
  result.readable = !braces.too_deep;
  if (result.readable) {
    result.items = Splitter(view, braces).items();
    for (const Span flaw : flaws) {
      mark_broken(result.items, flaw);
    }
  }
  return result;
}

} // namespace millrace::dsl
