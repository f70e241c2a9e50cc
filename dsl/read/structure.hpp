// The first step over a JSON text: where its tokens begin. simdjson's first stage does it, with all UTF-8 and every raw
// control character checked; the grammar of what lies between the tokens is checked by whoever walks them
// (read/reader.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "dsl/reason.hpp"

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace millrace::dsl {

class Structure {
 public:
  Structure();
  Structure(Structure&&) noexcept;
  Structure& operator=(Structure&&) noexcept;
  ~Structure();

  /// Finds the tokens of `text`, which must stay where it is while they are walked. Needs no padding behind it.
  Fault index(std::string_view text);

  /// Offsets of brackets, commas, colons and first characters of scalars and strings; one more behind `end` holds the
  /// text's size.
  const std::uint32_t* begin() const { return begin_; }
  const std::uint32_t* end() const { return end_; }
  std::string_view text() const { return text_; }
  /// Whether there is any backslash at all.
  bool has_escapes() const { return has_escapes_; }

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
  const std::uint32_t* begin_ = nullptr;
  const std::uint32_t* end_ = nullptr;
  std::string_view text_;
  bool has_escapes_ = false;
};

} // namespace millrace::dsl
