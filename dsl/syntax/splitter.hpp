// Cuts a rules file into items and the bodies of routers and fragments into rules, before any grammar looks at it, so
// that a mistake costs the piece it stands in and no other. Braces that do not match are found here, with the
// indentation as a hint.
#pragma once

#include <cstdint>
#include <vector>

#include "dsl/diagnostic.hpp"
#include "dsl/syntax/ast.hpp"
#include "dsl/syntax/lexer.hpp"

namespace millrace::dsl {

enum class PieceKind : std::uint8_t {
  edition,
  import,
  let,
  def,
  lookup,
  event,
  topic,
  fragment, // `rules NAME for EVENT { … }`
  router,
  table,
  test,
  stray, // text that begins no item
  rule,  // route, tap or drop
  group,
  include,
  otherwise,
};

/// A stretch of text that is parsed on its own.
struct Piece {
  PieceKind kind = PieceKind::stray;
  Span span;                // without comments before and after
  Span head;                // router, fragment, group: up to the first rule (without `{` for a group)
  std::vector<Piece> rules; // of a router, fragment or group
  bool broken = false;      // holds a token that is none; reported
};

struct SplitFile {
  std::vector<Piece> items;
  std::vector<ast::Comment> comments;
  bool readable = true; // false: texts or nesting make it impossible to say where anything ends
};

SplitFile split(const SourceMap& sources, FileId file, Diagnostics& diagnostics);

} // namespace millrace::dsl
