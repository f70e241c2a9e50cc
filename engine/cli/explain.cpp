// `millrace explain`: what becomes of events, and why.
#include "dsl/explain/explain.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "dsl/explain/way_json.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/events.hpp"
#include "engine/cli/explain_live.hpp"
#include "engine/cli/progress.hpp"
#include "engine/cli/rules_start.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t kMostShown = 3; // broken lines
constexpr std::size_t kBuffer = 1 << 16;

struct Options {
  std::string rules;
  EventsFrom events;
  Start start;
  std::string format = "text";
  bool strict = false;
  bool live = false; // under the rules of the running engine
  Live engine;
};

std::string head_of(const dsl::Ruleset& ruleset, const std::string& root) {
  std::size_t rules = 0;
  for (const dsl::Router& router : ruleset.program.routers) {
    for (const dsl::Rule& rule : router.rules) {
      rules += rule.kind == dsl::RuleKind::group ? 0 : 1;
    }
  }
  return fmt::format("{}: ruleset {}, {} file{}, {} rule{}\n", root, ruleset.hash.substr(0, 7), ruleset.files.size(),
                     ruleset.files.size() == 1 ? "" : "s", rules, rules == 1 ? "" : "s");
}

ExitCode explain(const Options& options, const Console& console) {
  if (options.live) {
    Live engine = options.engine;
    engine.config = options.events.topic.config;
    engine.format = options.format;
    return explain_live(engine, options.events, options.start.topic, console);
  }
  if (options.rules.empty()) {
    throw UsageError("explain: give the rules file, or --live for the rules of the running engine");
  }
  const auto compiled = ruleset_of(options.rules, console);
  if (compiled == nullptr) {
    return ExitCode::kFindings;
  }
  const dsl::Ruleset& ruleset = *compiled;
  const Start start = start_at(options.start, options.events, ruleset.program);
  const dsl::Index router = start_of(ruleset.program, start);
  const dsl::Meta meta{start.topic, arrival(), {}};
  std::size_t events = 0;
  std::size_t broken = 0;
  Counting counting(console, "explain", size_of(options.events));
  const auto count = [&](const dsl::Way& way, const SampleEvent& event) {
    ++events;
    counting.add(event.text.size() + 1);
    const bool no_event = way.outcome == dsl::Outcome::invalid && way.reason.fault < dsl::Fault::missing;
    if (no_event && ++broken <= kMostShown) {
      console.err << fmt::format("{}: {} {}\n", named_place_of(options.events, event.number), way.reason.code(),
                                 way.reason.text);
    }
  };
  if (options.format == "json") {
    dsl::WayFinder ways(ruleset.program, router);
    std::string out;
    for_each_event(options.events, console, [&](const SampleEvent& event) {
      const dsl::Way& way =
          router == dsl::kNone ? ways.find_from(event.text, event.in(meta)) : ways.find(event.text, event.in(meta));
      dsl::write_json(ruleset.program, way, out);
      out += '\n';
      count(way, event);
      ways.reset();
      if (out.size() > kBuffer) {
        console.out << std::exchange(out, {});
      }
    });
    console.out << out;
  } else {
    dsl::Explainer explainer(ruleset, router);
    console.out << head_of(ruleset, options.rules);
    for_each_event(options.events, console, [&](const SampleEvent& event) {
      console.out << (event.number != 1 ? place_of(options.events, event.number) + "\n" : "")
                  << explainer.explain(event.text, event.in(meta));
      count(explainer.last(), event);
    });
  }
  if (events == 0) {
    console.err << fmt::format("{}: there is no event in it\n", options.events.name);
    return ExitCode::kFindings;
  }
  if (broken > 0) {
    console.err << fmt::format("{} of {} events {} no JSON\n", broken, events, broken == 1 ? "is" : "are");
    if (broken == events && events > 1) {
      console.err << fmt::format("{}: {}\n", options.events.name, how_events_stand(options.events));
    }
  }
  return broken > 0 && options.strict ? ExitCode::kFindings : ExitCode::kOk;
}

} // namespace

void add_explain(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "explain", "Say what becomes of events: which rules, topics and rows, and the values that decided");
  command->footer(
      "Example: millrace explain rules/main.rules --event crash.json\n"
      "         millrace explain rules/main.rules --event sample.ndjson --format json | jq .rules\n"
      "         millrace explain --live --event crash.json");
  const auto options = std::make_shared<Options>();
  command->add_option("RULES", options->rules, "The rules file, with what it imports");
  command
      ->add_option("-e,--event", options->events.name,
                   "Events, one a line, or one on several; - is standard input; kafka:TOPIC reads a topic")
      ->type_name("FILE")
      ->required();
  add_start_options(*command, options->start);
  add_events_options(*command, options->events);
  command->add_option("--format", options->format, "text, or json: one object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  CLI::Option* const live =
      command->add_flag("--live", options->live, "Under the rules that the running engine has active, without RULES")
          ->excludes("RULES");
  command->add_option("--admin", options->engine.admin, "With --live: the admin address, instead of the configured one")
      ->type_name("HOST:PORT")
      ->needs(live);
  command->add_flag("--strict", options->strict, "End with 1 when a line is no JSON");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return explain(*options, console); }; });
}

} // namespace millrace::cli
