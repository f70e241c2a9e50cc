// Ownership of librdkafka's handles, and its texts. No behaviour of ours.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

namespace millrace::kafka_client {

template <auto Release>
struct Releases {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    Release(handle);
  }
};

using Conf = std::unique_ptr<rd_kafka_conf_t, Releases<rd_kafka_conf_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Releases<rd_kafka_queue_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Releases<rd_kafka_topic_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Releases<rd_kafka_event_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Releases<rd_kafka_message_destroy>>;
using Headers = std::unique_ptr<rd_kafka_headers_t, Releases<rd_kafka_headers_destroy>>;
using Error = std::unique_ptr<rd_kafka_error_t, Releases<rd_kafka_error_destroy>>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Releases<rd_kafka_topic_partition_list_destroy>>;
using PartitionOfEvent = std::unique_ptr<rd_kafka_topic_partition_t, Releases<rd_kafka_topic_partition_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Releases<rd_kafka_AdminOptions_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Releases<rd_kafka_metadata_destroy>>;
// Destroying a client waits for its threads; whatever it still holds is dropped without a report.
using Client = std::unique_ptr<rd_kafka_t, Releases<rd_kafka_destroy>>;

inline std::string text_of(rd_kafka_resp_err_t error) {
  return std::string(rd_kafka_err2str(error)) + " (" + rd_kafka_err2name(error) + ")";
}

} // namespace millrace::kafka_client
