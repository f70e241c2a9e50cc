// sink_kafka and source_kafka, loaded as the engine loads them and driven from memory, against bare librdkafka loops
// with the same settings on the same broker; by turns, in one run. What the engine adds is measured by `produce` and
// `load`.
#include "tests/bench/edits.hpp"
#include "tests/bench/turns.hpp"
#include "tests/plugins/kafka/broker.hpp"

#include <millrace/testing/module.hpp>
#include <millrace/testing/sink.hpp>
#include <millrace/testing/source.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
namespace {

using Clock = std::chrono::steady_clock;
using kafka_test::Broker;

constexpr int kRounds = 3;
constexpr int kEvents = 300'000;
constexpr int kPartitions = 4;
constexpr std::size_t kEventsOfDelivery = 2'000;
constexpr std::size_t kOpenDeliveries = 16;

// Real edits where they are, else lines of the same length.
std::vector<std::string> lines() {
  std::vector<std::string> out = bench::edits();
  for (int i = 0; out.empty() || i < 10'000 - static_cast<int>(out.size()); ++i) {
    out.push_back("{\"id\":" + std::to_string(i) + ",\"text\":\"" + std::string(400, 'x') + "\"}");
  }
  return out;
}

double rate(Clock::time_point begin, double events = kEvents) {
  return events / std::chrono::duration<double>(Clock::now() - begin).count();
}

void report(const char* name, const std::vector<double>& ours, const std::vector<double>& reference) {
  std::printf("bench %s value=%.0f unit=events/s reference=%.0f ratio=%.2f\n", name, bench::median(ours),
              bench::median(reference), bench::median(ours) / bench::median(reference));
}

kafka_client::Client client(rd_kafka_type_t type, const std::vector<std::pair<const char*, std::string>>& settings) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : settings) {
    rd_kafka_conf_set(conf, name, value.c_str(), nullptr, 0);
  }
  if (type == RD_KAFKA_PRODUCER) {
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* acked) {
      *static_cast<int*>(acked) += message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 1 : 0;
    });
  }
  static int acked = 0;
  acked = 0;
  rd_kafka_conf_set_opaque(conf, &acked);
  return kafka_client::Client(rd_kafka_new(type, conf, nullptr, 0));
}

double bare_produce(const std::string& brokers, const std::string& topic, const std::vector<std::string>& events,
                    int count) {
  const kafka_client::Client producer = client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                                                   {"enable.idempotence", "true"},
                                                                   {"linger.ms", "5"},
                                                                   {"partitioner", "murmur2_random"},
                                                                   {"queue.buffering.max.messages", "1000000"},
                                                                   {"queue.buffering.max.kbytes", "65536"}});
  const int& acked = *static_cast<int*>(rd_kafka_opaque(producer.get()));
  const kafka_client::Topic handle(rd_kafka_topic_new(producer.get(), topic.c_str(), nullptr));
  const auto begin = Clock::now();
  for (int i = 0; i < count;) {
    const std::string& event = events[static_cast<std::size_t>(i) % events.size()];
    const std::string key = std::to_string(i % 5'000);
    const bool taken = rd_kafka_produce(handle.get(), RD_KAFKA_PARTITION_UA, 0, const_cast<char*>(event.data()),
                                        event.size(), key.data(), key.size(), nullptr) == 0;
    i += taken ? 1 : 0;
    rd_kafka_poll(producer.get(), taken ? 0 : 10);
  }
  while (acked < count) {
    rd_kafka_poll(producer.get(), 100);
  }
  return rate(begin, count);
}

// Deliveries as the engine makes them; only pointers into the events.
struct Made {
  std::vector<mr_event> events;
  std::vector<mr_message> messages;
  std::vector<const mr_message*> pointers;
  std::vector<const mr_event*> from;
  std::deque<std::string> keys;
  mr_part part{};
  mr_delivery delivery{};
};

