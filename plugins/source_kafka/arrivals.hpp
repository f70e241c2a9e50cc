// What comes from the group's queue: records and errors of partitions, taken a few at a time since each turn to the
// queue costs several looks at the clock; and what librdkafka calls about meanwhile, which is noted for afterwards.
#pragma once

#include "plugins/kafka_client/handles.hpp"

#include <millrace/host.hpp>

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace millrace::source_kafka {

// Partitions given or taken, or an error that is of no partition.
struct Notice {
  enum class Kind : std::uint8_t { rebalance = 1, error = 2 };
  Kind kind;
  rd_kafka_resp_err_t error;
  kafka_client::Partitions partitions; // of a rebalance; may be NULL
  std::string text;                    // of an error
};

class Arrivals {
 public:
  // A conf that `listen` has set up lets this object know; it must outlive the client.
  explicit Arrivals(const Host& host) : opaque_{host, this} {}
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;

  void listen(rd_kafka_conf_t* conf);
  // `queue` must stay until the last `front`.
  void read(rd_kafka_queue_t* queue) { queue_ = queue; }

  // The next record, or error of a partition; NULL: there is none now, or a notice comes first. Asks librdkafka only
  // when what it gave last is used up.
  rd_kafka_message_t* front();
  // Takes the front away.
  kafka_client::Message take() { return std::move(ahead_[next_++]); }
  std::optional<Notice> notice();
  bool has_notice() const noexcept { return !notices_.empty(); }
  // Gives back the records that were not taken, with the errors between them; an assignment fetches them again.
  // Notices stay.
  void drop_records();

 private:
  static constexpr std::size_t kAhead = 16;
  // What librdkafka hands to callbacks: the host first, which the log wants.
  struct Opaque : Host {
    Opaque(const Host& host, Arrivals* arrivals) : Host(host), self(arrivals) {}
    Arrivals* self;
  };
  static Arrivals& of(void* opaque);

  Opaque opaque_;
  rd_kafka_queue_t* queue_ = nullptr;
  std::array<kafka_client::Message, kAhead> ahead_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
  std::deque<Notice> notices_;
};

} // namespace millrace::source_kafka
