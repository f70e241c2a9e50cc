#include "dsl/syntax/csv.hpp"

#include <algorithm>

namespace millrace::dsl {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

} // namespace

CsvReader::CsvReader(std::string_view text) : text_(text) {
  at_ = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
}

bool CsvReader::next(std::vector<CsvCell>& record) {
  record.clear();
  skip_empty_lines();
  if (error_ || at_ == text_.size()) {
    return false;
  }
  while (true) {
    CsvCell& cell = record.emplace_back();
    if (!(at_ < text_.size() && text_[at_] == '"' ? quoted(cell) : plain(cell))) {
      return false;
    }
    if (end_of_line()) {
      return true;
    }
    ++at_; // the comma
  }
}

void CsvReader::skip_empty_lines() {
  while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
}

/// Behind a cell: passes the end of a line, or the end of the text.
bool CsvReader::end_of_line() {
  if (at_ == text_.size()) {
    return true;
  }
  if (text_[at_] == '\r') {
    at_ += text_.substr(at_).starts_with("\r\n") ? 2 : 1;
    return true;
  }
  if (text_[at_] == '\n') {
    ++at_;
    return true;
  }
  return false;
}

bool CsvReader::quoted(CsvCell& cell) {
  const std::size_t begin = at_;
  std::size_t close = text_.find('"', begin + 1);
  bool doubled = false;
  while (close != std::string_view::npos && text_.substr(close + 1).starts_with('"')) {
    doubled = true;
    close = text_.find('"', close + 2);
  }
  if (close == std::string_view::npos) {
    return fail(begin, begin + 1, "this quote is not closed");
  }
  cell = {text_.substr(begin + 1, close - begin - 1), static_cast<std::uint32_t>(begin),
          static_cast<std::uint32_t>(close + 1)};
  if (doubled) {
    std::string& plain = unescaped_.emplace_back();
    for (std::size_t i = 0; i < cell.text.size(); ++i) {
      plain += cell.text[i];
      i += cell.text[i] == '"' ? 1 : 0;
    }
    cell.text = plain;
  }
  at_ = close + 1;
  if (at_ < text_.size() && std::string_view(",\r\n").find(text_[at_]) == std::string_view::npos) {
    return fail(at_, at_ + 1,
                "a comma or the end of the line stands behind a closing quote; a quote inside is doubled");
  }
  return true;
}

bool CsvReader::plain(CsvCell& cell) {
  const std::size_t begin = at_;
  at_ = std::min(text_.find_first_of(",\r\n\"", begin), text_.size());
  if (at_ < text_.size() && text_[at_] == '"') {
    return fail(at_, at_ + 1, "a cell with a quote in it stands in quotes, and the quote is doubled");
  }
  cell = {text_.substr(begin, at_ - begin), static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)};
  return true;
}

bool CsvReader::fail(std::size_t begin, std::size_t end, std::string_view what) {
  error_ = CsvError{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), what};
  return false;
}

} // namespace millrace::dsl
