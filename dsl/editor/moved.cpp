#include "dsl/editor/moved.hpp"

#include <algorithm>

namespace millrace::dsl::editor {

Moved::Moved(std::string_view from, std::string_view to) : from_size_(from.size()), to_size_(to.size()) {
  const std::size_t shorter = std::min(from.size(), to.size());
  while (head_ < shorter && from[head_] == to[head_]) {
    ++head_;
  }
  while (tail_ < shorter - head_ && from[from.size() - 1 - tail_] == to[to.size() - 1 - tail_]) {
    ++tail_;
  }
}

std::optional<std::pair<std::uint32_t, std::uint32_t>> Moved::span(std::uint32_t begin, std::uint32_t end) const {
  if (end <= head_) {
    return std::pair(begin, end);
  }
  if (begin + tail_ < from_size_) {
    return std::nullopt;
  }
  const auto moved = [&](std::uint32_t at) { return static_cast<std::uint32_t>(to_size_ - (from_size_ - at)); };
  return std::pair(moved(begin), moved(end));
}

} // namespace millrace::dsl::editor
