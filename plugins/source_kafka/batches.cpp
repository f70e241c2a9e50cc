#include "plugins/source_kafka/batches.hpp"

#include "plugins/source_kafka/mark.hpp"

#include <millrace/text.hpp>

#include <algorithm>
#include <utility>

namespace millrace::source_kafka {
namespace {

mr_str text_of(const void* data, std::size_t size) { return {static_cast<const char*>(data), size}; }

mr_pair header_at(const rd_kafka_headers_t& headers, std::size_t index) {
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  rd_kafka_header_get_all(&headers, index, &name, &value, &size);
  return {str(name), text_of(value, value == nullptr ? 0 : size)};
}

bool is_same(mr_str left, mr_str right) {
  return (left.data == nullptr) == (right.data == nullptr) && view(left) == view(right);
}

bool are_headers(const rd_kafka_headers_t& headers, std::size_t count, std::span<const mr_pair> known) {
  if (known.size() != count) {
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const mr_pair header = header_at(headers, i);
    if (!is_same(header.key, known[i].key) || !is_same(header.value, known[i].value)) {
      return false;
    }
  }
  return true;
}

} // namespace

void Batch::begin(std::string_view stream, std::int32_t partition, std::uint64_t first) {
  covers_ = {};
  covers_.stream = str(stream);
  covers_.partition = partition;
  covers_.first = first;
  covers_.next = first;
}

void Batch::add(kafka_client::Message taken) {
  rd_kafka_message_t& message = *taken;
  mr_event& out = events_.emplace_back();
  out.origin = &covers_;
  out.key = text_of(message.key, message.key_len);
  out.payload = text_of(message.payload, message.len);
  out.position = static_cast<std::uint64_t>(message.offset);
  out.time_us = std::max<std::int64_t>(rd_kafka_message_timestamp(&message, nullptr), 0) * 1000;
  add_headers(message, out);
  bytes_ += kEach + message.key_len + message.len;
  kept_.push_back(std::move(taken));
}

// librdkafka keeps each header in a piece of memory of its own. They are copied and given back at once, while that
// memory is warm: until settle it would have gone cold, and freeing it costs more than the copy.
void Batch::add_headers(rd_kafka_message_t& message, mr_event& event) {
  rd_kafka_headers_t* found = nullptr;
  if (rd_kafka_message_detach_headers(&message, &found) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return;
  }
  const kafka_client::Headers headers(found);
  const std::size_t count = rd_kafka_header_cnt(found);
  if (count == 0) {
    return;
  }
  if (!are_headers(*found, count, last_headers_)) {
    last_headers_ = keep_headers(*found, count);
  }
  event.headers = last_headers_.data();
  event.header_count = static_cast<std::uint32_t>(count);
  for (const mr_pair& header : last_headers_) {
    bytes_ += header.key.size + header.value.size;
  }
}

std::span<const mr_pair> Batch::keep_headers(const rd_kafka_headers_t& headers, std::size_t count) {
  const auto keep = [this](mr_str text) -> mr_str {
    if (text.data == nullptr) {
      return text;
    }
    auto* data = static_cast<char*>(header_memory_.allocate(std::max<std::size_t>(text.size, 1), 1));
    std::copy_n(text.data, text.size, data);
    return {data, text.size};
  };
  const std::span out(static_cast<mr_pair*>(header_memory_.allocate(count * sizeof(mr_pair), alignof(mr_pair))), count);
  for (std::size_t i = 0; i < count; ++i) {
    const mr_pair header = header_at(headers, i);
    out[i] = {keep(header.key), keep(header.value)};
  }
  return out;
}

void Batch::end(std::uint64_t next, std::uint64_t mark, std::int64_t now_ns) {
  covers_.next = next;
  covers_.mark = mark;
  since_ns_ = now_ns;
}

void Batch::free() {
  events_.clear();
  last_headers_ = {};
  header_memory_.release();
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

std::int64_t Batches::oldest_time_us(std::string_view stream, std::int32_t partition) const {
  for (const auto& [id, batch] : open_) {
    const mr_range& covers = batch->covers();
    if (covers.partition == partition && batch->size() > 0 && view(covers.stream) == stream) {
      return batch->first_time_us();
    }
  }
  return 0;
}

} // namespace millrace::source_kafka
