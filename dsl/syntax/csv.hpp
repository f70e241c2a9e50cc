// Comma-separated values as RFC 4180 has them: record by record, quoted or not, any line ending, a byte order mark
// passed by. What the columns mean is decided in check/lookups.
//
//   CsvReader reader(text);
//   while (reader.next(record)) { use(record); }
//   if (reader.error()) { … }
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::dsl {

struct CsvCell {
  std::string_view text; // without quotes; in the text, or in the reader where a quote was doubled
  std::uint32_t begin = 0;
  std::uint32_t end = 0; // of what stands in the file, quotes included
};

struct CsvError {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::string_view what;
};

class CsvReader {
 public:
  /// The text is UTF-8, smaller than 4 GiB, and outlives the reader and its cells.
  explicit CsvReader(std::string_view text);

  /// The next record; its cells stay valid as long as the reader. False at the end, or where the text is no CSV. Lines
  /// without anything on them are no records.
  bool next(std::vector<CsvCell>& record);
  const std::optional<CsvError>& error() const { return error_; }

 private:
  void skip_empty_lines();
  bool end_of_line();
  bool quoted(CsvCell& cell);
  bool plain(CsvCell& cell);
  bool fail(std::size_t begin, std::size_t end, std::string_view what);

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<CsvError> error_;
  std::deque<std::string> unescaped_;
};

} // namespace millrace::dsl
