// The exported symbol of the Kafka source.
#include "plugins/source_kafka/source.hpp"

#include <millrace/source.hpp>

MILLRACE_MODULE("kafka_source", "0.1.0",
                millrace::source_plugin<millrace::source_kafka::Source>(
                    "kafka", "Reads topics of Apache Kafka as a member of a consumer group."));
