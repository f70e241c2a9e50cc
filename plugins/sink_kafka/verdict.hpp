// What a delivery report means for its record. The one place that knows Kafka's error codes of producing.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::sink_kafka {

enum class Verdict : std::uint8_t {
  stored = 1,    // durable on as many brokers as the topic asks for
  later = 2,     // not stored, or not known: the same record may succeed later
  alone = 3,     // its batch was refused because of one of its records: to be sent again in a batch of its own
  refused = 4,   // this record never will be stored
  no_topic = 5,  // later, and somebody has to be told: the topic is not there
  forbidden = 6, // later, and somebody has to be told: no right to write
};

// `was_alone`: no other record was in its batch.
Verdict verdict_of(rd_kafka_resp_err_t error, bool was_alone) noexcept;

// In words for a log, a reason or an error text; `topic` is where it was sent.
std::string describe(rd_kafka_resp_err_t error, std::string_view topic);

} // namespace millrace::sink_kafka
