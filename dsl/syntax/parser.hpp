// One file of rules from text to tree.
#pragma once

#include "dsl/diagnostic.hpp"
#include "dsl/syntax/ast.hpp"

namespace millrace::dsl {

class FormerPieces;

/// Parses every piece that can be parsed; what cannot is reported and named in `broken`. Pieces that are among the
/// former ones are copied from there.
ast::File parse_file(const SourceMap& sources, FileId file, Diagnostics& diagnostics, FormerPieces* former = nullptr);

} // namespace millrace::dsl
