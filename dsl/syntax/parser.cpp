// Drives splitter and grammar over one file.
#include "dsl/syntax/parser.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "dsl/diagnostic/nearest.hpp"
#include "dsl/grammar/habits.hpp"
#include "dsl/grammar/items.hpp"
#include "dsl/syntax/former_pieces.hpp"
#include "dsl/syntax/no_text.hpp"
#include "dsl/syntax/splitter.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl {
namespace {

class FileParser {
 public:
  FileParser(const SourceMap& sources, ast::File& file, Diagnostics& diagnostics, FormerPieces* former)
      : sources_(sources),
        file_(file),
        diagnostics_(diagnostics),
        former_(former),
        state_(sources, file, diagnostics) {}

  void item(const Piece& piece) {
    switch (piece.kind) {
      case PieceKind::edition:
        return edition(piece);
      case PieceKind::import:
        return plain<ast::Import>(piece);
      case PieceKind::let:
        return plain<ast::Let>(piece);
      case PieceKind::def:
        return plain<ast::Def>(piece);
      case PieceKind::lookup:
        return plain<ast::Lookup>(piece);
      case PieceKind::event:
        return event(piece);
      case PieceKind::topic:
        return plain<ast::Topic>(piece);
      case PieceKind::table:
        return plain<ast::Table>(piece);
      case PieceKind::test:
        return plain<ast::Test>(piece);
      case PieceKind::router:
        return router(piece);
      case PieceKind::fragment:
        return fragment(piece);
      case PieceKind::stray:
      case PieceKind::rule:
      case PieceKind::group:
      case PieceKind::include:
      case PieceKind::otherwise:
        return stray(piece);
    }
  }

 private:
  template <typename Node>
  void plain(const Piece& piece) {
    ast::ItemNode node{std::in_place_type<Node>};
    if (is_former(piece.span, node) || parsed(piece, std::get<Node>(node))) {
      file_.items.push_back({piece.span, std::move(node)});
    }
  }

  template <typename Node>
  bool is_former(Span piece, Node& node) {
    return former_ != nullptr && former_->copy(sources_.text(file_.id), piece, file_, node);
  }

  template <typename Node>
  bool parsed(const Piece& piece, Node& node) {
    if (!piece.broken && grammar::parse(state_, sources_.text(piece.span), node)) {
      return true;
    }
    note_broken(piece);
    if (!piece.broken) {
      note_swallowed();
    }
    return false;
  }

  /// One whose end is missing may have more fields than were seen.
  void event(const Piece& piece) {
    const std::size_t known = file_.items.size();
    plain<ast::Event>(piece);
    if (file_.items.size() > known && !sources_.text(piece.span).ends_with('}')) {
      file_.broken.push_back({"fields", std::get<ast::Event>(file_.items.back().node).name.text});
    }
  }

  void edition(const Piece& piece) {
    if (file_.edition || !file_.items.empty() || !file_.broken.empty()) {
      diagnostics_
          .add(Code::wrong_order, state_.span(first_word(piece)), "`edition` stands once, and first in a file",
               "not the first thing here")
          .help("move it to the top");
    }
    const std::string_view text = sources_.text(piece.span);
    const char* const last = text.data() + text.size();
    const auto number = grammar::ParseState::next(text.data() + std::string_view("edition").size(), last);
    file_.edition = ast::Integer{number.lexeme.text, state_.span(number.lexeme.text)};
    const auto behind = grammar::ParseState::next(number.end(), last);
    if (piece.broken) {
      return;
    }
    if (behind.lexeme.kind != TokenKind::end) {
      stray({PieceKind::stray, state_.span(behind.begin, last), {}, {}, false});
    } else if (number.lexeme.text != "1") {
      diagnostics_
          .add(Code::bad_edition, state_.span(number.lexeme.text),
               "edition `" + std::string(number.lexeme.text) + "` is not known", "this compiler knows edition 1")
          .help("write `edition 1`, or use the release that knows this edition");
    }
  }

