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
constexpr std::string_view kKafka = "kafka:";
constexpr std::size_t kMostShown = 5; // lines that are no events

struct Options {
  std::string events;
  std::string event;
  std::string topic;
  std::string table;
  std::uint64_t limit = 0; // 0: all there are
  std::string out;
  bool strict = false;
};

/// What was read, and what of it was no event.
struct Tally {
  std::uint64_t lines = 0;
  std::uint64_t broken = 0;
};

std::string source_name(const Options& options) {
  return options.events == kStandardInput ? "standard input" : options.events;
}

Tally read_lines(std::istream& in, const Options& options, dsl::infer::Sample& sample, const Console& console) {
  Tally tally;
  Lines lines(in);
  if (const std::string why = lines.no_text(); !why.empty()) {
    throw UsageError(fmt::format("{}: cannot be read: {}", source_name(options), why));
  }
  Counting counting(console, "infer", size_of(options.events));
  while (options.limit == 0 || sample.events() < options.limit) {
    const std::optional<std::string_view> line = lines.next();
    if (!line) {
      break;
    }
    ++tally.lines;
    counting.add(line->size() + 1);
    const std::optional<std::string> wrong =
        lines.too_long() ? std::string("the event is too long to be read") : sample.add(*line);
    if (wrong && ++tally.broken <= kMostShown) {
      console.err << fmt::format("{}:{}: {}\n", source_name(options), lines.number(), *wrong);
    }
  }
  return tally;
}

/// What the names are made of that were not given: the file's or the topic's.
dsl::infer::Names names_of(const Options& options) {
  const std::string stem = std::filesystem::path(options.events).stem().string();
  const std::string plain = dsl::infer::plain_name(options.events == kStandardInput ? "" : stem);
  const std::string event = options.event.empty() ? plain : options.event;
  return {source_name(options), event, options.topic.empty() ? event : options.topic,
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
  if (options.events.starts_with(kKafka) && !std::filesystem::exists(options.events)) {
    const std::string topic = options.events.substr(kKafka.size());
    console.err << fmt::format(
        "{}: events are read from a file or from standard input; a consumer of Kafka can hand them over:\n"
        "kcat -C -e -b BROKERS -t {} | millrace infer - --topic {}\n",
        options.events, topic, topic);
    return ExitCode::kUsage;
  }
  std::ifstream file;
  if (options.events != kStandardInput) {
    if (const std::string why = why_unreadable(options.events); !why.empty()) {
      console.err << fmt::format("{}: cannot be read: {}\n", options.events, why);
      return ExitCode::kUsage;
    }
    file.open(options.events, std::ios::binary);
  }
  dsl::infer::Sample sample;
  const Tally tally = read_lines(options.events == kStandardInput ? std::cin : file, options, sample, console);
  if (tally.broken > 0) {
    console.err << fmt::format("{}: {} of {} lines {} no event{}\n", source_name(options),
                               dsl::infer::grouped(tally.broken), dsl::infer::grouped(tally.lines),
                               tally.broken == 1 ? "is" : "are", options.strict ? "" : " and left out");
  }
  if (sample.events() == 0) {
    console.err << fmt::format("{}: there is no event in it; {}\n", source_name(options), kHowEventsStand);
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
      "What is not certain stands as a comment. The result passes `millrace check`, and takes every event of the "
      "sample.");
  const auto options = std::make_shared<Options>();
  command->add_option("EVENTS", options->events, "A file with one JSON object a line; - reads standard input")
      ->required();
  command->add_option("--event", options->event, "The name of the event; else made of the file's")->type_name("NAME");
  command->add_option("--topic", options->topic, "The name of the topic; else the event's")->type_name("NAME");
  command->add_option("--table", options->table, "The name of the table, perhaps with its schema; else the event's")
      ->type_name("NAME");
  command->add_option("--limit", options->limit, "Read so many events at most")->type_name("N");
  command->add_option("-o,--out", options->out, "Write here, where there is no file yet; else to standard output")
      ->type_name("FILE");
  command->add_flag("--strict", options->strict, "Write nothing, and end with 1, when a line is no event");
  command->callback(
      [&chosen, options] { chosen = [options](const Console& console) { return infer(*options, console); }; });
}

} // namespace millrace::cli
