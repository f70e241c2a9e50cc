// `millrace diff`: what another ruleset would make of events.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "dsl/diagnostic/json.hpp"
#include "dsl/explain/comparison.hpp"
#include "dsl/explain/node_text.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/events.hpp"
#include "engine/cli/progress.hpp"
#include "engine/cli/rules_start.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t kMostOfAnEvent = 120; // bytes that are shown of an example

struct Options {
  std::string before;
  std::string after;
  std::string events;
  Start start;
  std::string format = "text";
  bool strict = false;
};

std::string shown(const std::string& event) { return dsl::shortened(event, kMostOfAnEvent); }

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

std::string events_text(std::size_t count) { return fmt::format("{} event{}", count, count == 1 ? "" : "s"); }

void tell(const dsl::Comparison& found, const Console& console) {
  const auto change = [&](const std::string& before, const std::string& after) {
    return dsl::painted(dsl::Tone::removed, before, console.out_colours) + " → " +
           dsl::painted(dsl::Tone::added, after, console.out_colours);
  };
  const auto line = [&](const auto& example, const std::string& what) {
    console.out << fmt::format("{:>8}  {}\n          line {}: {}\n", example.count, what, example.line,
                               shown(example.event));
  };
  console.out << fmt::format("{}, {} changed\n", events_text(found.events()), found.changed());
  for (const auto* way : by_count(found.ways())) {
    const auto& [key, example] = *way;
    line(example, change(key.before, key.after) + (key.rule.empty() ? "" : "   by " + key.rule));
  }
  for (const auto* row : by_count(found.rows())) {
    const auto& [key, example] = *row;
    line(example, fmt::format("rows of {}: {}", key.table, change(key.before, key.after)));
  }
  for (const auto* column : by_count(found.columns())) {
    const auto& [key, example] = *column;
    line(example, fmt::format("column {} of {}: {}", key.column, key.table, change(example.before, example.after)));
  }
}

template <typename Map, typename Write>
std::string json_list(const Map& map, Write write) {
  return dsl::json_array(by_count(map), [&](const auto* entry) {
    const auto& example = entry->second;
    return fmt::format(R"({{"count":{},{},"line":{},"event":{}}})", example.count, write(*entry), example.line,
                       dsl::json_text(example.event));
  });
}

void tell_json(const dsl::Comparison& found, const Console& console) {
  const auto way = [](const auto& entry) {
    return fmt::format(R"("before":{},"after":{},"rule":{})", dsl::json_text(entry.first.before),
                       dsl::json_text(entry.first.after), dsl::json_text(entry.first.rule));
  };
  const auto row = [](const auto& entry) {
    return fmt::format(R"("table":{},"before":{},"after":{})", dsl::json_text(entry.first.table),
                       dsl::json_text(entry.first.before), dsl::json_text(entry.first.after));
  };
  const auto column = [](const auto& entry) {
    return fmt::format(R"("table":{},"column":{},"before":{},"after":{})", dsl::json_text(entry.first.table),
                       dsl::json_text(entry.first.column), dsl::json_text(entry.second.before),
                       dsl::json_text(entry.second.after));
  };
  console.out << fmt::format(R"({{"events":{},"broken":{},"changed":{},"ways":{},"rows":{},"columns":{}}})",
                             found.events(), found.broken(), found.changed(), json_list(found.ways(), way),
                             json_list(found.rows(), row), json_list(found.columns(), column))
              << "\n";
}

ExitCode diff(const Options& options, const Console& console) {
  const auto before = ruleset_of(options.before, console);
  const auto after = ruleset_of(options.after, console);
  if (before == nullptr || after == nullptr) {
    return ExitCode::kFindings;
  }
  dsl::Comparison comparison(*before, start_of(before->program, options.start), *after,
                             start_of(after->program, options.start));
  const dsl::Meta meta{options.start.topic, arrival(), {}};
  {
    Counting counting(console, "diff", size_of(options.events));
    for_each_event(options.events, [&](std::string_view event, std::size_t line) {
      comparison.add(event, meta, line);
      counting.add(event.size() + 1);
    });
  }
  if (comparison.events() == 0) {
    throw UsageError(fmt::format("events file '{}' has no event in it", options.events));
  }
  options.format == "json" ? tell_json(comparison, console) : tell(comparison, console);
  if (comparison.broken() > 0) {
    console.err << fmt::format("{} of {} {} no JSON; `millrace explain` says which\n", comparison.broken(),
                               events_text(comparison.events()), comparison.broken() == 1 ? "is" : "are");
  }
  if (comparison.broken() == comparison.events()) { // that nothing changed would say nothing
    console.err << fmt::format("{}: no event of it could be compared; {}\n", options.events, kHowEventsStand);
    return ExitCode::kFindings;
  }
  const bool found = comparison.changed() > 0 || (options.strict && comparison.broken() > 0);
  return found ? ExitCode::kFindings : ExitCode::kOk;
}

} // namespace

void add_diff(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "diff", "Say which events of a sample another ruleset would treat differently; ends with 1 then");
  command->footer("Example: millrace diff live/main.rules rules/main.rules --events sample.ndjson");
  const auto options = std::make_shared<Options>();
  command->add_option("OLD", options->before, "The rules as they are")->required();
  command->add_option("NEW", options->after, "The rules as they would be")->required();
  command->add_option("-e,--events", options->events, "Events, one a line; - is standard input")
      ->type_name("FILE")
      ->required();
  add_start_options(*command, options->start);
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_flag("--strict", options->strict, "Also end with 1 when a line is no JSON");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return diff(*options, console); }; });
}

} // namespace millrace::cli
