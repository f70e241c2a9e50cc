// A tree of mr_value that owns everything it points to.
#pragma once

#include <millrace/plugin.h>

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace millrace::config {

// Built bottom up, then only read. The addresses inside stay as they are, so it is neither copied nor moved.
class Values {
 public:
  Values() = default;
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;

  mr_value text(std::string text);
  mr_value number(std::uint32_t type, std::int64_t integer);
  mr_value number(double number);
  // items of a list (flags MR_LIST) or of a table.
  mr_value items(std::uint32_t type, std::uint32_t flags, std::vector<mr_value> items);
  mr_value pairs(std::vector<std::pair<std::string, std::string>> pairs);

  // The table that a plugin's create gets. Valid as long as this object.
  mr_value root{};

 private:
  mr_str keep(std::string text);

  std::deque<std::string> texts_;
  std::deque<std::vector<mr_value>> items_;
  std::deque<std::vector<mr_pair>> pairs_;
};

// Same types, same content: what a reload leaves running.
bool same(const mr_value& left, const mr_value& right);

} // namespace millrace::config
