#include "engine/config/value.hpp"

#include <algorithm>
#include <span>
#include <string_view>

namespace millrace::config {
namespace {

bool same(mr_str left, mr_str right) {
  return (left.data == nullptr) == (right.data == nullptr) && left.size == right.size &&
         (left.data == nullptr || std::string_view(left.data, left.size) == std::string_view(right.data, right.size));
}

} // namespace

mr_str Values::keep(std::string text) {
  const std::string& kept = texts_.emplace_back(std::move(text));
  return {kept.c_str(), kept.size()};
}

mr_value Values::text(std::string text) {
  mr_value value{};
  value.type = MR_STRING;
  value.text = keep(std::move(text));
  return value;
}

mr_value Values::number(std::uint32_t type, std::int64_t integer) {
  mr_value value{};
  value.type = type;
  value.integer = integer;
  return value;
}

mr_value Values::number(double number) {
  mr_value value{};
  value.type = MR_FLOAT;
  value.number = number;
  return value;
}

mr_value Values::items(std::uint32_t type, std::uint32_t flags, std::vector<mr_value> items) {
  const std::vector<mr_value>& kept = items_.emplace_back(std::move(items));
  mr_value value{};
  value.type = type;
  value.flags = flags;
  value.items = kept.data();
  value.item_count = kept.size();
  return value;
}

mr_value Values::pairs(std::vector<std::pair<std::string, std::string>> pairs) {
  std::vector<mr_pair>& kept = pairs_.emplace_back();
  for (auto& [key, text] : pairs) {
    const mr_str kept_key = keep(std::move(key));
    kept.push_back({kept_key, keep(std::move(text))});
  }
  mr_value value{};
  value.type = MR_MAP;
  value.pairs = kept.data();
  value.pair_count = kept.size();
  return value;
}

bool same(const mr_value& left, const mr_value& right) {
  const std::span left_items(left.items, left.item_count);
  const std::span right_items(right.items, right.item_count);
  const std::span left_pairs(left.pairs, left.pair_count);
  const std::span right_pairs(right.pairs, right.pair_count);
  return left.type == right.type && left.flags == right.flags && left.integer == right.integer &&
         left.number == right.number && same(left.text, right.text) &&
         std::equal(left_items.begin(), left_items.end(), right_items.begin(), right_items.end(),
                    [](const mr_value& a, const mr_value& b) { return same(a, b); }) &&
         std::equal(left_pairs.begin(), left_pairs.end(), right_pairs.begin(), right_pairs.end(),
                    [](const mr_pair& a, const mr_pair& b) { return same(a.key, b.key) && same(a.value, b.value); });
}

} // namespace millrace::config
