// The sink's configuration and the producer settings that it ships.
#pragma once

#include "plugins/kafka_client/settings.hpp"

#include <millrace/config.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace millrace::sink_kafka {

struct Settings {
  std::string brokers;
  kafka_client::Given given;
  std::uint64_t memory = 0;
  std::chrono::milliseconds timeout{};
  std::chrono::milliseconds linger{};
  std::chrono::milliseconds flush_timeout{};
  std::uint32_t max_in_flight = 0;
};

inline constexpr mr_field kFields[] = {
    {"brokers", MR_STRING, MR_REQUIRED, nullptr, nullptr,
     "Addresses of some of the cluster's brokers, separated by commas: `host:port,host:port`.", nullptr, 0},
    {"memory", MR_SIZE, 0, "64MiB", "1MiB..",
     "What messages that wait for their acknowledgement may take, per worker. Past it they are held back.", nullptr, 0},
    {"timeout", MR_DURATION, 0, "120s", "1s..",
     "How long librdkafka itself tries a message again before its delivery is reported as failed and the engine takes "
     "over. A short one makes duplicates likelier.",
     nullptr, 0},
    {"linger", MR_DURATION, 0, "5ms", "0ms..10s", "How long a message may wait for others to share its batch.", nullptr,
     0},
    {"flush_timeout", MR_DURATION, 0, "10s", "0ms..",
     "How long a stop waits for acknowledgements; what has none by then is read or sent again.", nullptr, 0},
    {"max_in_flight", MR_INT, 0, "64", "1..10000", "How many deliveries may be open at a time, per worker.", nullptr,
     0},
    {"settings", MR_MAP, MR_SECRET, nullptr, nullptr,
     "Further settings of librdkafka, as `\"compression.codec\" = \"lz4\"`. Those that the promise of delivery rests "
     "on "
     "are refused.",
     nullptr, 0},
};

Settings read_settings(const Config& config);

// Throws invalid() when a given setting is refused or unknown. `alone`: each record in a batch of its own.
kafka_client::Conf producer_conf(const Settings& settings, bool alone, const Host& logger);

} // namespace millrace::sink_kafka
