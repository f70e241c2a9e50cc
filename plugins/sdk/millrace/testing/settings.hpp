// Makes the validated configuration that a plugin's create expects out of texts, for tests. Types, defaults and
// required values are honoured as the engine does; constraints are left to the engine's own tests.
#pragma once

#include <millrace/plugin.h>
#include <millrace/text.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::testing {

// One setting. Lists and maps are given as several texts: {"topics", {"a", "b"}}, {"settings", {"linger.ms=5"}}; a
// nested table as "tls.certificate".
struct Setting {
  Setting(std::string setting, std::string value) : name(std::move(setting)), values{std::move(value)} {}
  Setting(std::string setting, std::vector<std::string> several)
      : name(std::move(setting)), values(std::move(several)) {}
  std::string name;
  std::vector<std::string> values;
};

class Settings {
 public:
  Settings(std::span<const mr_field> fields, const std::vector<Setting>& given) {
    std::map<std::string, std::vector<std::string>> by_name;
    for (const Setting& setting : given) {
      by_name[setting.name] = setting.values;
    }
    top_ = table(fields, by_name, "");
    if (!by_name.empty()) {
      throw std::invalid_argument("the plugin has no setting '" + by_name.begin()->first + "'");
    }
  }
  const mr_value* get() const noexcept { return &top_; }

 private:
  using Given = std::map<std::string, std::vector<std::string>>;

  mr_value table(std::span<const mr_field> fields, Given& given, const std::string& prefix) {
    std::vector<mr_value>& items = lists_.emplace_back();
    items.reserve(fields.size());
    for (const mr_field& field : fields) {
      const std::string name = prefix + field.name;
      if (field.type == MR_TABLE && (field.flags & MR_LIST) == 0) {
        const auto found = given.lower_bound(name + ".");
        const bool there = found != given.end() && found->first.starts_with(name + ".");
        mr_value value{};
        if (there) {
          value = table(std::span(field.fields, field.field_count), given, name + ".");
        }
        items.push_back(value);
        continue;
      }
      const auto found = given.find(name);
      if (found != given.end()) {
        items.push_back(value_of(field, found->second));
        given.erase(found);
      } else if (field.default_text != nullptr) {
        items.push_back(value_of(field, {field.default_text}));
      } else if ((field.flags & MR_REQUIRED) != 0) {
        throw std::invalid_argument("the plugin requires the setting '" + name + "'");
      } else {
        items.push_back(mr_value{});
      }
    }
    mr_value out{};
    out.type = MR_TABLE;
    out.items = items.data();
    out.item_count = items.size();
    return out;
  }

  mr_value value_of(const mr_field& field, const std::vector<std::string>& texts) {
    mr_value value{};
    value.type = field.type;
    value.flags = field.flags & MR_LIST;
    if (field.type == MR_MAP) {
      std::vector<mr_pair>& pairs = pairs_.emplace_back();
      for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        pairs.push_back({keep(text.substr(0, equals)), keep(text.substr(equals + 1))});
      }
      value.pairs = pairs.data();
      value.pair_count = pairs.size();
    } else if ((field.flags & MR_LIST) != 0) {
      std::vector<mr_value>& items = lists_.emplace_back();
      for (const std::string& text : texts) {
        items.push_back(scalar(field.type, text));
      }
      value.items = items.data();
      value.item_count = items.size();
    } else {
      value = scalar(field.type, texts.at(0));
    }
    return value;
  }

  mr_value scalar(std::uint32_t type, const std::string& text) {
    mr_value value{};
    value.type = type;
    switch (type) {
      case MR_BOOL:
        value.integer = text == "true" ? 1 : 0;
        break;
      case MR_INT:
        value.integer = std::strtoll(text.c_str(), nullptr, 10);
        break;
      case MR_FLOAT:
        value.number = std::strtod(text.c_str(), nullptr);
        break;
      case MR_SIZE:
        value.integer = scaled(text, {{"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"", 1}});
        break;
      case MR_DURATION:
        value.integer = scaled(text, {{"ns", 1},
                                      {"us", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", 1'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"h", 3'600'000'000'000},
                                      {"d", 86'400'000'000'000}});
        break;
      default:
        value.text = keep(text);
        break;
    }
    return value;
  }

  static std::int64_t scaled(const std::string& text, const std::map<std::string, std::int64_t>& units) {
    char* end = nullptr;
    const std::int64_t number = std::strtoll(text.c_str(), &end, 10);
    const auto unit = units.find(end);
    if (end == text.c_str() || unit == units.end()) {
      throw std::invalid_argument("'" + text + "' is no size or duration");
    }
    return number * unit->second;
  }

  mr_str keep(std::string text) {
    const std::string& kept = texts_.emplace_back(std::move(text));
    return {kept.c_str(), kept.size()};
  }

  std::deque<std::string> texts_;
  std::deque<std::vector<mr_value>> lists_;
  std::deque<std::vector<mr_pair>> pairs_;
  mr_value top_{};
};

} // namespace millrace::testing
