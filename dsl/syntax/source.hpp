// The texts that a ruleset is made of, and places in them: a file's number and byte offsets into its text.
// Knows nothing of the language. Texts never move once added, so views into them last as long as the map.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::dsl {

using FileId = std::uint32_t;

/// Bytes [begin, end) of one file.
struct Span {
  FileId file = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  std::uint32_t size() const { return end - begin; }
  bool operator==(const Span&) const = default;
};

/// From the beginning of the one to the end of the other, which lies behind it in the same file.
inline Span operator|(Span from, Span to) { return {from.file, from.begin, to.end}; }

/// Where a byte stands for a reader: both count from one, the column in characters (code points).
struct Location {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// Every file of one compilation, in the order in which they were loaded; the root is file 0.
class SourceMap {
 public:
  FileId add(std::string name, std::shared_ptr<const std::string> text);
  FileId add(std::string name, std::string text);

  std::size_t size() const { return files_.size(); }
  std::string_view name(FileId file) const { return files_[file].name; }
  std::string_view text(FileId file) const { return *files_[file].text; }
  std::shared_ptr<const std::string> shared_text(FileId file) const { return files_[file].text; }
  std::string_view text(Span span) const { return text(span.file).substr(span.begin, span.size()); }

  Location locate(FileId file, std::uint32_t offset) const;
  /// Byte range of a line (counted from one) without its line break.
  Span line(FileId file, std::uint32_t line) const;
  /// `file:line:column` of the span's first character.
  std::string place(Span span) const;

 private:
  struct File {
    std::string name;
    std::shared_ptr<const std::string> text;
    std::vector<std::uint32_t> line_begins;
  };
  static std::uint32_t text_begin(const File& source);

  std::deque<File> files_;
};

} // namespace millrace::dsl
