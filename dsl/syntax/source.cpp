// Lines and columns of the sources of a ruleset.
#include "dsl/syntax/source.hpp"

#include <algorithm>

#include "dsl/syntax/no_text.hpp"

namespace millrace::dsl {

/// Behind the byte order mark, which nobody sees.
std::uint32_t SourceMap::text_begin(const File& source) {
  return source.text->starts_with(kByteOrderMark) ? static_cast<std::uint32_t>(kByteOrderMark.size()) : 0;
}

FileId SourceMap::add(std::string name, std::string text) {
  return add(std::move(name), std::make_shared<const std::string>(std::move(text)));
}

FileId SourceMap::add(std::string name, std::shared_ptr<const std::string> text) {
  File& file = files_.emplace_back(File{std::move(name), std::move(text), {0}});
  for (std::size_t at = file.text->find('\n'); at != std::string::npos; at = file.text->find('\n', at + 1)) {
    file.line_begins.push_back(static_cast<std::uint32_t>(at + 1));
  }
  return static_cast<FileId>(files_.size() - 1);
}

Location SourceMap::locate(FileId file, std::uint32_t offset) const {
  const File& source = files_[file];
  const auto after = std::upper_bound(source.line_begins.begin(), source.line_begins.end(), offset);
  const std::uint32_t begin = std::max(*(after - 1), text_begin(source));
  Location location;
  location.line = static_cast<std::uint32_t>(after - source.line_begins.begin());
  for (std::uint32_t at = begin; at < offset && at < source.text->size(); ++at) {
    const bool is_continuation = (static_cast<unsigned char>((*source.text)[at]) & 0xC0u) == 0x80u;
    location.column += is_continuation ? 0 : 1;
  }
  return location;
}

Span SourceMap::line(FileId file, std::uint32_t line) const {
  const File& source = files_[file];
  Span span{file, std::max(source.line_begins[line - 1], text_begin(source)),
            static_cast<std::uint32_t>(source.text->size())};
  if (line < source.line_begins.size()) {
    span.end = source.line_begins[line] - 1;
  }
  if (span.end > span.begin && (*source.text)[span.end - 1] == '\r') {
    --span.end;
  }
  return span;
}

std::string SourceMap::place(Span span) const {
  const Location location = locate(span.file, span.begin);
  return std::string(name(span.file)) + ":" + std::to_string(location.line) + ":" + std::to_string(location.column);
}

} // namespace millrace::dsl
