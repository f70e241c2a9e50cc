// Comparing values of any two kinds, exactly: int, decimal and float by what they mean, text by bytes.
#pragma once

#include <compare>
#include <optional>

#include "dsl/values/value.hpp"

namespace millrace::dsl {

/// Absent when one of them is absent or the two are of kinds that have no order between them (a number and a text, an
/// object and anything).
std::optional<std::strong_ordering> compare(const Value& left, const Value& right);

inline bool equals(const Value& left, const Value& right) {
  if (left.tag() == Tag::text && right.tag() == Tag::text) {
    return left.as_text() == right.as_text();
  }
  const auto order = compare(left, right);
  return order && *order == 0;
}

/// A total order over values of all kinds, for sorted sets: kinds first, numbers of all kinds together.
bool before(const Value& left, const Value& right);

} // namespace millrace::dsl
