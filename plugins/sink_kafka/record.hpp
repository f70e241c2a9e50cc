// An accepted delivery on its way: which of its records are where, and what became of them. Belongs to the thread of
// the post; only a record's `open`, `part` and `record` are read by librdkafka's partitioner, and never change.
#pragma once

#include "plugins/kafka_client/handles.hpp"
#include "plugins/sink_kafka/partitioner.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <vector>

namespace millrace::sink_kafka {

// A bound target. One handle per producer, made when first needed.
struct Binding {
  std::string topic;
  Partitioner partitioner;
  std::array<kafka_client::Topic, 2> handles;
};

struct Open;

// The opaque of a message.
struct Record {
  Open* open;
  std::uint32_t part;
  std::uint32_t record;
  std::uint64_t burst = 0; // that it was handed over in
};

struct Failed {
  std::uint32_t part;
  std::uint32_t record;
  std::uint32_t outcome; // MR_RECORD_TRANSIENT or MR_RECORD_REJECTED
  rd_kafka_resp_err_t error;
};

// What was logged of a delivery.
struct Told {
  const Binding* binding;
  rd_kafka_resp_err_t error;

  bool operator==(const Told&) const = default;
};

struct Open {
  const mr_delivery* delivery;    // lent until complete
  std::vector<Binding*> bindings; // by part
  std::vector<Record> records;
  std::size_t left = 0; // records without an outcome
  std::vector<Failed> failed;
  std::vector<Told> told;
  std::uint32_t salt =
      0; // places messages without a key: one partition per topic and delivery, so that batches are large
  std::int64_t since_ns = 0;
  std::list<Open>::iterator self;

  const mr_message& message(const Record& record) const {
    return *delivery->parts[record.part].messages[record.record];
  }
};

// What is sent: the message's own, or that of the event it was made of.
inline mr_str payload_of(const mr_message& message) {
  return message.payload.data != nullptr ? message.payload : message.event->payload;
}
inline std::size_t size_of(const mr_message& message) { return message.key.size + payload_of(message).size; }

// Consecutive records of one delivery that are to be sent.
struct Span {
  Record* next;
  Record* end;
};

} // namespace millrace::sink_kafka
