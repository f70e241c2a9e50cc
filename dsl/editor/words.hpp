// Names as they are written in rules, and the comments that speak of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::dsl::editor {

/// In backticks where it is no plain word, or one that the language keeps for itself.
std::string as_name(std::string_view name);

/// A path of names, `a.b`, each as it is written.
std::string as_path(std::string_view path);

/// The comment lines directly above the line that begins at the offset, but for blanks, without their `#`.
std::string comment_above(std::string_view text, std::uint32_t offset);

} // namespace millrace::dsl::editor
