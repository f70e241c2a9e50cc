// The exported symbol of the Kafka sink.
#include "plugins/sink_kafka/sink.hpp"

#include <millrace/sink.hpp>

MILLRACE_MODULE("kafka", "0.1.0",
                millrace::sink_plugin<millrace::sink_kafka::Sink>("kafka",
                                                                  "Writes messages to topics of Apache Kafka."));
