// What two rulesets make of the same events, side by side: whose way changes, and what of their rows. What `diff` says.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "dsl/explain/way.hpp"
#include "dsl/ruleset.hpp"

namespace millrace::dsl {

class Comparison {
 public:
  /// Events that changed alike, with the first of them.
  struct Example {
    std::size_t count = 0;
    std::size_t line = 0; // or another number that says where it stands
    std::string event;
  };
  /// `rule` is the one that decides it afterwards: "route fatal", "otherwise".
  struct WayKey {
    std::string before, after, rule;
    auto operator<=>(const WayKey&) const = default;
  };
  struct RowKey {
    std::string table, before, after; // "a row", "no row", "refused at `small`"
    auto operator<=>(const RowKey&) const = default;
  };
  struct ColumnKey {
    std::string table, column;
    auto operator<=>(const ColumnKey&) const = default;
  };
  struct ColumnExample : Example {
    std::string before, after; // of the first
  };

  /// Both rulesets outlive it. Routers as of WayFinder.
  Comparison(const Ruleset& before, Index router_before, const Ruleset& after, Index router_after);

  /// One more event, which stands in this line of the sample.
  void add(std::string_view event, const Meta& meta, std::size_t line);

  std::size_t events() const { return events_; }
  std::size_t broken() const { return broken_; }   // of them, which are no JSON
  std::size_t changed() const { return changed_; } // of them, in way or rows
  const std::map<WayKey, Example>& ways() const { return ways_; }
  const std::map<RowKey, Example>& rows() const { return rows_; }
  const std::map<ColumnKey, ColumnExample>& columns() const { return columns_; }

 private:
  struct Side {
    const Ruleset& ruleset;
    Index router;
    WayFinder finder;
  };
  const Way& way_of(Side& side, std::string_view event, const Meta& meta) const;
  bool same_messages(const Way& before, const Way& after) const;
  void compare_ways(const Way& before, const Way& after, std::string_view event, std::size_t line);
  bool same_rows(const Way& before, const Way& after) const;
  void compare_rows(const Way& before, const Way& after, std::string_view event, std::size_t line);
  void compare_columns(const Way::Stored& before, const Way::Stored& after, std::string_view event, std::size_t line);

  Side before_;
  Side after_;
  std::vector<Index> same_table_; // by table before, if it has the same columns afterwards
  std::size_t events_ = 0;
  std::size_t broken_ = 0;
  std::size_t changed_ = 0;
  std::map<WayKey, Example> ways_;
  std::map<RowKey, Example> rows_;
  std::map<ColumnKey, ColumnExample> columns_;
};

} // namespace millrace::dsl
