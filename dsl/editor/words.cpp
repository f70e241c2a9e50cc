#include "dsl/editor/words.hpp"

#include <algorithm>

#include "dsl/syntax/lexer.hpp"

namespace millrace::dsl::editor {

std::string as_name(std::string_view name) {
  const bool plain =
      !name.empty() && is_word_begin(name.front()) && std::all_of(name.begin(), name.end(), is_word_char);
  return plain && !is_reserved(name) ? std::string(name) : "`" + std::string(name) + "`";
}

std::string as_path(std::string_view path) {
  const std::size_t dot = path.find('.');
  return dot == std::string_view::npos ? as_name(path)
                                       : as_name(path.substr(0, dot)) + "." + as_path(path.substr(dot + 1));
}

std::string comment_above(std::string_view text, std::uint32_t offset) {
  std::string comment;
  const std::size_t before_it = text.find_last_not_of(" \t", offset == 0 ? 0 : offset - 1);
  if (offset == 0 || before_it == std::string_view::npos || text[before_it] != '\n') {
    return comment; // something else stands there first, and it may be about that
  }
  std::size_t line = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  while (line != std::string_view::npos && line > 0) {
    const std::size_t before = text.rfind('\n', line - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    std::string_view content = text.substr(begin, line - begin);
    content.remove_prefix(std::min(content.find_first_not_of(" \t"), content.size()));
    content = content.substr(0, content.find_last_not_of(" \t\r") + 1);
    if (!content.starts_with('#')) {
      break;
    }
    content.remove_prefix(content.starts_with("# ") ? 2 : 1);
    comment = std::string(content) + (comment.empty() ? "" : "\n") + comment;
    line = before;
  }
  return comment;
}

} // namespace millrace::dsl::editor
