#include "plugins/sink_kafka/settings.hpp"

#include <array>

namespace millrace::sink_kafka {
namespace {

constexpr std::string_view kAcknowledged = "an answer to a sender means that every replica in sync has the record";
constexpr std::string_view kNotTwice = "without it a retry inside librdkafka may store a record twice or out of order";
constexpr std::string_view kPlacing = "the sink places every record itself, so that keys keep their order";

constexpr std::array<kafka_client::Refused, 17> kRefused = {{
    {"bootstrap.servers", "it is made from `brokers`"},
    {"metadata.broker.list", "it is made from `brokers`"},
    {"request.required.acks", kAcknowledged},
    {"transactional.id", "transactions are not used: positions are kept with the rows"},
    {"enable.gapless.guarantee", "it is experimental, and turns one lost record into a broken producer"},
    {"message.timeout.ms", "it is made from `timeout`"},
    {"delivery.timeout.ms", "it is made from `timeout`"},
    {"linger.ms", "it is made from `linger`"},
    {"queue.buffering.max.ms", "it is made from `linger`"},
    {"queue.buffering.max.kbytes", "it is made from `memory`"},
    {"partitioner", kPlacing},
    {"partitioner_cb", kPlacing},
    {"sticky.partitioning.linger.ms", kPlacing},
    {"delivery.report.only.error", "an acknowledgement is the delivery report"},
    {"queuing.strategy", "records of a partition are sent in order"},
    {"enabled_events", "the sink chooses them"},
    {"batch.num.messages", "use `linger` and \"batch.size\""},
}};

std::string number(std::int64_t value) { return std::to_string(value); }

} // namespace

Settings read_settings(const Config& config) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  Settings out;
  out.brokers = config.text("brokers");
  out.memory = config.bytes("memory");
  out.timeout = duration_cast<milliseconds>(config.duration("timeout"));
  out.linger = duration_cast<milliseconds>(config.duration("linger"));
  out.flush_timeout = duration_cast<milliseconds>(config.duration("flush_timeout"));
  out.max_in_flight = static_cast<std::uint32_t>(config.integer("max_in_flight"));
  for (const auto& [name, value] : config.pairs("settings")) {
    out.given.emplace_back(name, value);
  }
  return out;
}

kafka_client::Conf producer_conf(const Settings& settings, bool alone, const Host& logger) {
  const std::array<kafka_client::Shipped, 14> shipped = {{
      {"bootstrap.servers", settings.brokers, "it is made from `brokers`"},
      {"client.id", "millrace", {}},
      {"enable.idempotence", "true", kNotTwice},
      {"acks", "all", kAcknowledged},
      {"allow.auto.create.topics", "false", "a misspelt topic would be made instead of noticed"},
      {"message.timeout.ms", number(settings.timeout.count()), {}},
      {"socket.timeout.ms", "10000", {}},
      {"reconnect.backoff.max.ms", "500", {}},
      {"topic.metadata.propagation.max.ms", "5000", {}},
      {"linger.ms", alone ? "0" : number(settings.linger.count()), {}},
      {"batch.num.messages", alone ? "1" : "10000", {}},
      {"queue.buffering.max.kbytes", number(static_cast<std::int64_t>(settings.memory >> 10U)), {}},
      {"queue.buffering.max.messages", "1000000", {}},
      {"sticky.partitioning.linger.ms", "0", {}},
  }};
  return kafka_client::make_conf(shipped, kRefused, settings.given, logger);
}

} // namespace millrace::sink_kafka
