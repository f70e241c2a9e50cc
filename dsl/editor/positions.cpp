#include "dsl/editor/positions.hpp"

#include <algorithm>

namespace millrace::dsl::editor {
namespace {

struct Character {
  std::uint32_t bytes = 1;
  std::uint32_t units = 1;
};

/// Of the character that begins there; a byte that belongs to none counts as one.
Character character_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::uint32_t bytes = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const auto left = static_cast<std::uint32_t>(text.size() - at);
  return {std::min(bytes, left), bytes == 4 ? 2U : 1U};
}

} // namespace

Lines::Lines(std::string_view text) : text_(text), begins_{0} {
  const bool plain = text.find('\r') == std::string_view::npos;
  for (std::size_t at = 0; at < text.size(); ++at) {
    at = plain ? text.find('\n', at) : text.find_first_of("\r\n", at);
    if (at == std::string_view::npos) {
      break;
    }
    at += text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n' ? 1 : 0;
    begins_.push_back(static_cast<std::uint32_t>(at + 1));
  }
}

std::uint32_t Lines::offset(Position position) const {
  if (position.line >= begins_.size()) {
    return static_cast<std::uint32_t>(text_.size());
  }
  std::uint32_t at = begins_[position.line];
  for (std::uint32_t units = 0; at < text_.size() && text_[at] != '\n' && text_[at] != '\r';) {
    const Character next = character_at(text_, at);
    if (units + next.units > position.character) {
      break;
    }
    units += next.units;
    at += next.bytes;
  }
  return at;
}

Position Lines::position(std::uint32_t offset) const {
  offset = std::min(offset, static_cast<std::uint32_t>(text_.size()));
  const auto after = std::upper_bound(begins_.begin(), begins_.end(), offset);
  Position position{static_cast<std::uint32_t>(after - begins_.begin()) - 1, 0};
  for (std::uint32_t at = *(after - 1); at < offset;) {
    const Character next = character_at(text_, at);
    if (at + next.bytes > offset) {
      break;
    }
    position.character += next.units;
    at += next.bytes;
  }
  return position;
}

} // namespace millrace::dsl::editor
