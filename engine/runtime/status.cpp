#include "engine/runtime/status.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <millrace/plugin.h>

#include <algorithm>
#include <ctime>

#include "engine/host/short_hash.hpp"

namespace millrace::runtime {
namespace {

constexpr std::int64_t kWindow_ns = 10'000'000'000;

using Row = std::vector<std::string>;

// "1,234,567"
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) {
    digits.insert(at - 3, 1, ',');
  }
  return digits;
}

// Small ones with a digit behind the point, since 0.4 is not nothing.
std::string rate(double per_second) {
  return per_second > 0 && per_second < 10 ? fmt::format("{:.1f}", per_second)
                                           : grouped(static_cast<std::uint64_t>(std::max(0.0, per_second) + 0.5));
}

std::string mebibytes(std::uint64_t bytes) {
  const double value = static_cast<double>(bytes) / (1u << 20);
  return value > 0 && value < 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

// "1.2/512 MiB"
std::string memory(const PipelineStatus& pipeline) {
  return fmt::format("{}/{} MiB", mebibytes(pipeline.bytes_in_flight), mebibytes(pipeline.bytes_limit));
}

std::string workers(const PipelineStatus& pipeline) {
  return fmt::format("{}/{}", pipeline.running, pipeline.workers.size());
}

std::string ruleset(const PipelineStatus& pipeline) {
  return pipeline.ruleset.empty() ? "-" : host::short_hash(pipeline.ruleset);
}

std::string lag(const PipelineStatus& pipeline) { return pipeline.lag ? grouped(*pipeline.lag) : "-"; }

constexpr std::size_t kNames = 3; // columns of a pipeline; the others are numbers
constexpr std::size_t kWords = 4; // columns of an engine

// The first columns are words and stand at the left, the others are numbers. The last line has its end too.
std::string aligned(const std::vector<Row>& rows, std::size_t words) {
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string out;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += i == 0 ? "" : "  ";
      const std::size_t width = i + 1 == row.size() && i < words ? 0 : widths[i]; // no blanks at the end
      out += i < words ? fmt::format("{:<{}}", row[i], width) : fmt::format("{:>{}}", row[i], width);
    }
    out += "\n";
  }
  return out;
}

std::uint64_t verdict(const PipelineStatus& pipeline, std::uint32_t which) { return pipeline.totals.verdicts[which]; }

std::string moment(std::int64_t time_us) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(time_us / 1'000'000)));
}

std::string state_of(const Neighbour& one, std::string_view self) {
  if (one.engine == self) {
    return "this one";
  }
  if (one.vanished) {
    return fmt::format("vanished, heard of {} s ago",
                       std::chrono::duration_cast<std::chrono::seconds>(one.silent).count());
  }
  return one.admin.empty() ? "there" : "there, at " + one.admin;
}

std::vector<Row> rows_of(const std::vector<Neighbour>& engines, std::string_view self) {
  std::vector<Row> out;
  for (const Neighbour& one : engines) {
    out.push_back({one.pipeline, one.engine, one.hash.empty() ? "-" : host::short_hash(one.hash), state_of(one, self)});
  }
  return out;
}

} // namespace

std::string_view word_of(flow::WorkerState state) {
  switch (state) {
    case flow::WorkerState::kStarting:
      return "starting";
    case flow::WorkerState::kRunning:
      return "running";
    case flow::WorkerState::kFinished:
      return "finished";
    case flow::WorkerState::kDraining:
      return "draining";
    case flow::WorkerState::kStopping:
      return "stopping";
    case flow::WorkerState::kStopped:
      return "stopped";
  }
  return "";
}

Totals& Totals::operator+=(const Totals& other) {
  events += other.events;
  retries += other.retries;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    verdicts[i] += other.verdicts[i];
  }
  return *this;
}

Totals totals_of(const flow::WorkerCounters& counters) {
  Totals out;
  out.events = counters.events_in.get();
  for (std::size_t i = 0; i < out.verdicts.size(); ++i) {
    out.verdicts[i] = counters.verdicts[i].get();
  }
  for (const flow::SinkCounters& sink : counters.sinks) {
    out.retries += sink.retries.get();
  }
  return out;
}

void Pace::note(std::int64_t now_ns, std::uint64_t total) {
  notes_.emplace_back(now_ns, total);
  while (notes_.size() > 2 && now_ns - notes_[1].first >= kWindow_ns) {
    notes_.pop_front();
  }
}

std::optional<double> Pace::per_second() const {
  if (notes_.size() < 2 || notes_.back().first == notes_.front().first) {
    return std::nullopt;
  }
  return static_cast<double>(notes_.back().second - notes_.front().second) * 1e9 /
         static_cast<double>(notes_.back().first - notes_.front().first);
}

