// One librdkafka producer: sends messages without copying their payload and hands out its events. Knows nothing of
// deliveries. One thread.
#pragma once

#include "plugins/sink_kafka/record.hpp"
#include "plugins/sink_kafka/settings.hpp"

#include <chrono>
#include <string>

namespace millrace::sink_kafka {

class Producer {
 public:
  // Throws invalid() or fatal() for settings that librdkafka refuses. `logger` must outlive it.
  Producer(const Settings& settings, bool alone, const Host& logger);

  // A handle whose partitioner is ours; its messages must have a Record as opaque.
  kafka_client::Topic topic(const std::string& name);

  // NO_ERROR: it is queued, its bytes stay as they are until its delivery report. Anything else: nothing happened.
  rd_kafka_resp_err_t send(rd_kafka_topic_t* topic, const mr_message& message, Record* record);

  // The next event, or NULL after `wait`.
  kafka_client::Event poll(std::chrono::milliseconds wait);

  // Gives up what is queued and in flight; each gets a delivery report still.
  void purge();
  bool is_broken() const;
  std::string why_broken() const;

  rd_kafka_t* client() const noexcept { return client_.get(); }
  rd_kafka_queue_t* events() const noexcept { return events_.get(); }

 private:
  kafka_client::Client client_;
  kafka_client::Queue events_;
};

} // namespace millrace::sink_kafka
