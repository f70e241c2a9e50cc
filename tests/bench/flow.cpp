// What one worker costs by itself: a source that hands in batches from memory, a router that emits one message an
// event, a sink that completes at once. Nothing is parsed, sent or stored.
#include <chrono>
#include <cstdio>
#include <memory>
#include <vector>

#include "engine/flow/worker.hpp"
#include "tests/flow/fake_plugin.hpp"

namespace millrace::flow {
namespace {

class EndlessSource final : public fake::Source {
 public:
  explicit EndlessSource(std::size_t size) : events_(size) {
    covers_.partition = -1;
    for (mr_event& event : events_) {
      event.origin = &covers_;
      event.payload = fake::str("{\"id\":1234567,\"kind\":\"click\",\"at\":\"2015-09-12T00:47:00Z\",\"value\":17.25}");
    }
  }
  mr_status poll(const mr_budget&, mr_batch& out, mr_error*) override {
    if (polled_ >= limit) {
      return MR_OK;
    }
    ++polled_;
    out = {++last_, &covers_, events_.data(), events_.size()};
    return MR_OK;
  }
  void settle(std::uint64_t, const mr_verdict*, std::size_t count) override { settled += count; }

  std::uint64_t limit = 0;
  std::uint64_t settled = 0;

 private:
  mr_range covers_{};
  std::vector<mr_event> events_;
  std::uint64_t polled_ = 0;
  std::uint64_t last_ = 0;
};

class OneMessage final : public fake::Router {
 public:
  mr_status route(const mr_event* const* events, std::size_t count, const mr_emit& emit, mr_error*) override {
    messages_.assign(count, mr_message{});
    for (std::size_t i = 0; i < count; ++i) {
      messages_[i].event = events[i];
      messages_[i].target = 1;
    }
    return emit.messages(emit.context, messages_.data(), count);
  }

 private:
  std::vector<mr_message> messages_;
};

class Nothing final : public fake::Sink {
 public:
  mr_status write(const mr_delivery& delivery, mr_error*) override {
    port->complete(delivery.id, MR_RECORD_OK, nullptr, 0, nullptr);
    return MR_OK;
  }
  std::shared_ptr<Port> port;
};

double run(std::size_t batch_size, std::uint64_t batches) {
  const auto inbox = std::make_shared<Inbox>([] {});
  EndlessSource source(batch_size);
  OneMessage router;
  Nothing sink;
  const mr_target target{fake::str("null"), fake::str("all"), MR_MESSAGES, 0, nullptr, 0, nullptr};
  const auto instance = [&](const mr_plugin* plugin, void* self, const char* name) {
    Instance out;
    out.plugin = plugin;
    out.self = self;
    out.name = name;
    out.port = inbox->open_port();
    return out;
  };
  WorkerParts parts;
  parts.source = instance(fake::source_plugin(false), static_cast<fake::Source*>(&source), "source.memory");
  parts.router = instance(fake::router_plugin(), static_cast<fake::Router*>(&router), "router.one");
  parts.router.port->named(1, target);
  parts.sinks.push_back(
      {"null", instance(fake::sink_plugin(false, false), static_cast<fake::Sink*>(&sink), "sink.null"), {}});
  sink.port = parts.sinks[0].instance.port;
  const auto wake = parts.source.port;
  Watcher watcher;
  Worker worker(inbox, std::move(parts), {}, watcher);
  source.limit = batches;
  wake->wake(0);
  const auto begin = std::chrono::steady_clock::now();
  std::int64_t now = 1;
  while (source.settled < batches * batch_size) {
    worker.step(now++);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  worker.drain(now);
  while (worker.state() != WorkerState::kStopped) {
    worker.step(now++);
  }
  return static_cast<double>(batches * batch_size) / took.count();
}

} // namespace
} // namespace millrace::flow

int main() {
  using millrace::flow::run;
  run(1000, 500); // warm
  std::printf("bench flow_large value=%.0f unit=events/s\n", run(2000, 3'000));
  std::printf("bench flow_single value=%.0f unit=batches/s\n", run(1, 2'000'000));
}
