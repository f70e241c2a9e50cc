// Places in a text as editors count them: lines from zero, and in a line the UTF-16 units before the place.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace millrace::dsl::editor {

struct Position {
  std::uint32_t line = 0;
  std::uint32_t character = 0;
  auto operator<=>(const Position&) const = default;
};

struct Range {
  Position begin;
  Position end;
  bool operator==(const Range&) const = default;
};

/// The lines of one text, which must outlive them. `\n`, `\r\n` and `\r` end a line.
class Lines {
 public:
  explicit Lines(std::string_view text);

  /// Past the end of a line is its end, past the last line the end of the text; inside a character is before it.
  std::uint32_t offset(Position position) const;
  Position position(std::uint32_t offset) const;
  Range range(std::uint32_t begin, std::uint32_t end) const { return {position(begin), position(end)}; }

 private:
  std::string_view text_;
  std::vector<std::uint32_t> begins_;
};

} // namespace millrace::dsl::editor
