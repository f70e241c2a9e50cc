// What lies in a topic, read with a bare librdkafka consumer: the second witness of the tests.
#pragma once

#include "plugins/kafka_client/handles.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace millrace::kafka_test {

struct Logged {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t time_ms = 0;
  std::optional<std::string> key, payload;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

inline std::optional<std::string> optional_text(const void* data, std::size_t size) {
  return data == nullptr ? std::nullopt : std::optional(std::string(static_cast<const char*>(data), size));
}

// Everything from the start of each partition to its end at the time of the call, partition by partition.
inline std::vector<Logged> read_topic(const std::string& brokers, const std::string& topic, int partitions) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : std::map<std::string, std::string>{{"bootstrap.servers", brokers},
                                                                      {"group.id", "witness"},
                                                                      {"enable.auto.commit", "false"},
                                                                      {"auto.offset.reset", "earliest"},
                                                                      {"enable.partition.eof", "true"}}) {
    rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
  }
  const kafka_client::Client client(rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0));
  rd_kafka_poll_set_consumer(client.get());
  const kafka_client::Partitions all(rd_kafka_topic_partition_list_new(partitions));
  for (std::int32_t i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(all.get(), topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(client.get(), all.get());
  std::map<std::int32_t, std::vector<Logged>> by_partition;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int ended = 0; ended < partitions;) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("topic " + topic + " cannot be read to its end");
    }
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client.get(), 100);
    if (message == nullptr) {
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++ended;
    } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      Logged& stored = by_partition[message->partition].emplace_back();
      stored.partition = message->partition;
      stored.offset = message->offset;
      stored.time_ms = rd_kafka_message_timestamp(message, nullptr);
      stored.key = optional_text(message->key, message->key_len);
      stored.payload = optional_text(message->payload, message->len);
      rd_kafka_headers_t* headers = nullptr;
      if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char* name = nullptr;
        const void* value = nullptr;
        std::size_t size = 0;
        for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i) {
          stored.headers.emplace_back(name, optional_text(value, size));
        }
      }
    }
    rd_kafka_message_destroy(message);
  }
  std::vector<Logged> out;
  for (auto& [partition, records] : by_partition) {
    out.insert(out.end(), records.begin(), records.end());
  }
  return out;
}

} // namespace millrace::kafka_test
