// The source's configuration and the consumer settings that it ships.
#pragma once

#include "plugins/kafka_client/settings.hpp"

#include <millrace/config.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace::source_kafka {

struct Settings {
  std::string brokers;
  std::string group;
  std::vector<std::string> topics; // empty: what the router reads
  kafka_client::Given given;
  std::uint64_t memory = 0;
  std::chrono::milliseconds session_timeout{};
  std::chrono::milliseconds poll_timeout{};
  std::chrono::milliseconds commit_interval{};
};

inline constexpr mr_field kFields[] = {
    {"brokers", MR_STRING, MR_REQUIRED, nullptr, nullptr,
     "Addresses of some of the cluster's brokers, separated by commas: `host:port,host:port`.", nullptr, 0},
    {"group", MR_STRING, MR_REQUIRED, nullptr, nullptr,
     "The consumer group. Every worker and every process with the same group shares the partitions.", nullptr, 0},
    {"topics", MR_STRING, MR_LIST, nullptr, nullptr,
     "The topics to read; a `*` stands for one or more characters but no dot. Not given: those that the rules read.",
     nullptr, 0},
    {"memory", MR_SIZE, 0, "8MiB", "1MiB..2GiB",
     "What may be fetched ahead, per worker. What the engine has taken counts against its own ceiling.", nullptr, 0},
    {"session_timeout", MR_DURATION, 0, "10s", "1s..1h",
     "How long the group waits for a member that has gone silent before others get its partitions.", nullptr, 0},
    {"poll_timeout", MR_DURATION, 0, "5m", "10s..24h",
     "How long the pipeline may take nothing in before the group gives its partitions to others.", nullptr, 0},
    {"commit_interval", MR_DURATION, 0, "1s", "100ms..1h",
     "How often the group is told how far the pipeline is. Where a sink stores positions this is for monitoring only; "
     "else it is where the next start begins.",
     nullptr, 0},
    {"settings", MR_MAP, MR_SECRET, nullptr, nullptr,
     "Further settings of librdkafka, as `\"client.rack\" = \"a\"`. Those that the promise of delivery rests on are "
     "refused.",
     nullptr, 0},
};

Settings read_settings(const Config& config);

// Throws invalid() when a given setting is refused or unknown.
kafka_client::Conf consumer_conf(const Settings& settings, const Host& logger);

} // namespace millrace::source_kafka
