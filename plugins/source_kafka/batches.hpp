// Batches on their way through the engine: the events, and librdkafka's messages that their keys and payloads lie in,
// which are kept until settle. Headers alone are copied.
#pragma once

#include "plugins/kafka_client/handles.hpp"

#include <millrace/plugin.h>

#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace millrace::source_kafka {

class Batch {
 public:
  // Makes it empty again, for [first, ...) of one partition. `stream` must outlive the batch.
  void begin(std::string_view stream, std::int32_t partition, std::uint64_t first);
  void add(kafka_client::Message message);
  // Ends it at `next`; `mark` is of the record before it.
  void end(std::uint64_t next, std::uint64_t mark, std::int64_t now_ns);
  // Gives the messages back to librdkafka.
  void free();

  std::size_t size() const noexcept { return events_.size(); }
  std::uint64_t bytes() const noexcept { return bytes_; }
  const mr_range& covers() const noexcept { return covers_; }
  // Of its first and last record; 0: it has none, or they have no time.
  std::int64_t first_time_us() const noexcept { return events_.empty() ? 0 : events_.front().time_us; }
  std::int64_t last_time_us() const noexcept { return events_.empty() ? 0 : events_.back().time_us; }
  std::int64_t since_ns() const noexcept { return since_ns_; }
  // The mark of its last record; 0 when it has none.
  std::uint64_t last_mark() const;
  mr_batch as_batch(std::uint64_t id) const noexcept { return {id, &covers_, events_.data(), events_.size()}; }

  // What an event counts for besides its bytes.
  static constexpr std::uint64_t kEach = sizeof(mr_event) + sizeof(mr_verdict);

 private:
  void add_headers(rd_kafka_message_t& message, mr_event& event);
  std::span<const mr_pair> keep_headers(const rd_kafka_headers_t& headers, std::size_t count);

  mr_range covers_{};
  std::vector<mr_event> events_;
  std::pmr::monotonic_buffer_resource header_memory_;
  std::span<const mr_pair> last_headers_; // kept last; events of which they are the headers too share them
  std::vector<kafka_client::Message> kept_;
  std::uint64_t bytes_ = 0;
  std::int64_t since_ns_ = 0;
};

// The batches that are under way, and spare ones.
class Batches {
 public:
  std::unique_ptr<Batch> take();
  const Batch& keep(std::uint64_t id, std::unique_ptr<Batch> batch);
  void settle(std::uint64_t id);
  void give_back(std::unique_ptr<Batch> batch);
  const Batch* find(std::uint64_t id) const;
  std::optional<std::int64_t> oldest_since_ns() const;
  // Of the oldest record of a partition that is under way; 0: there is none, or it has no time.
  std::int64_t oldest_time_us(std::string_view stream, std::int32_t partition) const;
  void clear() { open_.clear(); }

 private:
  std::map<std::uint64_t, std::unique_ptr<Batch>> open_; // oldest first
  std::vector<std::unique_ptr<Batch>> spare_;
};

} // namespace millrace::source_kafka
