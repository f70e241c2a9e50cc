#include "plugins/source_kafka/settings.hpp"

#include <array>

namespace millrace::source_kafka {
namespace {

constexpr std::string_view kPositions =
    "where to go on is what the sink stored with the rows, or what was acknowledged; never what was merely read";
constexpr std::string_view kNoJump =
    "a position that the log does not have any more must stop the partition, not move it";
constexpr std::string_view kEager = "the other ways of sharing partitions are not sound in the versions supported";

constexpr std::array<kafka_client::Refused, 14> kRefused = {{
    {"bootstrap.servers", "it is made from `brokers`"},
    {"metadata.broker.list", "it is made from `brokers`"},
    {"group.id", "it is made from `group`"},
    {"group.protocol", kEager},
    {"session.timeout.ms", "it is made from `session_timeout`"},
    {"max.poll.interval.ms", "it is made from `poll_timeout`"},
    {"queued.max.messages.kbytes", "it is made from `memory`"},
    {"auto.commit.enable", kPositions},
    {"auto.commit.interval.ms", kPositions},
    {"offset.store.method", kPositions},
    {"enable.partition.eof", "the source needs to know the end of a partition"},
    {"enabled_events", "the source chooses them"},
    {"consume.callback.max.messages", "the source chooses how many it takes"},
    {"topic.blacklist", "name the topics in `topics`, or in the rules"},
}};

std::string number(std::int64_t value) { return std::to_string(value); }

} // namespace

Settings read_settings(const Config& config) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  Settings out;
  out.brokers = config.text("brokers");
  out.group = config.text("group");
  for (const std::string_view topic : config.texts("topics")) {
    out.topics.emplace_back(topic);
  }
  out.memory = config.bytes("memory");
  out.session_timeout = duration_cast<milliseconds>(config.duration("session_timeout"));
  out.poll_timeout = duration_cast<milliseconds>(config.duration("poll_timeout"));
  out.commit_interval = duration_cast<milliseconds>(config.duration("commit_interval"));
  for (const auto& [name, value] : config.pairs("settings")) {
    out.given.emplace_back(name, value);
  }
  return out;
}

kafka_client::Conf consumer_conf(const Settings& settings, const Host& logger) {
  const std::array<kafka_client::Shipped, 21> shipped = {{
      {"bootstrap.servers", settings.brokers, "it is made from `brokers`"},
      {"client.id", "millrace", {}},
      {"group.id", settings.group, "it is made from `group`"},
      {"enable.auto.commit", "false", kPositions},
      {"enable.auto.offset.store", "false", kPositions},
      {"auto.offset.reset", "error", kNoJump},
      {"partition.assignment.strategy", "range", kEager},
      {"check.crcs", "true", "a record that was damaged on its way must not be stored"},
      {"isolation.level", "read_committed", "records of a transaction that was undone must not be stored"},
      {"allow.auto.create.topics", "false", "a misspelt topic would be made instead of noticed"},
      {"enable.partition.eof", "true", {}},
      {"queued.max.messages.kbytes", number(static_cast<std::int64_t>(settings.memory >> 10U)), {}},
      {"queued.min.messages", "100000", {}},
      {"fetch.max.bytes", "2000000", {}}, // a response is one piece of memory until its last record is settled
      {"fetch.queue.backoff.ms", "2", {}},
      {"fetch.wait.max.ms", "100", {}}, // a question to a broker waits behind a fetch that waits for records
      {"session.timeout.ms", number(settings.session_timeout.count()), {}},
      {"max.poll.interval.ms", number(settings.poll_timeout.count()), {}},
      {"socket.timeout.ms", "10000", {}},
      {"reconnect.backoff.max.ms", "500", {}},
      {"topic.metadata.refresh.interval.ms", "10000", {}}, // how soon a new topic or partition is read
  }};
  return kafka_client::make_conf(shipped, kRefused, settings.given, logger);
}

} // namespace millrace::source_kafka
