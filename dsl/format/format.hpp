// `millrace fmt`: one style for rules files. Formatting changes white space only: the tree and every comment stay, and
// formatting twice is formatting once.
#pragma once

#include <optional>
#include <string>

#include "dsl/diagnostic.hpp"
#include "dsl/syntax/ast.hpp"

namespace millrace::dsl {

/// The file that `file` was parsed from, in the one style, whose lines end with `\n`; without a byte order mark. It
/// must have parsed without errors.
std::string format(const SourceMap& sources, const ast::File& file);

/// Parses and formats a text; nothing if it does not parse, which `diagnostics` tells (places are of file 0 of
/// `sources`).
std::optional<std::string> format_text(SourceMap& sources, std::string name, std::string text,
                                       Diagnostics& diagnostics);

} // namespace millrace::dsl
