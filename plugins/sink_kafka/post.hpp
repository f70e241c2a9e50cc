// The thread that owns the producers: takes deliveries, sends their records, collects the delivery reports and
// completes each delivery once. Every function but `run` only hands something over to that thread.
#pragma once

#include "plugins/sink_kafka/bursts.hpp"
#include "plugins/sink_kafka/producer.hpp"
#include "plugins/sink_kafka/verdict.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

namespace millrace::sink_kafka {

class Post {
 public:
  Post(const Settings& settings, const Host& host);
  ~Post();
  Post(const Post&) = delete;
  Post& operator=(const Post&) = delete;

  // Waits until a broker has answered (at most `limit`), then starts the thread; throws transient() if none did and
  // may be called again.
  void start(std::chrono::milliseconds limit);
  void bind(std::uint32_t target, std::string topic, Partitioner partitioner);
  void unbind(std::uint32_t target);
  // `delivery` stays readable until the host's complete for it.
  void accept(const mr_delivery& delivery);
  // Completes what is open, gives up what is not acknowledged after `limit`, and joins the thread.
  void stop(std::chrono::milliseconds limit);
  // [any] A running stop gives up at once; nothing else takes long.
  void hurry();

 private:
  using Clock = std::chrono::steady_clock;

  struct Bind {
    std::uint32_t target;
    std::string topic;
    Partitioner partitioner;
  };
  struct Unbind {
    std::uint32_t target;
  };
  struct Stop {
    Clock::time_point deadline;
  };
  using Command = std::variant<Bind, Unbind, const mr_delivery*, Stop>;

  // A producer and what waits for it. The second one sends each record in a batch of its own, so that what fails there
  // failed alone.
  struct Lane {
    std::size_t index;
    std::unique_ptr<Producer> producer;
    std::deque<Span> waiting;
    Bursts bursts{};
    Clock::time_point held_back{}; // when a burst could not begin; zero: it could
    std::size_t in_flight = 0;
    bool broken = false;
    std::uint32_t breaks = 0; // in a row
    Clock::time_point built{};
    Clock::time_point build_at{};
  };
  struct Metrics {
    Metric acked, not_stored, maybe_stored, rejected, alone, rebuilds, in_flight, ack_seconds;
  };

  void post(Command command);
  void run();
  void work();
  void count();
  void obey();
  void obey(Bind& bind);
  void obey(const Unbind& unbind);
  void obey(const mr_delivery* delivery);
  void obey(const Stop& stop);

  void send_waiting(Lane& lane);
  rd_kafka_topic_t* handle(Lane& lane, Binding& binding);
  void serve(Lane& lane, std::chrono::milliseconds wait);
  void take(Lane& lane, rd_kafka_event_t* event);
  void report(Lane& lane, const rd_kafka_message_t& message);
  void decide(Record& record, rd_kafka_resp_err_t error, bool was_alone);
  void fail(Record& record, std::uint32_t outcome, rd_kafka_resp_err_t error);
  void tell(rd_kafka_resp_err_t error, const Record& record);
  void complete(Open& open);

  void build(Lane& lane);
  void build_when_due(Lane& lane);
  void found_broken(Lane& lane);
  void mend(Lane& lane);
  void give_up();
  void wait_for_work();
  std::chrono::milliseconds patience() const;

  const Settings settings_;
  const Host host_;
  Metrics metrics_;

  // Of the thread:
  std::list<Open> open_;
  Lane many_{0, nullptr, {}, {}, {}, 0, false, 0, {}, {}};
  Lane alone_{1, nullptr, {}, {}, {}, 0, false, 0, {}, {}};
  std::unordered_map<std::uint32_t, Binding> bindings_; // below the lanes: its handles go before their clients
  std::uint32_t salt_ = 0;
  std::uint64_t acked_ = 0; // not counted in the metric yet
  bool stopping_ = false;
  bool given_up_ = false;
  Clock::time_point deadline_{};

  std::mutex mutex_; // guards the two below, and that `wakes_` is alive while it is used
  std::vector<Command> commands_;
  rd_kafka_queue_t* wakes_ = nullptr; // the queue that the thread waits on
  std::condition_variable has_commands_;
  std::atomic<bool> in_stop_ = false;
  std::thread thread_;
};

} // namespace millrace::sink_kafka
