#include "plugins/sink_postgres/numeric.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>

namespace millrace::sink_postgres {
namespace {

constexpr std::int16_t kNegative = 0x4000;

// A numeric's digits to the base 10,000, last one first.
struct Groups {
  std::array<std::int16_t, 12> digit{};
  int count = 0;

  void add(std::uint64_t value) { digit[static_cast<std::size_t>(count++)] = static_cast<std::int16_t>(value); }
};

constexpr std::uint64_t kBase = 10'000;

// What is left of the value goes on in 64 bits as soon as it fits, where a division costs little.
void add_groups(Groups& groups, Digits128 value) {
  while (value > std::numeric_limits<std::uint64_t>::max()) {
    groups.add(static_cast<std::uint64_t>(value % kBase));
    value /= kBase;
  }
  for (auto rest = static_cast<std::uint64_t>(value); rest != 0; rest /= kBase) {
    groups.add(rest % kBase);
  }
}

// `value` has `scale` digits behind the point; groups of four count from the point.
Groups groups_of(Digits128 value, int scale) {
  Groups groups;
  const int partial = scale % 4;
  if (partial != 0) {
    const auto cut = static_cast<std::uint64_t>(power_of_ten(partial));
    groups.add(static_cast<std::uint64_t>(value % cut) * static_cast<std::uint64_t>(power_of_ten(4 - partial)));
    value /= cut;
  }
  add_groups(groups, value);
  const int behind_point = (scale + 3) / 4;
  while (groups.count < behind_point) {
    groups.add(0);
  }
  return groups;
}

// The head of the field; its `count` digits follow.
void append_head(CopyBuffer& out, int count, int weight, bool negative, int scale) {
  out.int32(8 + 2 * count);
  out.int16(static_cast<std::int16_t>(count));
  out.int16(static_cast<std::int16_t>(weight));
  out.int16(negative && count > 0 ? kNegative : std::int16_t{0});
  out.int16(static_cast<std::int16_t>(scale));
}

// "-12.5e3" taken apart. The value is the digits with the point behind the first `point` of them.
struct Parts {
  bool negative = false;
  std::string digits;
  std::int64_t point = 0;
};

bool take_digits(std::string_view& text, std::string& out) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  out += text.substr(0, count);
  text.remove_prefix(count);
  return count > 0;
}

bool parse(std::string_view text, Parts& parts) {
  if (text.starts_with('-')) {
    parts.negative = true;
    text.remove_prefix(1);
  }
  if (!take_digits(text, parts.digits)) {
    return false;
  }
  parts.point = static_cast<std::int64_t>(parts.digits.size());
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text, parts.digits)) {
      return false;
    }
  }
  if (text.empty()) {
    return true;
  }
  if (text[0] != 'e' && text[0] != 'E') {
    return false;
  }
  text.remove_prefix(1);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  std::int32_t exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  parts.point += exponent;
  return error == std::errc() && end == text.data() + text.size();
}

std::int64_t group_of_power(std::int64_t power) { return power >= 0 ? power / 4 : -((3 - power) / 4); }

// Of the digits that stand for 10^(4 group + 3) … 10^(4 group).
std::int16_t group_at(const Parts& parts, std::int64_t group) {
  int value = 0;
  for (std::int64_t power = 4 * group + 3; power >= 4 * group; --power) {
    const std::int64_t index = parts.point - 1 - power;
    const bool there = index >= 0 && index < static_cast<std::int64_t>(parts.digits.size());
    value = value * 10 + (there ? parts.digits[static_cast<std::size_t>(index)] - '0' : 0);
  }
  return static_cast<std::int16_t>(value);
}

} // namespace

Digits128 power_of_ten(int exponent) {
  Digits128 power = 1;
  for (int i = 0; i < exponent; ++i) {
    power *= 10;
  }
  return power;
}

void append_numeric(CopyBuffer& out, bool negative, Digits128 magnitude, int scale) {
  const Groups groups = groups_of(magnitude, scale);
  int first = groups.count - 1;
  while (first >= 0 && groups.digit[static_cast<std::size_t>(first)] == 0) {
    --first;
  }
  int last = 0;
  while (last < first && groups.digit[static_cast<std::size_t>(last)] == 0) {
    ++last;
  }
  const int count = first < 0 ? 0 : first - last + 1;
  append_head(out, count, first < 0 ? 0 : first - (scale + 3) / 4, negative, scale);
  for (int i = first; i > first - count; --i) {
    out.int16(groups.digit[static_cast<std::size_t>(i)]);
  }
}

NumericText append_numeric(CopyBuffer& out, std::string_view text) {
  constexpr std::int64_t kMostBefore = 131'072; // digits, of PostgreSQL
  constexpr std::int64_t kMostBehind = 16'383;
  Parts parts;
  if (!parse(text, parts)) {
    return NumericText::no_number;
  }
  const auto size = static_cast<std::int64_t>(parts.digits.size());
  const std::size_t first = parts.digits.find_first_not_of('0');
  const bool zero = first == std::string::npos;
  const std::int64_t behind = std::max<std::int64_t>(size - parts.point, 0);
  if (behind > kMostBehind || (!zero && parts.point - static_cast<std::int64_t>(first) > kMostBefore)) {
    return NumericText::too_large;
  }
  if (zero) {
    append_head(out, 0, 0, false, static_cast<int>(behind));
    return NumericText::fine;
  }
  const auto final_digit = static_cast<std::int64_t>(parts.digits.find_last_not_of('0'));
  const std::int64_t weight = group_of_power(parts.point - 1 - static_cast<std::int64_t>(first));
  const std::int64_t lowest = group_of_power(parts.point - 1 - final_digit);
  append_head(out, static_cast<int>(weight - lowest + 1), static_cast<int>(weight), parts.negative,
              static_cast<int>(behind));
  for (std::int64_t group = weight; group >= lowest; --group) {
    out.int16(group_at(parts, group));
  }
  return NumericText::fine;
}

} // namespace millrace::sink_postgres
