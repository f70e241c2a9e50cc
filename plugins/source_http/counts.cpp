#include "plugins/source_http/counts.hpp"

#include <string>

namespace millrace::source_http {

Counts::Counts(Host host)
    : host_(host),
      bytes_{host.counter("http_received_bytes_total", "Bytes of bodies, as they came over the wire.")},
      events_{host.counter("http_events_total", "Events handed to the engine.")},
      connections_{host.counter("http_connections_total", "Connections accepted.")},
      deadlines_{host.counter("http_deadlines_total", "Requests answered 503 at the deadline, their outcome unknown.")},
      late_acks_{
          host.counter("late_ack_total", "Events that were safe after their sender was told that this is unknown.")},
      gone_{host.counter("http_senders_gone_total", "Requests whose sender closed before the answer.")},
      open_(host.gauge("http_connections", "Connections open now.")),
      held_(host.gauge("http_held_bytes", "Memory held now by requests without an answer.")) {}

void Counts::Counter::tell(std::uint64_t now) {
  if (now != told) {
    metric.add(static_cast<double>(now - told));
    told = now;
  }
}

void Counts::tell() {
  bytes_.tell(bytes);
  events_.tell(events);
  connections_.tell(connections);
  deadlines_.tell(deadlines);
  late_acks_.tell(late_acks);
  gone_.tell(gone);
  open_.set(static_cast<double>(open));
  held_.set(static_cast<double>(held));
  for (unsigned status = 0; status < kStatuses; ++status) {
    if (statuses_[status] == 0) {
      continue;
    }
    const auto [found, added] = by_status_.try_emplace(status);
    if (added) {
      const std::string text = std::to_string(status);
      found->second.metric = host_.counter("http_requests_total", "Requests answered, by status.", {{"status", text}});
    }
    found->second.metric.add(statuses_[status]);
    statuses_[status] = 0;
  }
  for (auto& [error, counter] : refusals_) {
    if (counter.told == 0) {
      counter.metric =
          host_.counter("http_refused_total", "Requests refused as a whole, by cause.", {{"cause", error}});
    }
    counter.tell(counter.count);
  }
}

} // namespace millrace::source_http
