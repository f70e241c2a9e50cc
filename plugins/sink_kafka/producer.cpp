#include "plugins/sink_kafka/producer.hpp"

#include "plugins/kafka_client/cluster.hpp"

#include <array>
#include <memory>
#include <span>

namespace millrace::sink_kafka {
namespace {

using Headers = std::unique_ptr<rd_kafka_headers_t, kafka_client::Releases<rd_kafka_headers_destroy>>;

// Called by librdkafka's threads too, while the record's delivery is open.
std::int32_t partition_for(const rd_kafka_topic_t* topic, const void*, std::size_t, std::int32_t partitions, void*,
                           void* opaque) {
  const Record& record = *static_cast<const Record*>(opaque);
  const Open& open = *record.open;
  return place(open.bindings[record.part]->partitioner, open.message(record), topic, partitions, open.salt);
}

Headers headers_of(const mr_message& message) {
  Headers headers(rd_kafka_headers_new(message.header_count));
  for (const mr_pair& pair : std::span(message.headers, message.header_count)) {
    rd_kafka_header_add(headers.get(), pair.key.data, static_cast<ssize_t>(pair.key.size), pair.value.data,
                        static_cast<ssize_t>(pair.value.size));
  }
  return headers;
}

kafka_client::Client make(const Settings& settings, bool alone, const Host& logger) {
  kafka_client::Conf conf = producer_conf(settings, alone, logger);
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  return kafka_client::make_client(RD_KAFKA_PRODUCER, std::move(conf));
}

} // namespace

Producer::Producer(const Settings& settings, bool alone, const Host& logger)
    : client_(make(settings, alone, logger)), events_(rd_kafka_queue_get_main(client_.get())) {}

kafka_client::Topic Producer::topic(const std::string& name) {
  rd_kafka_topic_conf_t* conf = rd_kafka_default_topic_conf_dup(client_.get());
  rd_kafka_topic_conf_set_partitioner_cb(conf, &partition_for);
  return kafka_client::Topic(rd_kafka_topic_new(client_.get(), name.c_str(), conf));
}

rd_kafka_resp_err_t Producer::send(rd_kafka_topic_t* topic, const mr_message& message, Record* record) {
  const mr_str payload = payload_of(message);
  Headers headers;
  std::array<rd_kafka_vu_t, 7> values{};
  values[0].vtype = RD_KAFKA_VTYPE_RKT;
  values[0].u.rkt = topic;
  values[1].vtype = RD_KAFKA_VTYPE_VALUE;
  values[1].u.mem = {const_cast<char*>(payload.data), payload.size};
  values[2].vtype = RD_KAFKA_VTYPE_OPAQUE;
  values[2].u.ptr = record;
  values[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  values[3].u.i = 0;
  values[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  values[4].u.i64 = message.time_us / 1000;
  std::size_t count = 5;
  if (message.key.size != 0) {
    values[count].vtype = RD_KAFKA_VTYPE_KEY;
    values[count].u.mem = {const_cast<char*>(message.key.data), message.key.size};
    ++count;
  }
  if (message.header_count != 0) {
    headers = headers_of(message);
    values[count].vtype = RD_KAFKA_VTYPE_HEADERS;
    values[count].u.headers = headers.get();
    ++count;
  }
  const kafka_client::Error error(rd_kafka_produceva(client_.get(), values.data(), count));
  if (error != nullptr) {
    return rd_kafka_error_code(error.get());
  }
  headers.release(); // NOLINT(bugprone-unused-return-value): they belong to the message now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

kafka_client::Event Producer::poll(std::chrono::milliseconds wait) {
  return kafka_client::Event(rd_kafka_queue_poll(events_.get(), static_cast<int>(wait.count())));
}

void Producer::purge() { rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT); }

bool Producer::is_broken() const { return rd_kafka_fatal_error(client_.get(), nullptr, 0) != 0; }

std::string Producer::why_broken() const {
  std::array<char, 512> text{};
  const rd_kafka_resp_err_t error = rd_kafka_fatal_error(client_.get(), text.data(), text.size());
  return kafka_client::text_of(error) + ": " + text.data();
}

} // namespace millrace::sink_kafka
