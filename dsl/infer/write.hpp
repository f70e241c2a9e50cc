// The declarations that a sample suggests: an event, its topic, and the table that the topic is loaded into. What is
// not certain stands as a comment. The result compiles without a word, and takes every event of the sample.
#pragma once

#include <string>
#include <string_view>

#include "dsl/infer/sample.hpp"

namespace millrace::dsl::infer {

struct Names {
  std::string source; // where the events came from, for the first line
  std::string event;
  std::string topic;
  std::string table; // with its schema, if it is said
};

/// Of a sample that has an event.
std::string write_rules(const Sample& sample, const Names& names);

/// A name that needs no backticks, made of a file's or a topic's: `click-events.2024` becomes `click_events_2024`.
std::string plain_name(std::string_view text);

} // namespace millrace::dsl::infer
