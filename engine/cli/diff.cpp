// `millrace diff`: what another ruleset would make of events.
#include <fmt/format.h>

#include <memory>

#include "dsl/explain/comparison.hpp"
#include "dsl/explain/comparison_text.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/events.hpp"
#include "engine/cli/progress.hpp"
#include "engine/cli/rules_start.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::string before;
  std::string after;
  EventsFrom events;
  Start start;
  std::string format = "text";
  bool strict = false;
};

std::string events_text(std::size_t count) { return fmt::format("{} event{}", count, count == 1 ? "" : "s"); }

ExitCode diff(const Options& options, const Console& console) {
  const auto before = ruleset_of(options.before, console);
  const auto after = ruleset_of(options.after, console);
  if (before == nullptr || after == nullptr) {
    return ExitCode::kFindings;
  }
  const Start start = start_at(options.start, options.events, before->program);
  dsl::Comparison comparison(*before, start_of(before->program, start), *after, start_of(after->program, start));
  const dsl::Meta meta{start.topic, arrival(), {}};
  {
    Counting counting(console, "diff", size_of(options.events));
    for_each_event(options.events, console, [&](const SampleEvent& event) {
      comparison.add(event.text, event.in(meta), event.number);
      counting.add(event.text.size() + 1);
    });
  }
  if (comparison.events() == 0) {
    throw UsageError(fmt::format("events file '{}' has no event in it", options.events.name));
  }
  const auto place = [&](std::size_t number) { return place_of(options.events, number); };
  const auto members = [&](std::size_t number) { return json_place_of(options.events, number); };
  console.out << (options.format == "json" ? dsl::json_of(comparison, members) + "\n"
                                           : dsl::text_of(comparison, console.out_colours, place));
  if (comparison.broken() > 0) {
    console.err << fmt::format("{} of {} {} no JSON; `millrace explain` says which\n", comparison.broken(),
                               events_text(comparison.events()), comparison.broken() == 1 ? "is" : "are");
  }
  if (comparison.broken() == comparison.events()) { // that nothing changed would say nothing
    console.err << fmt::format("{}: no event of it could be compared; {}\n", options.events.name,
                               how_events_stand(options.events));
    return ExitCode::kFindings;
  }
  const bool found = comparison.changed() > 0 || (options.strict && comparison.broken() > 0);
  return found ? ExitCode::kFindings : ExitCode::kOk;
}

} // namespace

void add_diff(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "diff", "Say which events of a sample another ruleset would treat differently; ends with 1 then");
  command->footer(
      "Example: millrace diff live/main.rules rules/main.rules --events sample.ndjson\n"
      "         millrace diff live/main.rules rules/main.rules --events kafka:clicks --limit 100000");
  const auto options = std::make_shared<Options>();
  command->add_option("OLD", options->before, "The rules as they are")->required();
  command->add_option("NEW", options->after, "The rules as they would be")->required();
  command
      ->add_option("-e,--events", options->events.name,
                   "Events, one a line; - is standard input; kafka:TOPIC reads a topic")
      ->type_name("FILE")
      ->required();
  add_start_options(*command, options->start);
  add_events_options(*command, options->events);
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_flag("--strict", options->strict, "Also end with 1 when a line is no JSON");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return diff(*options, console); }; });
}

} // namespace millrace::cli
