#include "plugins/source_kafka/arrivals.hpp"

#include <utility>

namespace millrace::source_kafka {
namespace {

constexpr std::size_t kCacheLine = 64;

} // namespace

Arrivals& Arrivals::of(void* opaque) { return *static_cast<Opaque*>(static_cast<Host*>(opaque))->self; }

void Arrivals::listen(rd_kafka_conf_t* conf) {
  rd_kafka_conf_set_opaque(conf, static_cast<Host*>(&opaque_));
  rd_kafka_conf_set_rebalance_cb(
      conf, [](rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions, void* opaque) {
        kafka_client::Partitions copy(partitions == nullptr ? nullptr : rd_kafka_topic_partition_list_copy(partitions));
        of(opaque).notices_.push_back({Notice::Kind::rebalance, what, std::move(copy), {}});
      });
  rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int error, const char* text, void* opaque) {
    const std::string why = text == nullptr ? "" : text;
    of(opaque).notices_.push_back({Notice::Kind::error, static_cast<rd_kafka_resp_err_t>(error), nullptr, why});
  });
}

rd_kafka_message_t* Arrivals::front() {
  if (next_ < end_) {
    return ahead_[next_].get();
  }
  if (has_notice()) {
    return nullptr;
  }
  std::array<rd_kafka_message_t*, kAhead> found{};
  const ssize_t count = rd_kafka_consume_batch_queue(queue_, 0, found.data(), found.size());
  next_ = 0;
  end_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  for (std::size_t i = 0; i < end_; ++i) {
    // Headers lie behind the payload, which this thread has not seen yet: without this it waits there for the memory.
    if (const auto* payload = static_cast<const char*>(found[i]->payload); payload != nullptr) {
      __builtin_prefetch(payload + found[i]->len);
      __builtin_prefetch(payload + found[i]->len + kCacheLine);
    }
    ahead_[i].reset(found[i]);
  }
  return end_ > 0 ? ahead_.front().get() : nullptr;
}

std::optional<Notice> Arrivals::notice() {
  if (notices_.empty()) {
    return std::nullopt;
  }
  std::optional<Notice> out(std::move(notices_.front()));
  notices_.pop_front();
  return out;
}

void Arrivals::drop_records() {
  while (next_ < end_) {
    ahead_[next_++].reset();
  }
}

} // namespace millrace::source_kafka