  void router(const Piece& piece) {
    ast::Router router;
    const bool head_is_good = !piece.broken && grammar::parse_head(state_, sources_.text(piece.head), router);
    std::vector<Span> seen_otherwise;
    bool dead_letter_elsewhere = false;
    for (const Piece& part : piece.rules) {
      const std::size_t known = diagnostics_.error_count();
      if (part.kind == PieceKind::otherwise) {
        otherwise(part, router, seen_otherwise);
      } else {
        refuse_behind_otherwise(part, seen_otherwise);
        rule(part, router.rules);
      }
      if (diagnostics_.error_count() > known) { // what stopped the rule before it is there, if not as it should be
        const std::string_view word = state_.stopped_at();
        const bool rest = word.starts_with("otherwise") || word.starts_with("else") || word.starts_with("default");
        router.otherwise = rest && !router.otherwise ? dropping() : router.otherwise;
        dead_letter_elsewhere = dead_letter_elsewhere || word.starts_with("dead_letter");
      }
    }
    if (dead_letter_elsewhere) {
      file_.broken.push_back({"dead_letter", router.name.text});
    }
    if (head_is_good) {
      file_.items.push_back({piece.span, std::move(router)});
    } else {
      note_broken(piece);
    }
  }

  static std::optional<ast::RouterOtherwise> dropping() {
    ast::RouterOtherwise otherwise;
    otherwise.drop = true;
    return otherwise;
  }

  void fragment(const Piece& piece) {
    ast::Fragment fragment;
    const bool head_is_good = !piece.broken && grammar::parse_head(state_, sources_.text(piece.head), fragment);
    for (const Piece& part : piece.rules) {
      if (part.kind == PieceKind::otherwise || part.kind == PieceKind::include) {
        refuse_in_fragment(part);
      } else {
        rule(part, fragment.rules);
      }
    }
    if (head_is_good) {
      file_.items.push_back({piece.span, std::move(fragment)});
    } else {
      note_broken(piece);
    }
  }

  void refuse_in_fragment(const Piece& piece) {
    const std::string_view word = first_word(piece);
    diagnostics_
        .add(Code::wrong_order, state_.span(word), "`" + std::string(word) + "` stands in a router, not in `rules`",
             "not in a fragment")
        .help(piece.kind == PieceKind::include ? "include both fragments in the router"
                                               : "the router that includes these rules says what happens to the rest");
  }

  void otherwise(const Piece& piece, ast::Router& router, std::vector<Span>& seen) {
    seen.push_back(piece.span);
    if (seen.size() > 1) {
      diagnostics_.add(Code::said_twice, piece.span, "a router has one `otherwise`", "a second one")
          .label(seen.front(), "the first one");
      return;
    }
    ast::RouterOtherwise node;
    if (!parsed(piece, node)) {
      node.drop = true; // what it delivers to is not known; that it is there is
    }
    router.otherwise = std::move(node);
  }

  void refuse_behind_otherwise(const Piece& piece, const std::vector<Span>& seen) {
    if (seen.empty() || piece.kind == PieceKind::stray) {
      return;
    }
    diagnostics_
        .add(Code::wrong_order, state_.span(first_word(piece)), "`otherwise` is the last thing in a router",
             "behind `otherwise`")
        .label(seen.front(), "this ends the list")
        .help("move it above `otherwise`");
  }

  std::string_view first_word(const Piece& piece) const {
    const std::string_view text = sources_.text(piece.span);
    return grammar::ParseState::next(text.data(), text.data() + text.size()).lexeme.text;
  }

  void rule(const Piece& piece, std::vector<ast::Rule>& rules) {
    if (piece.kind == PieceKind::stray || piece.kind == PieceKind::otherwise) {
      return stray(piece);
    }
    ast::Rule node;
    Piece head = piece;
    head.span = piece.kind == PieceKind::group ? piece.head : piece.span;
    const bool good = is_former(head.span, node) || parsed(head, node);
    node.span = piece.span;
    for (const Piece& inner : piece.rules) {
      inner.kind == PieceKind::include ? refuse_in_group(inner) : rule(inner, node.rules);
    }
    if (good) {
      return rules.push_back(std::move(node));
    }
    note_rules(node.rules);
    if (piece.kind == PieceKind::include) {
      note_any_rule();
    }
  }

  /// Of an include that cannot be read.
  void note_any_rule() {
    for (const std::string_view kind : {"route", "tap", "drop"}) {
      file_.broken.push_back({kind, ast::kAnyName});
    }
  }

