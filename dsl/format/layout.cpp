// Putting lines together.
#include "dsl/format/layout.hpp"

#include <algorithm>

namespace millrace::dsl {
namespace {

std::string trimmed(std::string_view comment) {
  const std::size_t end = comment.find_last_not_of(" \t\r");
  return std::string(comment.substr(0, end + 1));
}

} // namespace

std::size_t text_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

bool Layout::blank_before(std::uint32_t offset) const {
  int breaks = 0;
  for (std::uint32_t at = offset; at > 0; --at) {
    const char c = text_[at - 1];
    if (c == '\n') {
      ++breaks;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      break;
    }
  }
  return breaks > 1;
}

void Layout::blank() {
  if (!fresh_ && !lines_.empty() && !lines_.back().cells.empty()) {
    lines_.emplace_back();
  }
}

void Layout::part(std::size_t line) {
  if (line > 0 && !lines_[line].cells.empty() && !lines_[line - 1].cells.empty()) {
    lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(line), Line{});
  }
}

void Layout::rest(std::uint32_t offset) {
  for (; next_comment_ < comments_.size() && comments_[next_comment_].span.begin < offset; ++next_comment_) {
    const Span span = comments_[next_comment_].span;
    if (blank_before(span.begin)) {
      blank();
    }
    row({trimmed(text_.substr(span.begin, span.size()))}, 0);
  }
}

void Layout::begin(std::uint32_t offset) {
  rest(offset);
  if (blank_before(offset)) {
    blank();
  }
}

void Layout::row(std::vector<std::string> cells, int table) {
  lines_.push_back({indent_, table, std::move(cells), ""});
  fresh_ = false;
}

void Layout::trailing(std::uint32_t offset) {
  if (next_comment_ >= comments_.size()) {
    return;
  }
  const Span span = comments_[next_comment_].span;
  if (span.begin < offset || comments_[next_comment_].own_line) {
    return;
  }
  const std::string_view between = text_.substr(offset, span.begin - offset);
  if (between.find_first_not_of(" \t") == std::string_view::npos) {
    lines_.back().comment = trimmed(text_.substr(span.begin, span.size()));
    ++next_comment_;
  }
}

void Layout::skip(std::uint32_t begin, std::uint32_t end) {
  while (next_comment_ < comments_.size() && comments_[next_comment_].span.begin >= begin &&
         comments_[next_comment_].span.begin < end) {
    ++next_comment_;
  }
}

void Layout::open(std::string text) {
  line(std::move(text));
  indent_ += 2;
  fresh_ = true;
}

void Layout::close(std::string text) {
  while (!lines_.empty() && lines_.back().cells.empty()) {
    lines_.pop_back();
  }
  indent_ -= 2;
  line(std::move(text));
}

bool Layout::has_comment(std::uint32_t begin, std::uint32_t end) const {
  return std::any_of(comments_.begin(), comments_.end(), [&](const ast::Comment& comment) {
    return comment.span.begin >= begin && comment.span.begin < end;
  });
}

bool Layout::breaks_line(std::uint32_t begin, std::uint32_t end) const {
  return text_.substr(begin, end - begin).find('\n') != std::string_view::npos;
}

/// Neighbours are rows of one table without a blank line between them; comments between them do not part them.
void Layout::align() {
  for (std::size_t i = 0; i < lines_.size();) {
    const int table = lines_[i].table;
    std::vector<std::size_t> rows;
    std::vector<std::size_t> widths;
    std::size_t end = i;
    for (; end < lines_.size() && !lines_[end].cells.empty(); ++end) {
      if (table == 0 || (lines_[end].table != table && lines_[end].table != 0)) {
        break;
      }
      if (lines_[end].table != table) {
        if (!lines_[end].cells.front().starts_with("#")) {
          break;
        }
        continue;
      }
      rows.push_back(end);
      widths.resize(std::max(widths.size(), lines_[end].cells.size()));
      for (std::size_t cell = 0; cell < lines_[end].cells.size(); ++cell) {
        widths[cell] = std::max(widths[cell], text_width(lines_[end].cells[cell]));
      }
    }
    for (const std::size_t row : rows) {
      std::vector<std::string>& cells = lines_[row].cells;
      for (std::size_t cell = 0; cell + 1 < cells.size(); ++cell) {
        cells[cell].append(widths[cell] - text_width(cells[cell]), ' ');
      }
    }
    i = std::max(end, i + 1);
  }
}

std::string Layout::finish() {
  rest(static_cast<std::uint32_t>(text_.size()));
  while (!lines_.empty() && lines_.back().cells.empty()) {
    lines_.pop_back();
  }
  align();
  std::string out;
  for (const Line& line : lines_) {
    std::string text;
    for (const std::string& cell : line.cells) {
      text += (text.empty() ? "" : " ") + cell;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += line.comment.empty() ? "" : "  " + line.comment;
    out += text.empty() ? "\n" : std::string(static_cast<std::size_t>(line.indent), ' ') + text + "\n";
  }
  return out;
}

} // namespace millrace::dsl
