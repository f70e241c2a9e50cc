// Names and patterns of topics as the rules write them, as librdkafka wants them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::source_kafka {

// A `*` stands for one or more characters but no dot. A name without one stays as it is; one with becomes a regular
// expression, which librdkafka knows by its first character ^.
std::string subscription_of(std::string_view topic);

// Sorted, without repeats.
std::vector<std::string> subscription_of(const std::vector<std::string>& topics);

} // namespace millrace::source_kafka
