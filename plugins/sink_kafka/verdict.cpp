#include "plugins/sink_kafka/verdict.hpp"

#include "plugins/kafka_client/handles.hpp"

namespace millrace::sink_kafka {

Verdict verdict_of(rd_kafka_resp_err_t error, bool was_alone) noexcept {
  switch (static_cast<int>(error)) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return Verdict::stored;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
      return was_alone ? Verdict::refused : Verdict::alone;
    case RD_KAFKA_RESP_ERR__INVALID_DIFFERENT_RECORD: // the broker named another record of the batch
      return was_alone ? Verdict::later : Verdict::alone;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return Verdict::no_topic;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return Verdict::forbidden;
    default:
      return Verdict::later;
  }
}

std::string describe(rd_kafka_resp_err_t error, std::string_view topic) {
  std::string out = "topic '" + std::string(topic) + "': " + kafka_client::text_of(error);
  switch (static_cast<int>(verdict_of(error, false))) {
    case static_cast<int>(Verdict::no_topic):
      return out + "; it is not made by writing to it: create it, for instance with `millrace apply`";
    case static_cast<int>(Verdict::forbidden):
      return out + "; this user may not write to it: grant WRITE, and IDEMPOTENT_WRITE on the cluster";
    default:
      return out;
  }
}

} // namespace millrace::sink_kafka
