// Diagnostics for people, for one line each, and for tools.
#pragma once

#include <string>

#include "dsl/diagnostic.hpp"
#include "dsl/diagnostic/colour.hpp"

namespace millrace::dsl {

/// Source line, carets, other places, help and notes. Carets count display width: tabs are four blanks, wide characters
/// two. Colours change nothing but colours.
std::string render_text(const Diagnostic& diagnostic, const SourceMap& sources, Colours colours = Colours::off);
std::string render_text(const Diagnostics& diagnostics, const SourceMap& sources, Colours colours = Colours::off);

/// `file:line:column: error[E0301]: headline`
std::string render_short(const Diagnostics& diagnostics, const SourceMap& sources);

/// One JSON array: code, severity, message, file, byte span, line, column in characters, labels, helps with their
/// edits.
std::string render_json(const Diagnostics& diagnostics, const SourceMap& sources);
/// One object of such an array; its code is null where there is none.
std::string render_json(const Diagnostic& diagnostic, const SourceMap& sources);

} // namespace millrace::dsl
