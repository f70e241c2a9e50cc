#include "plugins/source_kafka/batches.hpp"

#include "plugins/source_kafka/mark.hpp"

#include <millrace/text.hpp>

#include <algorithm>
#include <utility>

namespace millrace::source_kafka {
namespace {

mr_str text_of(const void* data, std::size_t size) { return {static_cast<const char*>(data), size}; }

} // namespace

void Batch::begin(std::string_view stream, std::int32_t partition, std::uint64_t first) {
  covers_ = {};
  covers_.stream = str(stream);
  covers_.partition = partition;
  covers_.first = first;
  covers_.next = first;
}

void Batch::add(kafka_client::Event event, const rd_kafka_message_t& message) {
  mr_event& out = events_.emplace_back();
  out.origin = &covers_;
  out.key = text_of(message.key, message.key_len);
  out.payload = text_of(message.payload, message.len);
  out.position = static_cast<std::uint64_t>(message.offset);
  out.time_us = std::max<std::int64_t>(rd_kafka_message_timestamp(&message, nullptr), 0) * 1000;
  add_headers(message, out);
  bytes_ += kEach + message.key_len + message.len;
  kept_.push_back(std::move(event));
}

// As an index first, since the vector may still move.
void Batch::add_headers(const rd_kafka_message_t& message, mr_event& event) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return;
  }
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    headers_.push_back({str(name), text_of(value, value == nullptr ? 0 : size)});
    bytes_ += headers_.back().key.size + headers_.back().value.size;
    ++event.header_count;
  }
}

void Batch::end(std::uint64_t next, std::uint64_t mark, std::int64_t now_ns) {
  covers_.next = next;
  covers_.mark = mark;
  since_ns_ = now_ns;
  const mr_pair* headers = headers_.data();
  for (mr_event& event : events_) {
    if (event.header_count != 0) {
      event.headers = headers;
      headers += event.header_count;
    }
  }
}

void Batch::free() {
  events_.clear();
  headers_.clear();
  kept_.clear();
  bytes_ = 0;
}

std::uint64_t Batch::last_mark() const {
  if (events_.empty()) {
    return 0;
  }
  const mr_event& last = events_.back();
  return mark_of(last.time_us / 1000, last.key.data, last.key.size, last.payload.data, last.payload.size);
}

std::unique_ptr<Batch> Batches::take() {
  if (spare_.empty()) {
    return std::make_unique<Batch>();
  }
  std::unique_ptr<Batch> batch = std::move(spare_.back());
  spare_.pop_back();
  return batch;
}

const Batch& Batches::keep(std::uint64_t id, std::unique_ptr<Batch> batch) { return *(open_[id] = std::move(batch)); }

void Batches::settle(std::uint64_t id) {
  if (const auto found = open_.find(id); found != open_.end()) {
    give_back(std::move(found->second));
    open_.erase(found);
  }
}

void Batches::give_back(std::unique_ptr<Batch> batch) {
  constexpr std::size_t kSpare = 8;
  batch->free();
  if (spare_.size() < kSpare) {
    spare_.push_back(std::move(batch));
  }
}

const Batch* Batches::find(std::uint64_t id) const {
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : found->second.get();
}

std::optional<std::int64_t> Batches::oldest_since_ns() const {
  return open_.empty() ? std::nullopt : std::optional(open_.begin()->second->since_ns());
}

} // namespace millrace::source_kafka
