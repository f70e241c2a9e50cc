// The first answer of a cluster, and what it says of topics. These calls block up to their limit.
#pragma once

#include "plugins/kafka_client/handles.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace millrace::kafka_client {

// Makes a client; the conf is used up. Throws fatal() with librdkafka's reason.
Client make_client(rd_kafka_type_t type, Conf conf);

// Waits until some broker has answered. `events` is the client's main queue: errors on it say why none does; other
// events on it are dropped, so use it before there can be any. Throws transient() with what was tried.
void wait_for_broker(rd_kafka_t* client, rd_kafka_queue_t* events, const std::string& brokers,
                     std::chrono::milliseconds limit);

// What the cluster says of all its topics; throws transient() when nothing answers within `limit`.
Metadata list_topics(rd_kafka_t* client, const std::string& brokers, std::chrono::milliseconds limit);

// The topic that somebody may have meant by a name that the cluster does not have; empty when none is near.
std::string nearest_topic(const rd_kafka_metadata_t& metadata, std::string_view name);

// NULL when the cluster does not have it. Valid as long as the metadata.
const rd_kafka_metadata_topic_t* find_topic(const rd_kafka_metadata_t& metadata, std::string_view name);

} // namespace millrace::kafka_client
