#include "dsl/explain/comparison_text.hpp"

#include <algorithm>
#include <vector>

#include "dsl/diagnostic/json.hpp"
#include "dsl/explain/node_text.hpp"

namespace millrace::dsl {
namespace {

constexpr std::size_t kMostOfAnEvent = 120; // bytes that are shown of an example
constexpr std::size_t kCountWidth = 8;

// Most events first.
template <typename Map>
std::vector<const typename Map::value_type*> by_count(const Map& map) {
  std::vector<const typename Map::value_type*> entries;
  for (const auto& entry : map) {
    entries.push_back(&entry);
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto* a, const auto* b) { return a->second.count > b->second.count; });
  return entries;
}

void add_line(std::string& out, const std::string& what, const Comparison::Example& example, const PlaceText& place) {
  const std::string count = std::to_string(example.count);
  out.append(kCountWidth - std::min(kCountWidth, count.size()), ' ').append(count).append("  ").append(what);
  out.append("\n          ").append(place ? place(example.line) : "line " + std::to_string(example.line)).append(": ");
  out.append(shortened(example.event, kMostOfAnEvent)).append("\n");
}

std::string member(const char* name, const std::string& text) {
  return std::string("\"").append(name).append("\":").append(json_text(text)).append(",");
}

template <typename Map, typename Members>
std::string json_list(const Map& map, const PlaceText& place, Members members) {
  return json_array(by_count(map), [&](const auto* entry) {
    const Comparison::Example& example = entry->second;
    return "{\"count\":" + std::to_string(example.count) + "," + members(*entry) +
           (place ? place(example.line) : "\"line\":" + std::to_string(example.line)) +
           ",\"event\":" + json_text(example.event) + "}";
  });
}

} // namespace

std::string text_of(const Comparison& comparison, Colours colours, const PlaceText& place) {
  const auto change = [colours](const std::string& before, const std::string& after) {
    return painted(Tone::removed, before, colours) + " → " + painted(Tone::added, after, colours);
  };
  const std::size_t events = comparison.events();
  std::string out = std::to_string(events) + (events == 1 ? " event, " : " events, ") +
                    std::to_string(comparison.changed()) + " changed\n";
  for (const auto* way : by_count(comparison.ways())) {
    const Comparison::WayKey& key = way->first;
    add_line(out, change(key.before, key.after) + (key.rule.empty() ? "" : "   by " + key.rule), way->second, place);
  }
  for (const auto* row : by_count(comparison.rows())) {
    const Comparison::RowKey& key = row->first;
    add_line(out, "rows of " + key.table + ": " + change(key.before, key.after), row->second, place);
  }
  for (const auto* column : by_count(comparison.columns())) {
    const Comparison::ColumnKey& key = column->first;
    const Comparison::ColumnExample& example = column->second;
    add_line(out, "column " + key.column + " of " + key.table + ": " + change(example.before, example.after), example,
             place);
  }
  return out;
}

std::string json_of(const Comparison& comparison, const PlaceText& members) {
  const auto way = [](const auto& entry) {
    return member("before", entry.first.before) + member("after", entry.first.after) + member("rule", entry.first.rule);
  };
  const auto row = [](const auto& entry) {
    return member("table", entry.first.table) + member("before", entry.first.before) +
           member("after", entry.first.after);
  };
  const auto column = [](const auto& entry) {
    return member("table", entry.first.table) + member("column", entry.first.column) +
           member("before", entry.second.before) + member("after", entry.second.after);
  };
  return "{\"events\":" + std::to_string(comparison.events()) + ",\"broken\":" + std::to_string(comparison.broken()) +
         ",\"changed\":" + std::to_string(comparison.changed()) +
         ",\"ways\":" + json_list(comparison.ways(), members, way) +
         ",\"rows\":" + json_list(comparison.rows(), members, row) +
         ",\"columns\":" + json_list(comparison.columns(), members, column) + "}";
}

} // namespace millrace::dsl