const PipelineStatus* Status::find(std::string_view name) const {
  const auto found = std::ranges::find(pipelines, name, &PipelineStatus::name);
  return found == pipelines.end() ? nullptr : &*found;
}

std::string table_of(const Status& status) {
  std::vector<Row> rows{{"PIPELINE", "WORKERS", "RULESET", "EVENTS/S", "EVENTS", "DELIVERED", "DEAD-LETTERED", "FAILED",
                         "RETRIES", "IN FLIGHT", "BYTES", "LAG"}};
  for (const PipelineStatus& pipeline : status.pipelines) {
    rows.push_back({pipeline.name, workers(pipeline), ruleset(pipeline),
                    pipeline.events_per_second ? rate(*pipeline.events_per_second) : "-",
                    grouped(pipeline.totals.events), grouped(verdict(pipeline, MR_DELIVERED)),
                    grouped(verdict(pipeline, MR_DEAD_LETTERED)), grouped(verdict(pipeline, MR_FAILED)),
                    grouped(pipeline.totals.retries), grouped(pipeline.in_flight), memory(pipeline), lag(pipeline)});
  }
  return aligned(rows, kNames);
}

std::string table_of(const Status& before, const Status& now, double seconds) {
  std::vector<Row> rows{{"PIPELINE", "WORKERS", "RULESET", "EVENTS/S", "DELIVERED/S", "DEAD-LETTERED/S", "RETRIES/S",
                         "FAILED", "IN FLIGHT", "BYTES", "LAG"}};
  for (const PipelineStatus& pipeline : now.pipelines) {
    const PipelineStatus* const old = before.find(pipeline.name);
    // An engine that was started anew counts from 0.
    const auto per_second = [&](std::uint64_t then, std::uint64_t since) {
      return rate(seconds <= 0 || since < then ? 0 : static_cast<double>(since - then) / seconds);
    };
    const Totals then = old == nullptr ? pipeline.totals : old->totals;
    rows.push_back({pipeline.name, workers(pipeline), ruleset(pipeline),
                    per_second(then.events, pipeline.totals.events),
                    per_second(then.verdicts[MR_DELIVERED], verdict(pipeline, MR_DELIVERED)),
                    per_second(then.verdicts[MR_DEAD_LETTERED], verdict(pipeline, MR_DEAD_LETTERED)),
                    per_second(then.retries, pipeline.totals.retries), grouped(verdict(pipeline, MR_FAILED)),
                    grouped(pipeline.in_flight), memory(pipeline), lag(pipeline)});
  }
  return aligned(rows, kNames);
}

std::vector<std::string> troubles_of(const Status& status) {
  std::vector<std::string> out;
  for (const PipelineStatus& pipeline : status.pipelines) {
    if (pipeline.stopped > 0) {
      out.push_back(fmt::format("{}: {} not read any more; the log says which and why", pipeline.name,
                                pipeline.stopped == 1 ? std::string("one partition is")
                                                      : fmt::format("{} partitions are", pipeline.stopped)));
    }
    if (const std::optional<Trouble>& trouble = pipeline.last_trouble) {
      out.push_back(fmt::format("{}: last trouble {}: {}", pipeline.name, moment(trouble->time_us), trouble->text));
    }
  }
  return out;
}

std::string table_of(const std::vector<Neighbour>& engines, std::string_view self) {
  return aligned(rows_of(engines, self), kWords);
}

std::string titled_table_of(const std::vector<Neighbour>& engines, std::string_view self) {
  std::vector<Row> rows = rows_of(engines, self);
  rows.insert(rows.begin(), {"PIPELINE", "ENGINE", "RULESET", "STATE"});
  return aligned(rows, kWords);
}

std::string text_of(const Status& status, const std::string& table, const Paint& paint) {
  const auto titled = [&paint](const std::string& text) {
    const std::size_t headline = text.find('\n');
    return paint(Part::headline, text.substr(0, headline)) + text.substr(headline);
  };
  std::string out = titled(table);
  for (const std::string& trouble : troubles_of(status)) {
    out += paint(Part::trouble, trouble) + "\n";
  }
  if (!status.engines.empty()) {
    out += "\n" + titled(titled_table_of(status.engines, status.engine));
  }
  for (const std::string& mix : mixes(status.engines)) {
    out += paint(Part::warning, "warning") + ": " + mix + "\n";
  }
  for (const std::string& reason : status.not_ready) {
    out += paint(Part::not_ready, "not ready") + ": " + reason + "\n";
  }
  return out + (status.not_ready.empty() ? paint(Part::ready, "ready") + "\n" : "");
}

std::string text_of(const Status& status) {
  return text_of(status, table_of(status), [](Part, std::string_view text) { return std::string(text); });
}

} // namespace millrace::runtime
