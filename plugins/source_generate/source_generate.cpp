// Hands in the events of the model case, as a log: partition = number of the worker, position = number of the event.
// The same seed gives the same events, so that a restart goes on exactly where the stored position says.
#include <algorithm>
#include <map>
#include <memory>
#include <millrace/source.hpp>
#include <string>
#include <vector>

#include "plugins/source_generate/model.hpp"

namespace millrace::source_generate {
namespace {

constexpr mr_field kFields[] = {
    {"seed", MR_INT, 0, "1", "0..", "The same seed gives the same events.", nullptr, 0},
    {"events", MR_INT, 0, "0", "0..", "How many each worker hands in before it ends; 0: no end.", nullptr, 0},
    {"rate", MR_INT, 0, "0", "0..10000000", "Events a second of each worker; 0: as fast as they are taken.", nullptr,
     0},
    {"devices", MR_INT, 0, "5000000", "1..", "How many devices there are.", nullptr, 0},
    {"late", MR_FLOAT, 0, "0.02", "0..1", "Share of events that happened up to three days before they came.", nullptr,
     0},
    {"duplicates", MR_FLOAT, 0, "0.01", "0..1", "Share of events that are an earlier one once more, byte for byte.",
     nullptr, 0},
    {"stream", MR_STRING, 0, "generate", nullptr, "What the events come from, as tables say it: `from topic \"…\"`.",
     nullptr, 0},
    {"batch", MR_INT, 0, "1000", "1..100000", "Events in a batch at most.", nullptr, 0},
};

struct Block {
  mr_range covers{};
  std::string bytes;
  std::vector<mr_event> events;
};

class GenerateSource {
 public:
  static constexpr auto& fields = kFields;
  static constexpr std::uint32_t flags = MR_REPLAYS;

  GenerateSource(Host host, const Config& config)
      : host_(host),
        stream_(config.text("stream")),
        count_(static_cast<std::uint64_t>(config.integer("events"))),
        rate_(config.integer("rate")),
        batch_(static_cast<std::uint64_t>(config.integer("batch"))) {
    const std::string worker(host.worker());
    partition_ = std::stoi(worker.substr(worker.rfind('/') + 1));
    model_.seed = static_cast<std::uint64_t>(config.integer("seed")) * 1'000 + static_cast<std::uint64_t>(partition_);
    model_.devices = static_cast<std::uint64_t>(config.integer("devices"));
    model_.late = config.number("late");
    model_.duplicates = config.number("duplicates");
  }

  void start() {
    if (host_.claims() == nullptr) {
      begin(0);
    } else {
      host_.claims()->claim(host_.raw(), str(stream_), partition_, 0, 0);
    }
  }

  mr_status poll(const mr_budget& budget, mr_batch& out) {
    if (draining_ || broken_ || (running_ && count_ != 0 && next_ >= count_)) {
      return draining_ || !broken_ ? MR_END : MR_OK;
    }
    if (!running_) {
      return MR_OK; // start_at wakes
    }
    std::uint64_t wanted = std::min({budget.events, batch_, count_ == 0 ? batch_ : count_ - next_});
    if (rate_ > 0) {
      const std::uint64_t due = due_now();
      if (due == 0) {
        host_.wake_at(began_ns_ + static_cast<std::int64_t>(next_ - began_at_ + 1) * 1'000'000'000 / rate_);
        return MR_OK;
      }
      wanted = std::min(wanted, due);
    }
    hand_out(wanted, budget.bytes, out);
    host_.wake();
    return MR_OK;
  }

  void settle(std::uint64_t batch, std::span<const mr_verdict> verdicts) {
    for (const mr_verdict& verdict : verdicts) {
      if (verdict.outcome == MR_FAILED && !broken_) {
        broken_ = true;
        host_.error("the engine gave up on an event; no more are generated", {{"stream", stream_}});
      }
    }
    blocks_.erase(batch);
  }

  void start_at(std::string_view, std::int32_t, std::uint64_t position, std::uint64_t) { begin(position); }
  void moved(std::string_view, std::int32_t) {
    running_ = false;
    start();
  }
  void released(std::string_view, std::int32_t) {}
  void drain() {
    draining_ = true;
    host_.wake();
  }

 private:
  void begin(std::uint64_t position) {
    next_ = position;
    began_at_ = position;
    began_ns_ = host_.now_ns();
    running_ = true;
    host_.wake();
  }

  // How many events the rate allows by now.
  std::uint64_t due_now() const {
    const auto elapsed = static_cast<double>(host_.now_ns() - began_ns_) * 1e-9;
    const auto due = static_cast<std::uint64_t>(elapsed * static_cast<double>(rate_));
    return due > next_ - began_at_ ? due - (next_ - began_at_) : 0;
  }

  void hand_out(std::uint64_t wanted, std::uint64_t bytes, mr_batch& out) {
    auto block = std::make_unique<Block>();
    std::vector<std::size_t> ends;
    const std::uint64_t first = next_;
    while (ends.size() < wanted && (ends.empty() || block->bytes.size() < bytes)) {
      append_event(model_, next_++, block->bytes);
      ends.push_back(block->bytes.size());
    }
    if (ends.size() > 1 && ends.back() > bytes) { // the last one was too much
      ends.pop_back();
      --next_;
      block->bytes.resize(ends.back());
    }
    block->bytes.append(MR_PADDING, '\0');
    block->covers = {str(stream_), partition_, 0, first, next_, 0};
    std::size_t from = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      mr_event event{};
      event.origin = &block->covers;
      event.payload = {block->bytes.data() + from, ends[i] - from};
      event.flags = MR_PADDED;
      event.position = first + i;
      event.time_us = arrival_us(model_, first + i);
      block->events.push_back(event);
      from = ends[i];
    }
    out = {++last_id_, &block->covers, block->events.data(), block->events.size()};
    blocks_.emplace(last_id_, std::move(block));
  }

  Host host_;
  Model model_;
  std::string stream_;
  std::int32_t partition_ = 0;
  std::uint64_t count_;
  std::int64_t rate_;
  std::uint64_t batch_;
  std::map<std::uint64_t, std::unique_ptr<Block>> blocks_;
  std::uint64_t last_id_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t began_at_ = 0;
  std::int64_t began_ns_ = 0;
  bool running_ = false;
  bool broken_ = false;
  bool draining_ = false;
};

} // namespace
} // namespace millrace::source_generate

MILLRACE_MODULE(
    "source_generate", "1.0.0",
    millrace::source_plugin<millrace::source_generate::GenerateSource>(
        "generate",
        "Hands in the events of the model case: millions of devices, heavy-tailed, some late, some twice."));
