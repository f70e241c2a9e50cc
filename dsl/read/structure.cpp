#include "dsl/read/structure.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace millrace::dsl {
namespace {

constexpr std::size_t kSmallest = 4096;
constexpr std::size_t kLargest = std::size_t{16} << 20U; // far above what any source lets through
constexpr std::size_t kKept = std::size_t{1} << 20U;     // four bytes are held for each

} // namespace

Structure::Structure() = default;
Structure::Structure(Structure&&) noexcept = default;
Structure& Structure::operator=(Structure&&) noexcept = default;
Structure::~Structure() = default;

Fault Structure::index(std::string_view text) {
  if (text.empty()) {
    return Fault::not_json;
  }
  if (text.size() > kLargest) {
    return Fault::too_long;
  }
  const bool outsized = parser_ && parser_->capacity() > kKept && text.size() <= kKept;
  if (!parser_ || parser_->capacity() < text.size() || outsized) {
    const std::size_t capacity = std::bit_ceil(std::max(text.size(), kSmallest));
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, parser_) !=
        simdjson::SUCCESS) {
      return Fault::too_long;
    }
  }
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const simdjson::error_code error = parser_->stage1(bytes, text.size(), simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) {
    return error == simdjson::UTF8_ERROR ? Fault::bad_utf8 : Fault::not_json;
  }
  text_ = text;
  begin_ = parser_->structural_indexes.get();
  end_ = begin_ + parser_->n_structural_indexes;
  has_escapes_ = std::memchr(text.data(), '\\', text.size()) != nullptr;
  return Fault::none;
}

} // namespace millrace::dsl
