// `millrace explain`: what becomes of events, and why.
#include "dsl/explain/explain.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>

#include "dsl/compile.hpp"
#include "dsl/explain/way_json.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/events.hpp"
#include "engine/cli/rules.hpp"
#include "engine/config/nearest.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t kMostShown = 3; // broken lines
constexpr std::size_t kBuffer = 1 << 16;

struct Options {
  std::string rules;
  std::string events;
  std::string router;
  std::string topic;
  std::string format = "text";
  bool strict = false;
};

[[noreturn]] void wrong_option(const std::string& option, const std::string& text) {
  throw UsageError(option + ": " + text);
}

std::string known_as(const std::string& name, const std::vector<std::string>& known) {
  const std::optional<std::string> near = config::nearest(name, known);
  return fmt::format("{} There are: {}", near ? "; did you mean '" + *near + "'?" : ".", fmt::join(known, ", "));
}

// Where events begin: a router, or none where they begin at a topic.
dsl::Index start_of(const dsl::Program& program, const Options& options) {
  std::vector<std::string> routers;
  for (const dsl::Router& router : program.routers) {
    routers.push_back(router.name);
  }
  if (!options.topic.empty()) {
    std::vector<std::string> topics;
    for (const dsl::Topic& topic : program.topics) {
      if (dsl::matches_topic(topic.name, options.topic)) {
        return dsl::kNone;
      }
      topics.push_back(topic.name);
    }
    wrong_option("--topic",
                 fmt::format("the rules declare no topic '{}'{}", options.topic, known_as(options.topic, topics)));
  }
  if (!options.router.empty()) {
    const auto found = std::find(routers.begin(), routers.end(), options.router);
    if (found == routers.end()) {
      wrong_option("--router",
                   fmt::format("there is no router '{}'{}", options.router, known_as(options.router, routers)));
    }
    return static_cast<dsl::Index>(found - routers.begin());
  }
  if (routers.size() != 1) {
    wrong_option("--router",
                 routers.empty()
                     ? std::string("the rules have no router; name the topic that events come from with --topic")
                     : fmt::format("the rules have several routers, name one: {}", fmt::join(routers, ", ")));
  }
  return 0;
}

std::int64_t now() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

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
  const dsl::Compilation compilation = dsl::compile(options.rules, read_rules_file);
  if (!compilation.ruleset) {
    console.err << compilation.text();
    return ExitCode::kFindings;
  }
  const dsl::Ruleset& ruleset = *compilation.ruleset;
  const dsl::Index router = start_of(ruleset.program, options);
  const dsl::Meta meta{options.topic, now(), {}};
  std::size_t events = 0;
  std::size_t broken = 0;
  const auto count = [&](const dsl::Way& way, std::size_t line) {
    ++events;
    const bool no_event = way.outcome == dsl::Outcome::invalid && way.reason.fault < dsl::Fault::missing;
    if (no_event && ++broken <= kMostShown) {
      console.err << fmt::format("{}:{}: {} {}\n", options.events, line, way.reason.code(), way.reason.text);
    }
  };
  if (options.format == "json") {
    dsl::WayFinder ways(ruleset.program, router);
    std::string out;
    for_each_event(options.events, [&](std::string_view event, std::size_t line) {
      const dsl::Way& way = router == dsl::kNone ? ways.find_from(event, meta) : ways.find(event, meta);
      dsl::write_json(ruleset.program, way, out);
      out += '\n';
      count(way, line);
      ways.reset();
      if (out.size() > kBuffer) {
        console.out << std::exchange(out, {});
      }
    });
    console.out << out;
  } else {
    dsl::Explainer explainer(ruleset, router);
    console.out << head_of(ruleset, options.rules);
    for_each_event(options.events, [&](std::string_view event, std::size_t line) {
      console.out << (line > 1 ? fmt::format("line {}\n", line) : "") << explainer.explain(event, meta);
      count(explainer.last(), line);
    });
  }
  if (events == 0) {
    console.err << fmt::format("{}: there is no event in it\n", options.events);
    return ExitCode::kFindings;
  }
  if (broken > 0) {
    console.err << fmt::format("{} of {} events {} no JSON\n", broken, events, broken == 1 ? "is" : "are");
  }
  return broken > 0 && options.strict ? ExitCode::kFindings : ExitCode::kOk;
}

} // namespace

void add_explain(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "explain", "Say what becomes of events: which rules, topics and rows, and the values that decided");
  command->footer(
      "Example: millrace explain rules/main.rules --event crash.json\n"
      "         millrace explain rules/main.rules --event sample.ndjson --format json | jq .rules");
  const auto options = std::make_shared<Options>();
  command->add_option("RULES", options->rules, "The rules file, with what it imports")->required();
  command->add_option("-e,--event", options->events, "Events, one a line, or one on several; - is standard input")
      ->type_name("FILE")
      ->required();
  CLI::Option* const router = command->add_option("--router", options->router, "Where the rules have several routers");
  command->add_option("--topic", options->topic, "Begin at this topic: only what its tables make of the events")
      ->excludes(router);
  command->add_option("--format", options->format, "text, or json: one object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_flag("--strict", options->strict, "End with 1 when a line is no JSON");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return explain(*options, console); }; });
}

} // namespace millrace::cli
