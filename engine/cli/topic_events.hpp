// Records of a Kafka topic for the commands that look at samples, handed over by the source plugin (millrace.sample/1).
// The topic is read from its first record to the last that was there at the beginning; no group is joined and nothing
// committed, so that it leaves no trace.
#pragma once

#include <millrace/plugin.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/cli/command.hpp"

namespace millrace::cli {

struct TopicOptions {
  std::string brokers;                 // empty: those of the configuration
  std::vector<std::string> properties; // NAME=VALUE, of librdkafka; with `brokers`
  std::string config = "millrace.toml";
  std::string pipeline; // whose source it is, where several read from different clusters
};

// The topic of `kafka:TOPIC`; nothing for another name, and for a file that is called so.
std::optional<std::string> topic_of(const std::string& name);

// The newest `limit`, 0: all. The record is valid within the call. Throws UsageError for a topic that is not there and
// for options that do not fit, Unreachable when the brokers do not answer.
void for_each_record(const std::string& topic, std::uint64_t limit, const TopicOptions& options, const Console& console,
                     const std::function<void(const mr_event&)>& each);

// Partition and offset in one number, and back.
std::size_t number_of(const mr_event& record);
std::int32_t partition_of(std::size_t number);
std::uint64_t offset_of(std::size_t number);

} // namespace millrace::cli
