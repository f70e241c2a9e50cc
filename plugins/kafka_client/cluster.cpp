#include "plugins/kafka_client/cluster.hpp"

#include "plugins/kafka_client/settings.hpp"

#include <millrace/failure.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace millrace::kafka_client {
namespace {

// Asking is what makes librdkafka connect; waiting for it to do so by itself takes up to a second.
bool answers(rd_kafka_t* client, std::chrono::milliseconds limit) {
  const rd_kafka_metadata_t* found = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(client, 0, nullptr, &found, static_cast<int>(limit.count()));
  const Metadata metadata(found);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR;
}

} // namespace

Client make_client(rd_kafka_type_t type, Conf conf) {
  std::array<char, 512> text{};
  Client client(rd_kafka_new(type, conf.get(), text.data(), text.size()));
  if (client == nullptr) {
    throw fatal(std::string("librdkafka refuses these settings: ") + text.data());
  }
  conf.release(); // NOLINT(bugprone-unused-return-value): it belongs to the client now
  return client;
}

void wait_for_broker(rd_kafka_t* client, rd_kafka_queue_t* events, const std::string& brokers,
                     std::chrono::milliseconds limit) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kTry(100);
  const Clock::time_point deadline = Clock::now() + limit;
  std::string last = "no answer within " + std::to_string(limit.count()) + " ms";
  while (!answers(client, std::min(kTry, limit))) {
    while (const Event event{rd_kafka_queue_poll(events, 0)}) {
      if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR &&
          rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        last = rd_kafka_event_error_string(event.get());
      }
    }
    if (Clock::now() >= deadline) {
      throw transient("no broker of '" + brokers + "' can be reached: " + last, RD_KAFKA_RESP_ERR__TRANSPORT);
    }
  }
}

Metadata list_topics(rd_kafka_t* client, const std::string& brokers, std::chrono::milliseconds limit) {
  const rd_kafka_metadata_t* found = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(client, 1, nullptr, &found, static_cast<int>(limit.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw transient("brokers '" + brokers + "' do not say which topics there are: " + text_of(error), error);
  }
  return Metadata(found);
}

std::string nearest_topic(const rd_kafka_metadata_t& metadata, std::string_view name) {
  std::vector<std::string_view> names;
  for (const rd_kafka_metadata_topic_t& topic :
       std::span(metadata.topics, static_cast<std::size_t>(metadata.topic_cnt))) {
    names.emplace_back(topic.topic);
  }
  return nearest(name, names);
}

const rd_kafka_metadata_topic_t* find_topic(const rd_kafka_metadata_t& metadata, std::string_view name) {
  for (const rd_kafka_metadata_topic_t& topic :
       std::span(metadata.topics, static_cast<std::size_t>(metadata.topic_cnt))) {
    if (topic.topic == name && topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      return &topic;
    }
  }
  return nullptr;
}

} // namespace millrace::kafka_client
