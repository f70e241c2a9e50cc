// What a pipeline tells of itself: metrics, status, and whether its loops turn. See pipeline.hpp.
#include <fmt/format.h>
#include <millrace/ext/metrics.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/host/short_hash.hpp"
#include "engine/runtime/pipeline.hpp"

namespace millrace::runtime {
namespace {

// A gauge of a source, by partition: records that are still to be read (docs/plugins/writing.md).
constexpr std::string_view kLagEnding = "_lag_records";
// The same for partitions that are not read any more until somebody does something.
constexpr std::string_view kStoppedEnding = "_partitions_stopped";

} // namespace

std::uint64_t Pipeline::failed_events() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = gone_.verdicts[MR_FAILED];
  for (const std::vector<Slot>* const slots : {&slots_, &others_}) {
    for (const Slot& slot : *slots) {
      sum += slot->totals().verdicts[MR_FAILED];
    }
  }
  return sum;
}

void Pipeline::collect(host::MetricsPage& page) const {
  if (const std::string hash = active().hash; !hash.empty()) {
    page.sample(MR_GAUGE, "ruleset_info", "Always 1; the label is the ruleset that is active.",
                {{"pipeline", name()}, {"ruleset", host::short_hash(hash)}}, 1);
  }
  for (const Slot& slot : slots()) {
    const std::shared_ptr<const WorkerThread> thread = slot->running();
    if (thread == nullptr) {
      continue;
    }
    const Generation generation = slot->generation();
    const config::Pipeline& configured = *generation.configured;
    const flow::WorkerCounters& all = thread->worker().counters();
    const host::Labels labels{{"pipeline", name()}, {"worker", slot->name()}};
    const auto with = [&](std::string key, std::string value) {
      host::Labels out = labels;
      out.emplace_back(std::move(key), std::move(value));
      return out;
    };
    const auto counter = [&](const char* metric, const char* help, const host::Labels& at, const flow::Count& count) {
      page.sample(MR_COUNTER, metric, help, at, static_cast<double>(count.get()));
    };
    const auto gauge = [&](const char* metric, const char* help, const host::Labels& at, const flow::Count& count) {
      page.sample(MR_GAUGE, metric, help, at, static_cast<double>(count.get()));
    };
    counter("events_total", "Events that sources handed in.", labels, all.events_in);
    counter("event_bytes_total", "Bytes of events that sources handed in.", labels, all.bytes_in);
    counter("batches_total", "Batches that sources handed in.", labels, all.batches_in);
    for (std::size_t verdict = MR_FILTERED; verdict <= MR_FAILED; ++verdict) {
      counter("verdicts_total", "Events that were settled, by verdict.",
              with("verdict", std::string(kVerdicts[verdict])), all.verdicts[verdict]);
    }
    counter("route_retries_total", "Calls of route that were made again.", labels, all.route_retries);
    counter("router_swaps_total", "Rulesets taken over.", labels, all.router_swaps);
    counter("moved_total", "Times that every claim was void.", labels, all.moved);
    gauge("events_in_flight", "Events from poll to settle.", labels, all.events_in_flight);
    gauge("bytes_in_flight", "Bytes from poll to settle.", labels, all.bytes_in_flight);
    gauge("bytes_in_flight_limit", "Ceiling of bytes_in_flight.", labels, all.max_bytes);
    gauge("claimed_partitions", "Partitions that are claimed.", labels, all.partitions);
    counter("contract_violations_total", "Times that a plugin broke the contract.",
            with("instance", configured.source.label()), all.source_violations);
    counter("contract_violations_total", "Times that a plugin broke the contract.",
            with("instance", configured.router.label()), all.router_violations);
    for (std::size_t i = 0; i < configured.sinks.size() && i < all.sinks.size(); ++i) {
      const flow::SinkCounters& sink = all.sinks[i];
      const host::Labels at = with("instance", configured.sinks[i].label());
      counter("deliveries_total", "Deliveries offered, every attempt.", at, sink.deliveries);
      counter("delivery_retries_total", "Deliveries offered again.", at, sink.retries);
      counter("records_total", "Records that became durable, as dead letters too.", at, sink.records);
      counter("rejected_records_total", "Records that the sink refused for good.", at, sink.rejected);
      counter("contract_violations_total", "Times that a plugin broke the contract.", at, sink.violations);
      gauge("deliveries_open", "Deliveries that the sink has now.", at, sink.open);
      gauge("deliveries_waiting", "Deliveries that wait to be tried again.", at, sink.waiting);
      gauge("targets_held", "Targets that the sink does not accept yet.", at, sink.held);
    }
  }
}

void Pipeline::note_pace() {
  Totals all;
  for (const Slot& slot : all_slots()) {
    all += slot->totals();
  }
  const std::lock_guard lock(mutex_);
  all += gone_;
  pace_.note(services_.clock.now_ns(), all.events);
}

// Asks each of them, also behind one that does not.
bool Pipeline::turns() const {
  bool all = true;
  for (const Slot& slot : slots()) {
    if (const std::shared_ptr<WorkerThread> thread = slot->running()) {
      all = thread->turns() && all;
    }
  }
  return all;
}

PipelineStatus Pipeline::status() const {
  PipelineStatus out;
  out.name = name();
  out.ruleset = ruleset().hash;
  for (const Slot& slot : slots()) {
    WorkerStatus& worker = out.workers.emplace_back();
    worker.name = slot->name();
    worker.state = word_of(slot->state());
    worker.not_ready = slot->reasons();
    out.running += worker.not_ready.empty() ? 1 : 0;
    out.totals += slot->totals();
    if (const std::shared_ptr<const WorkerThread> thread = slot->running()) {
      const flow::WorkerCounters& all = thread->worker().counters();
      worker.totals = totals_of(all);
      worker.in_flight = all.events_in_flight.get();
      worker.bytes_in_flight = all.bytes_in_flight.get();
      worker.partitions = all.partitions.get();
      out.in_flight += worker.in_flight;
      out.bytes_in_flight += worker.bytes_in_flight;
    }
    out.bytes_limit += memory_bytes_.load();
    if (const auto trouble = slot->last_trouble();
        trouble && (!out.last_trouble || out.last_trouble->time_us < trouble->time_us)) {
      out.last_trouble = Trouble{trouble->time_us, fmt::format("{}: {}", slot->name(), trouble->text)};
    }
  }
  const std::pair<std::string, std::string> mine{"pipeline", name()};
  if (const auto lag = services_.metrics.sum(kLagEnding, mine)) {
    out.lag = static_cast<std::uint64_t>(std::max(0.0, *lag));
  }
  out.stopped = static_cast<std::uint64_t>(std::max(0.0, services_.metrics.sum(kStoppedEnding, mine).value_or(0)));
  const std::lock_guard lock(mutex_);
  for (const Slot& slot : others_) {
    out.totals += slot->totals();
  }
  out.totals += gone_;
  out.events_per_second = pace_.per_second();
  return out;
}

} // namespace millrace::runtime
