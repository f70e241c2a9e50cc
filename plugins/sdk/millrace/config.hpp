// Reads the validated configuration by name. The engine has checked types, ranges and required values before create, so
// that asking for a field that was not declared, or as another type, is a mistake of the plugin and throws.
#pragma once

#include <millrace/failure.hpp>
#include <millrace/text.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

// Views point into the configuration, which is valid during create only: copy what is kept.
class Config {
 public:
  Config(const mr_value* value, std::span<const mr_field> fields) : value_(value), fields_(fields) {}

  bool has(std::string_view name) const { return find(name).value.type != 0; }
  std::string_view text(std::string_view name) const { return view(get(name, MR_STRING).text); }
  bool flag(std::string_view name) const { return get(name, MR_BOOL).integer != 0; }
  std::int64_t integer(std::string_view name) const { return get(name, MR_INT).integer; }
  double number(std::string_view name) const { return get(name, MR_FLOAT).number; }
  std::uint64_t bytes(std::string_view name) const { return static_cast<std::uint64_t>(get(name, MR_SIZE).integer); }
  std::chrono::nanoseconds duration(std::string_view name) const {
    return std::chrono::nanoseconds(get(name, MR_DURATION).integer);
  }
  // Empty when not given.
  std::vector<std::string_view> texts(std::string_view name) const {
    const Found found = find(name);
    std::vector<std::string_view> out;
    for (const mr_value& item : std::span(found.value.items, found.value.item_count)) {
      out.push_back(view(item.text));
    }
    return out;
  }
  std::vector<std::pair<std::string_view, std::string_view>> pairs(std::string_view name) const {
    const Found found = find(name);
    std::vector<std::pair<std::string_view, std::string_view>> out;
    for (const mr_pair& pair : std::span(found.value.pairs, found.value.pair_count)) {
      out.emplace_back(view(pair.key), view(pair.value));
    }
    return out;
  }
  Config table(std::string_view name) const {
    const Found found = find(name);
    return {&found.value, {found.field.fields, found.field.field_count}};
  }
  std::vector<Config> tables(std::string_view name) const {
    const Found found = find(name);
    std::vector<Config> out;
    for (const mr_value& item : std::span(found.value.items, found.value.item_count)) {
      out.emplace_back(&item, std::span(found.field.fields, found.field.field_count));
    }
    return out;
  }

 private:
  struct Found {
    const mr_value& value;
    const mr_field& field;
  };

  Found find(std::string_view name) const {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].name == name) {
        return {i < value_->item_count ? value_->items[i] : kNotGiven, fields_[i]};
      }
    }
    throw fatal("the plugin asks for a setting '" + std::string(name) + "' that it did not declare");
  }
  const mr_value& get(std::string_view name, std::uint32_t type) const {
    const Found found = find(name);
    if (found.field.type != type || (found.field.flags & MR_LIST) != 0) {
      throw fatal("the plugin asks for its setting '" + std::string(name) + "' as another type than it declared");
    }
    return found.value;
  }

  static constexpr mr_value kNotGiven{};
  const mr_value* value_;
  std::span<const mr_field> fields_;
};

} // namespace millrace
