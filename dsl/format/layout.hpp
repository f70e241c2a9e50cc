// Lines of formatted text: indentation, cells that are aligned with those of neighbouring lines, comments, blank lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dsl/syntax/ast.hpp"

namespace millrace::dsl {

class Layout {
 public:
  Layout(std::string_view text, const std::vector<ast::Comment>& comments) : text_(text), comments_(comments) {}

  /// Starts an element that begins at `offset` in the source: comments above it come first, and a blank line of the
  /// source stays one.
  void begin(std::uint32_t offset);
  /// A line of one cell.
  void line(std::string text) { row({std::move(text)}, 0); }
  /// Cells of neighbouring lines with the same `table` (not 0) are aligned.
  void row(std::vector<std::string> cells, int table);
  /// Takes the comment that stands behind `offset` on its line to the end of the last line.
  void trailing(std::uint32_t offset);
  /// The comments before `offset` that nothing has taken, each on its own line.
  void rest(std::uint32_t offset);
  /// Passes over comments inside [begin, end), which are printed as part of a verbatim text.
  void skip(std::uint32_t begin, std::uint32_t end);

  void open(std::string text);
  void close(std::string text);
  void indent_more() { indent_ += 2; }
  void indent_less() { indent_ -= 2; }
  void blank();
  /// A blank line before the line of this number, unless there is one or it is the first.
  void part(std::size_t line);

  bool has_comment(std::uint32_t begin, std::uint32_t end) const;
  bool breaks_line(std::uint32_t begin, std::uint32_t end) const;
  std::size_t line_count() const { return lines_.size(); }
  int indent() const { return indent_; }
  /// Number for rows of one block.
  int new_table() { return ++tables_; }

  std::string finish();

 private:
  struct Line {
    int indent = 0;
    int table = 0;
    std::vector<std::string> cells; // none: a blank line
    std::string comment;
  };

  bool blank_before(std::uint32_t offset) const;
  void align();

  std::string_view text_;
  const std::vector<ast::Comment>& comments_;
  std::size_t next_comment_ = 0;
  std::vector<Line> lines_;
  int indent_ = 0;
  int tables_ = 0;
  bool fresh_ = true; // nothing stands yet in the current block
};

/// Code points, which is what a reader's eye aligns.
std::size_t text_width(std::string_view text);

} // namespace millrace::dsl
