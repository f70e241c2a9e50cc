#include "engine/config/constraint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/config/quantity.hpp"

namespace millrace::config {
namespace {

std::vector<std::string_view> alternatives(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t bar = text.find('|');
    out.push_back(text.substr(0, bar));
    if (bar == std::string_view::npos) {
      return out;
    }
    text.remove_prefix(bar + 1);
  }
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// Integers stay exact; a double would lose the last bits of a size.
std::optional<std::int64_t> whole(std::uint32_t type, std::string_view text) {
  switch (type) {
    case MR_SIZE:
      return parse_size(text);
    case MR_DURATION:
      return parse_duration(text);
    default:
      return parse_number<std::int64_t>(text);
  }
}

struct Range {
  std::string_view low;
  std::string_view high;
};

std::optional<Range> range(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    return std::nullopt;
  }
  return Range{text.substr(0, dots), text.substr(dots + 2)};
}

template <class Number, class Parse>
bool inside(const Range& range, Number value, Parse parse) {
  const auto low = parse(range.low);
  const auto high = parse(range.high);
  return (!low || value >= *low) && (!high || value <= *high);
}

bool is_whole(std::uint32_t type) { return type == MR_INT || type == MR_SIZE || type == MR_DURATION; }

} // namespace

std::string broken_constraint(const mr_field& field, const mr_value& value) {
  if (field.constraint == nullptr) {
    return {};
  }
  if (field.type == MR_STRING) {
    const auto known = alternatives(field.constraint);
    const std::string_view text(value.text.data, value.text.size);
    const bool found = std::find(known.begin(), known.end(), text) != known.end();
    return found ? std::string{} : fmt::format("one of {}", fmt::join(known, ", "));
  }
  const auto wanted = range(field.constraint);
  if (!wanted) {
    return {};
  }
  const bool kept =
      is_whole(field.type)
          ? inside(*wanted, value.integer, [&](std::string_view text) { return whole(field.type, text); })
          : inside(*wanted, value.number, [](std::string_view text) { return parse_number<double>(text); });
  return kept ? std::string{} : fmt::format("within {}", field.constraint);
}

std::string constraint_error(const mr_field& field) {
  if (field.constraint == nullptr || field.type == MR_STRING) {
    return {};
  }
  const auto wanted = range(field.constraint);
  const auto readable = [&](std::string_view text) {
    return text.empty() ||
           (is_whole(field.type) ? whole(field.type, text).has_value() : parse_number<double>(text).has_value());
  };
  const bool ranged = is_whole(field.type) || field.type == MR_FLOAT;
  if (ranged && wanted && readable(wanted->low) && readable(wanted->high) &&
      !(wanted->low.empty() && wanted->high.empty())) {
    return {};
  }
  return fmt::format(
      "the constraint '{}' of the field '{}' cannot be read; write 1..9, 1.. or ..9 with values of its type",
      field.constraint, field.name);
}

} // namespace millrace::config
