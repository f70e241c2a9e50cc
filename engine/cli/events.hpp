// Events of a file, of standard input or of a Kafka topic, for the commands that look at samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dsl/evaluate.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/rules_start.hpp"
#include "engine/cli/topic_events.hpp"

namespace millrace::cli {

struct EventsFrom {
  std::string name;        // a file; "-": standard input; "kafka:TOPIC"
  std::uint64_t limit = 0; // how many, of a file the first, of a topic the newest; 0: all
  TopicOptions topic;
};

// What goes with the option that names them: where a topic is, and --limit.
void add_events_options(CLI::App& command, EventsFrom& from);

struct SampleEvent {
  std::string_view text;
  std::size_t number;                       // its place, for place_of()
  std::optional<std::int64_t> time_us = {}; // of a topic's log
  std::span<const dsl::Header> headers = {};

  // As the rules see it: what it does not have itself is of `meta`.
  dsl::Meta in(dsl::Meta meta) const;
};

// Calls `each` with every event. Of a file events are lines, of which blank ones are left out; but where the first line
// opens an object that it does not close, and the next one begins none, the whole is one event. Throws UsageError when
// there is no such file or topic, Unreachable when the brokers do not answer.
void for_each_event(const EventsFrom& from, const Console& console,
                    const std::function<void(const SampleEvent&)>& each);

// "line 17" of a file, "partition 3 offset 1041" of a topic; and as members of a JSON object.
std::string place_of(const EventsFrom& from, std::size_t number);
std::string json_place_of(const EventsFrom& from, std::size_t number);
// "events.ndjson:17", "kafka:clicks partition 3 offset 1041"
std::string named_place_of(const EventsFrom& from, std::size_t number);

// What an event is there; said where nothing is one.
std::string_view how_events_stand(const EventsFrom& from);

// Bytes that there are to read; nothing where that is not known.
std::optional<std::uint64_t> size_of(const EventsFrom& from);

// Events of a topic begin at that topic, where the rules declare it and nothing else is asked for.
Start start_at(const Start& start, const EventsFrom& from, const dsl::Program& program);

} // namespace millrace::cli
