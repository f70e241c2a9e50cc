#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>

#include "dsl/compile.hpp"
#include "dsl/infer/guess.hpp"
#include "dsl/infer/write.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/events.hpp"
#include "engine/cli/lines.hpp"
#include "engine/cli/named_file.hpp"
#include "engine/cli/progress.hpp"

namespace millrace::cli {
namespace {

constexpr const char* kStandardInput = "-";
constexpr std::size_t kMostShown = 5; // lines that are no events

struct Options {
  EventsFrom events;
  std::string event;
  std::string topic;
  std::string table;
  std::string out;
  bool strict = false;
};

/// What was read, and what of it was no event.
struct Tally {
  std::uint64_t read = 0;
  std::uint64_t broken = 0;
};

std::string source_name(const Options& options) {
  return options.events.name == kStandardInput ? "standard input" : options.events.name;
}

/// The first few that are no events are shown.
void count(Tally& tally, const std::optional<std::string>& wrong, const std::string& place, const Console& console) {
  ++tally.read;
  if (wrong && ++tally.broken <= kMostShown) {
    console.err << fmt::format("{}: {}\n", place, *wrong);
  }
}

Tally read_lines(std::istream& in, const Options& options, dsl::infer::Sample& sample, const Console& console) {
  Tally tally;
  Lines lines(in);
  if (const std::string why = lines.no_text(); !why.empty()) {
    throw UsageError(fmt::format("{}: cannot be read: {}", source_name(options), why));
  }
  Counting counting(console, "infer", size_of(options.events));
  while (options.events.limit == 0 || sample.events() < options.events.limit) {
    const std::optional<std::string_view> line = lines.next();
    if (!line) {
      break;
    }
    counting.add(line->size() + 1);
    const std::optional<std::string> wrong =
        lines.too_long() ? std::string("the event is too long to be read") : sample.add(*line);
    count(tally, wrong, fmt::format("{}:{}", source_name(options), lines.number()), console);
  }
  return tally;
}

Tally read_topic(const Options& options, dsl::infer::Sample& sample, const Console& console) {
  Tally tally;
  Counting counting(console, "infer", std::nullopt);
  for_each_event(options.events, console, [&](const SampleEvent& event) {
    counting.add(event.text.size());
    count(tally, sample.add(event.text), named_place_of(options.events, event.number), console);
  });
  return tally;
}

/// Throws UsageError for a file that cannot be read.
Tally read(const Options& options, dsl::infer::Sample& sample, const Console& console) {
  const std::string& name = options.events.name;
  if (topic_of(name)) {
    return read_topic(options, sample, console);
  }
  if (name == kStandardInput) {
    return read_lines(std::cin, options, sample, console);
  }
  if (const std::string why = why_unreadable(name); !why.empty()) {
    throw UsageError(fmt::format("{}: cannot be read: {}", name, why));
  }
  std::ifstream file(name, std::ios::binary);
  return read_lines(file, options, sample, console);
}

/// What the names are made of that were not given: the file's or the topic's.
dsl::infer::Names names_of(const Options& options) {
  const std::optional<std::string> topic = topic_of(options.events.name);
  const std::string stem = std::filesystem::path(options.events.name).stem().string();
  const std::string plain = dsl::infer::plain_name(options.events.name == kStandardInput ? "" : topic.value_or(stem));
  const std::string event = options.event.empty() ? plain : options.event;
  return {source_name(options), event, options.topic.empty() ? topic.value_or(event) : options.topic,
          options.table.empty() ? dsl::infer::plain_name(event) : options.table};
}

ExitCode write(const std::string& rules, const Options& options, const Console& console) {
  if (options.out.empty()) {
    console.out << rules;
    return ExitCode::kOk;
  }
  std::ofstream out(options.out, std::ios::binary | std::ios::trunc);
  out << rules << std::flush;
  if (!out) {
    console.err << fmt::format("{}: cannot be written: {}\n", options.out, std::strerror(errno));
    return ExitCode::kUsage;
  }
  return ExitCode::kOk;
}

ExitCode infer(const Options& options, const Console& console) {
  if (!options.out.empty() && std::filesystem::exists(options.out)) {
    console.err << fmt::format("{}: is there already, and may hold corrections; name another file or remove it\n",
                               options.out);
    return ExitCode::kUsage;
  }
  dsl::infer::Sample sample;
  const Tally tally = read(options, sample, console);
  const bool lines = !topic_of(options.events.name);
  if (tally.broken > 0) {
    console.err << fmt::format("{}: {} of {} {} {} no event{}\n", source_name(options),
                               dsl::infer::grouped(tally.broken), dsl::infer::grouped(tally.read),
                               lines ? "lines" : "records", tally.broken == 1 ? "is" : "are",
                               options.strict ? "" : " and left out");
  }
  if (sample.events() == 0) {
    console.err << fmt::format("{}: there is no event in it; {}\n", source_name(options),
                               how_events_stand(options.events));
    return ExitCode::kFindings;
  }
  if (options.strict && tally.broken > 0) {
    return ExitCode::kFindings;
  }
  const std::string rules = dsl::infer::write_rules(sample, names_of(options));
  const dsl::Compilation compiled = dsl::compile("inferred.rules", [&](std::string_view name) {
    return name == "inferred.rules" ? std::optional(rules) : std::nullopt;
  });
  if (!compiled.ruleset) { // the fields are written so that they compile; names that were given may not
    console.err << compiled.text(console.err_colours);
    return ExitCode::kUsage;
  }
  return write(rules, options, console);
}

} // namespace

void add_infer(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand(
      "infer", "Write the event, topic and table declarations that sample events suggest, to start from");
  command->footer(
      "Example: zcat clicks.json.gz | millrace infer - --event click --topic web.clicks --table app.clicks -o "
      "clicks.rules\n"
      "         millrace infer kafka:web.clicks --brokers localhost:9092 --limit 10000\n"
      "What is not certain stands as a comment. The result passes `millrace check`, and takes every event of the "
      "sample.");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("EVENTS", options->events.name,
                   "A file with one JSON object a line; - reads standard input, kafka:TOPIC a topic")
      ->required();
  command->add_option("--event", options->event, "The name of the event; else made of the file's")->type_name("NAME");
  command->add_option("--topic", options->topic, "The name of the topic; else the event's")->type_name("NAME");
  command->add_option("--table", options->table, "The name of the table, perhaps with its schema; else the event's")
      ->type_name("NAME");
  add_events_options(*command, options->events);
  command->add_option("-o,--out", options->out, "Write here, where there is no file yet; else to standard output")
      ->type_name("FILE");
  command->add_flag("--strict", options->strict, "Write nothing, and end with 1, when a line is no event");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return infer(*options, console); }; });
}

} // namespace millrace::cli
