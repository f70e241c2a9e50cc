// Where a place of one text is in another that was made of it by a change in one stretch.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace millrace::dsl::editor {

class Moved {
 public:
  Moved(std::string_view from, std::string_view to);

  /// Nothing: it is in the stretch that changed.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> span(std::uint32_t begin, std::uint32_t end) const;

 private:
  std::size_t from_size_;
  std::size_t to_size_;
  std::size_t head_ = 0; // bytes that are the same
  std::size_t tail_ = 0;
};

} // namespace millrace::dsl::editor