  /// Rules of a group that is left out are no unknown ones.
  void note_rules(const std::vector<ast::Rule>& rules) {
    for (const ast::Rule& rule : rules) {
      file_.broken.push_back({sources_.text(rule.keyword), rule.name.text});
      note_rules(rule.rules);
    }
  }

  void refuse_in_group(const Piece& piece) {
    diagnostics_
        .add(Code::wrong_order, state_.span(first_word(piece)), "`include` stands in a router, not in a group",
             "inside a group")
        .help("move it behind the group, or make the group part of the fragment");
  }

  void note_broken(const Piece& piece) {
    const std::string_view text = sources_.text(piece.span);
    const char* const last = text.data() + text.size();
    const auto keyword = grammar::ParseState::next(text.data(), last);
    const auto name = grammar::ParseState::next(keyword.end(), last);
    std::string_view plain = name.lexeme.text;
    if (name.lexeme.kind == TokenKind::text || name.lexeme.kind == TokenKind::quoted_name) {
      plain = plain.size() >= 2 ? plain.substr(1, plain.size() - 2) : plain;
    } else if (name.lexeme.kind != TokenKind::word) {
      plain = ast::kAnyName;
    }
    file_.broken.push_back({keyword.lexeme.text, plain});
  }

  /// A declaration that is not written as one is read as the end of the piece before it.
  void note_swallowed() {
    const std::string_view text = state_.stopped_at();
    const auto keyword = grammar::ParseState::next(text.data(), text.data() + text.size());
    const auto name = grammar::ParseState::next(keyword.end(), text.data() + text.size());
    if (keyword.lexeme.kind == TokenKind::word && name.lexeme.kind == TokenKind::word) {
      file_.broken.push_back({"let", name.lexeme.text});
      file_.broken.push_back({"def", name.lexeme.text});
    }
    if (keyword.lexeme.text == "include") {
      note_any_rule();
    }
  }

  void stray(const Piece& piece) {
    if (piece.broken) {
      return;
    }
    const std::string_view text = sources_.text(piece.span);
    const auto first = grammar::ParseState::next(text.data(), text.data() + text.size());
    if (first.lexeme.text == "}") {
      return; // reported by the matching of braces
    }
    const std::string found(first.lexeme.text);
    auto& diagnostic = diagnostics_.add(Code::unexpected, state_.span(first.lexeme.text),
                                        "`" + found + "` begins nothing that can stand here", "not expected here");
    static const std::vector<std::string> kKeywords = {"edition", "import", "let",    "def",   "lookup", "event",
                                                       "topic",   "rules",  "router", "table", "test"};
    const std::string near = nearest(found, kKeywords);
    if (!near.empty() && near != found) {
      const Span at = state_.span(first.lexeme.text);
      diagnostic.help("did you mean `" + near + "`?",
                      Fix{{{at, near}}, Applicability::machine, "fix: `" + found + "` → `" + near + "`"});
    }
    if (!near.empty()) {
      note_broken(piece);
      file_.broken.back().keyword = *std::find(kKeywords.begin(), kKeywords.end(), near);
      if (near == found) {
        grammar::show_form({file_.id, sources_.text(file_.id), text, first.begin, {}, false}, diagnostic);
      }
      return;
    }
    diagnostic.help(
        "a file holds `import let def lookup event topic rules router table test`; a router holds rules and "
        "`otherwise`");
  }

  const SourceMap& sources_;
  ast::File& file_;
  Diagnostics& diagnostics_;
  FormerPieces* const former_; // or none
  grammar::ParseState state_;
};

} // namespace

ast::File parse_file(const SourceMap& sources, FileId id, Diagnostics& diagnostics, FormerPieces* former) {
  ast::File file;
  file.id = id;
  if (const auto bad = first_no_text(sources.text(id))) {
    diagnostics.add(Code::not_utf8, {id, bad->at, bad->at + 1}, bad->what, bad->there).help(bad->way_out);
    file.readable = false;
    return file;
  }
  SplitFile pieces = split(sources, id, diagnostics);
  file.comments = std::move(pieces.comments);
  file.readable = pieces.readable;
  file.exprs.reserve(sources.text(id).size() / 16);
  FileParser parser(sources, file, diagnostics, former);
  for (const Piece& piece : pieces.items) {
    parser.item(piece);
  }
  return file;
}

} // namespace millrace::dsl
