#include "engine/runtime/sampler.hpp"

#include <algorithm>

#include "engine/modules/text.hpp"

namespace millrace::runtime {
namespace {

using modules::copy;

std::uint64_t size_of(const mr_event& event) {
  std::uint64_t size = event.payload.size + sizeof(SampledEvent);
  for (const mr_pair& header : std::span(event.headers, event.header_count)) {
    size += header.key.size + header.value.size;
  }
  return size;
}

SampledEvent copy_of(const mr_event& event) {
  SampledEvent out{
      copy(event.origin->stream), event.origin->partition, event.position, copy(event.payload), {}, event.time_us};
  for (const mr_pair& header : std::span(event.headers, event.header_count)) {
    out.headers.emplace_back(copy(header.key), copy(header.value));
  }
  return out;
}

} // namespace

void SampleBell::ring() {
  {
    const std::lock_guard lock(mutex_);
    rang_ = true;
  }
  rings_.notify_one();
}

bool SampleBell::wait(std::chrono::nanoseconds patience) {
  std::unique_lock lock(mutex_);
  rings_.wait_for(lock, patience, [this] { return rang_; });
  return std::exchange(rang_, false);
}

void SampleReader::want(std::uint64_t events, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  events_ = events;
  bytes_ = bytes;
}

std::vector<SampledEvent> SampleReader::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(taken_, {});
}

std::uint64_t SampleReader::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void SampleReader::offer(std::span<const mr_event* const> events) {
  if (copy_some(events)) {
    bell_->ring();
  }
}

// Every so many-th of a call, so that one large batch does not use up what others would have shown.
bool SampleReader::copy_some(std::span<const mr_event* const> events) {
  const std::lock_guard lock(mutex_);
  const std::size_t before = taken_.size();
  seen_ += events.size();
  const std::size_t step = events_ == 0 ? 1 : std::max<std::size_t>(1, events.size() / events_);
  for (std::size_t i = 0; i < events.size() && events_ > 0; i += step) {
    const std::uint64_t size = size_of(*events[i]);
    if (size > bytes_) {
      events_ = 0;
      break;
    }
    bytes_ -= size;
    --events_;
    taken_.push_back(copy_of(*events[i]));
  }
  return taken_.size() > before;
}

std::shared_ptr<SampleReader> Sampler::open(std::shared_ptr<SampleBell> bell) {
  ++open_;
  std::shared_ptr<SampleReader> out(new SampleReader(std::move(bell)), [this](const SampleReader* reader) {
    --open_;
    delete reader;
  });
  const std::lock_guard lock(mutex_);
  std::erase_if(readers_, [](const auto& reader) { return reader.expired(); });
  readers_.push_back(out);
  return out;
}

void Sampler::offer_all(std::span<const mr_event* const> events) {
  const std::lock_guard lock(mutex_);
  for (const std::weak_ptr<SampleReader>& each : readers_) {
    if (const std::shared_ptr<SampleReader> reader = each.lock()) {
      reader->offer(events);
    }
  }
}

} // namespace millrace::runtime