double sink_produce(const std::string& topic, const std::vector<std::string>& events) {
  static const mr_plugin& plugin =
      testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/sink_kafka.so"), MR_SINK);
  testing::Sink sink(plugin, {{"brokers", Broker::get().address()}});
  sink.start();
  sink.bind(1, topic);
  static const mr_range origin{{"", 0}, -1, 0, 0, 0, 0};
  std::vector<Made> all(kEvents / kEventsOfDelivery);
  std::size_t next = 0;
  for (Made& made : all) {
    made.events.resize(kEventsOfDelivery);
    made.messages.resize(kEventsOfDelivery);
    for (std::size_t i = 0; i < kEventsOfDelivery; ++i, ++next) {
      made.events[i].origin = &origin;
      made.events[i].payload = str(events[next % events.size()]);
      made.messages[i].event = &made.events[i];
      made.messages[i].target = 1;
      made.messages[i].key = str(made.keys.emplace_back(std::to_string(next % 5'000)));
      made.pointers.push_back(&made.messages[i]);
      made.from.push_back(&made.events[i]);
    }
    made.part.target = 1;
    made.part.messages = made.pointers.data();
    made.part.events = made.from.data();
    made.part.count = made.pointers.size();
    made.delivery.id = static_cast<std::uint64_t>(&made - all.data()) + 1;
    made.delivery.first_id = made.delivery.id;
    made.delivery.attempt = 1;
    made.delivery.parts = &made.part;
    made.delivery.part_count = 1;
  }
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < all.size() + kOpenDeliveries; ++i) {
    if (i >= kOpenDeliveries) {
      const auto done = sink.host().wait_complete(i - kOpenDeliveries + 1, std::chrono::seconds(60));
      if (!done || done->rest != MR_RECORD_OK || !done->exceptions.empty()) {
        std::fprintf(stderr, "bench kafka: a delivery failed\n");
        std::exit(1);
      }
    }
    if (i < all.size()) {
      sink.offer(all[i].delivery);
    }
  }
  return rate(begin);
}

double bare_consume(const std::string& topic) {
  const kafka_client::Client consumer = client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", Broker::get().address()},
                                                                   {"group.id", "bare"},
                                                                   {"enable.auto.commit", "false"},
                                                                   {"check.crcs", "true"},
                                                                   {"queued.max.messages.kbytes", "16384"},
                                                                   {"fetch.queue.backoff.ms", "2"}});
  rd_kafka_poll_set_consumer(consumer.get());
  const kafka_client::Partitions list(rd_kafka_topic_partition_list_new(kPartitions));
  for (int i = 0; i < kPartitions; ++i) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(consumer.get(), list.get());
  Clock::time_point begin{};
  for (int seen = 0; seen < kEvents;) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer.get(), 100);
    if (message == nullptr) {
      continue;
    }
    begin = seen == 0 ? Clock::now() : begin; // joining is not reading
    seen += message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 1 : 0;
    rd_kafka_message_destroy(message);
  }
  return rate(begin);
}

double source_consume(const std::string& topic, int round) {
  static const mr_plugin& plugin =
      testing::find_plugin(testing::load_module(MILLRACE_BINARY_DIR "/plugins/source_kafka.so"), MR_SOURCE);
  testing::Source source(plugin, {{"brokers", Broker::get().address()},
                                  {"group", topic + "-" + std::to_string(round)},
                                  {"topics", std::vector<std::string>{topic}}});
  source.start();
  Clock::time_point begin{};
  for (std::size_t seen = 0; seen < kEvents;) {
    while (const auto claim = source.host().wait_claim(std::chrono::milliseconds(0))) {
      source.start_at(claim->stream, claim->partition, claim->own, claim->own_mark);
    }
    const testing::Source::Polled polled = source.poll(2'000, 4U << 20U);
    if (polled.empty()) {
      source.host().wait_wake(std::chrono::milliseconds(100));
      continue;
    }
    begin = seen == 0 ? Clock::now() : begin;
    seen += polled.batch.count;
    source.settle(polled.batch.id, MR_DELIVERED);
  }
  return rate(begin);
}

int run() {
  if (const std::string why = Broker::why_not(); !why.empty()) {
    std::fprintf(stderr, "bench kafka: no broker: %s\n", why.c_str());
    return 1;
  }
  const std::vector<std::string> events = lines();
  std::vector<double> bare, sink, consumer, source;
  for (int round = 0; round < kRounds; ++round) {
    const std::string theirs = Broker::get().topic(kPartitions);
    const std::string ours = Broker::get().topic(kPartitions);
    bare.push_back(bare_produce(Broker::get().address(), theirs, events, kEvents));
    sink.push_back(sink_produce(ours, events));
    consumer.push_back(bare_consume(ours));
    source.push_back(source_consume(ours, round));
  }
  report("sink_kafka", sink, bare);
  report("source_kafka", source, consumer);
  return 0;
}

} // namespace
} // namespace millrace

// `bench_kafka bare BROKERS TOPIC FILE` prints the rate of the bare loop alone, for measurements that run an engine.
int main(int count, char** arguments) {
  if (count == 5 && std::string_view(arguments[1]) == "bare") {
    std::vector<std::string> events;
    std::ifstream file(arguments[4]);
    for (std::string line; std::getline(file, line);) {
      events.push_back(line);
    }
    std::printf("%.0f\n", millrace::bare_produce(arguments[2], arguments[3], events, static_cast<int>(events.size())));
    return 0;
  }
  return millrace::run();
}
