// Comparing values of any two kinds, exactly: int, decimal and float by what they mean, text by bytes.
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "dsl/values/value.hpp"

namespace millrace::dsl {

/// Absent when one of them is absent or the two are of kinds that have no order between them (a number and a text, an
/// object and anything).
std::optional<std::strong_ordering> compare(const Value& left, const Value& right);

/// Texts are mostly short, and mostly told apart by their lengths or first characters; a call for each would cost more
/// than the answer.
inline bool same_text(std::string_view left, std::string_view right) {
  const std::size_t size = left.size();
  if (size != right.size()) {
    return false;
  }
  if (size >= 8) {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::memcpy(&a, left.data(), 8);
    std::memcpy(&b, right.data(), 8);
    if (a != b) {
      return false;
    }
    std::memcpy(&a, left.data() + size - 8, 8);
    std::memcpy(&b, right.data() + size - 8, 8);
    return a == b && (size <= 16 || left == right);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (left[i] != right[i]) {
      return false;
    }
  }
  return true;
}

inline bool equals(const Value& left, const Value& right) {
  if (left.tag() == Tag::text && right.tag() == Tag::text) {
    return same_text(left.as_text(), right.as_text());
  }
  const auto order = compare(left, right);
  return order && *order == 0;
}

/// A total order over values of all kinds, for sorted sets: kinds first, numbers of all kinds together.
bool before(const Value& left, const Value& right);

} // namespace millrace::dsl
