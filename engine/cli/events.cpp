#include "engine/cli/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <optional>
#include <vector>

#include "dsl/program.hpp"
#include "engine/cli/lines.hpp"
#include "engine/cli/named_file.hpp"
#include "engine/cli/progress.hpp"
#include "engine/modules/text.hpp"

namespace millrace::cli {
namespace {

using modules::view;
// False: no more.
using Each = std::function<bool(std::string_view event, std::size_t line)>;

[[noreturn]] void cannot_read(const std::string& name, const std::string& why) {
  throw UsageError(fmt::format("events file '{}' cannot be read: {}", name, why));
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = line.find_first_not_of(kBlank);
  return first == std::string_view::npos ? "" : line.substr(first, line.find_last_not_of(kBlank) + 1 - first);
}

void read_all(const std::string& name, std::istream& in, const Each& each) {
  Lines lines(in);
  if (const std::string why = lines.no_text(); !why.empty()) {
    cannot_read(name, why);
  }
  std::optional<std::string_view> line = lines.next();
  if (line && trimmed(*line).starts_with('{') && !trimmed(*line).ends_with('}')) {
    std::string whole(*line);
    const std::size_t first = lines.number();
    line = lines.next();
    if (!line || trimmed(*line).starts_with('{')) { // it is broken, but it is a line
      if (!each(trimmed(whole), first)) {
        return;
      }
    } else {
      for (; line; line = lines.next()) {
        whole += '\n';
        whole += *line;
      }
      each(trimmed(whole), first);
      return;
    }
  }
  for (; line && each(trimmed(*line), lines.number()); line = lines.next()) {
  }
}

void for_each_in_file(const std::string& name, const Each& each) {
  if (name == "-") {
    return read_all("standard input", std::cin, each);
  }
  if (const std::string why = why_unreadable(name); !why.empty()) {
    cannot_read(name, why);
  }
  std::ifstream in(name, std::ios::binary);
  read_all(name, in, each);
}

void for_each_in_topic(const std::string& topic, const EventsFrom& from, const Console& console,
                       const std::function<void(const SampleEvent&)>& each) {
  std::vector<dsl::Header> headers;
  for_each_record(topic, from.limit, from.topic, console, [&](const mr_event& record) {
    headers.clear();
    for (const mr_pair& header : std::span(record.headers, record.header_count)) {
      headers.push_back({view(header.key), view(header.value)});
    }
    each({view(record.payload), number_of(record), record.time_us, headers});
  });
}

bool is_topic(const EventsFrom& from) { return topic_of(from.name).has_value(); }

} // namespace

void add_events_options(CLI::App& command, EventsFrom& from) {
  command.add_option("--limit", from.limit, "Read so many events at most; of a topic the newest")->type_name("N");
  CLI::Option* const brokers =
      command.add_option("--brokers", from.topic.brokers, "Of kafka:TOPIC, instead of a configuration's")
          ->type_name("HOST:PORT");
  command.add_option("--kafka-property", from.topic.properties, "One of librdkafka's settings; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->needs(brokers);
  command.add_option("-c,--config", from.topic.config, "The configuration; its source is used for kafka:TOPIC")
      ->type_name("FILE")
      ->capture_default_str();
  command
      .add_option("--pipeline", from.topic.pipeline,
                  "Whose source, or with --live whose rules, where there are several")
      ->type_name("NAME")
      ->excludes(brokers);
}

dsl::Meta SampleEvent::in(dsl::Meta meta) const {
  meta.received_at = time_us.value_or(meta.received_at);
  meta.headers = headers;
  return meta;
}

void for_each_event(const EventsFrom& from, const Console& console,
                    const std::function<void(const SampleEvent&)>& each) {
  if (const auto topic = topic_of(from.name)) {
    return for_each_in_topic(*topic, from, console, each);
  }
  std::uint64_t read = 0;
  for_each_in_file(from.name, [&](std::string_view event, std::size_t line) {
    each({event, line});
    return ++read != from.limit;
  });
}

std::string place_of(const EventsFrom& from, std::size_t number) {
  return is_topic(from) ? fmt::format("partition {} offset {}", partition_of(number), offset_of(number))
                        : fmt::format("line {}", number);
}

std::string json_place_of(const EventsFrom& from, std::size_t number) {
  return is_topic(from) ? fmt::format(R"("partition":{},"offset":{})", partition_of(number), offset_of(number))
                        : fmt::format(R"("line":{})", number);
}

std::string named_place_of(const EventsFrom& from, std::size_t number) {
  return is_topic(from) ? fmt::format("{} {}", from.name, place_of(from, number))
                        : fmt::format("{}:{}", from.name, number);
}

std::string_view how_events_stand(const EventsFrom& from) {
  return is_topic(from)
             ? "each record is one JSON object"
             : "each stands on a line of its own, as one JSON object (`jq -c '.[]'` makes lines of a JSON list)";
}

std::optional<std::uint64_t> size_of(const EventsFrom& from) {
  return is_topic(from) ? std::nullopt : size_of(from.name);
}

Start start_at(const Start& start, const EventsFrom& from, const dsl::Program& program) {
  const std::optional<std::string> topic = topic_of(from.name);
  const bool declared = topic && std::ranges::any_of(program.topics, [&](const dsl::Topic& each) {
                          return each.shape != dsl::kNone && dsl::matches_topic(each.name, *topic);
                        });
  return declared && start.router.empty() && start.topic.empty() ? Start{"", *topic} : start;
}

} // namespace millrace::cli
