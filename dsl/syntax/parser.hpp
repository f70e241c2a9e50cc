// One file of rules from text to tree.
#pragma once

#include "dsl/diagnostic.hpp"
#include "dsl/syntax/ast.hpp"

namespace millrace::dsl {

/// Parses every piece that can be parsed; what cannot is reported and named in `broken`.
ast::File parse_file(const SourceMap& sources, FileId file, Diagnostics& diagnostics);

} // namespace millrace::dsl
