// What runs, at one moment: the numbers of every pipeline and why something is not ready, as JSON for programs and as a
// table for people. Values only; whoever counts is elsewhere.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/flow/counters.hpp"
#include "engine/flow/worker.hpp"
#include "engine/host/json.hpp"
#include "engine/runtime/neighbours.hpp"

namespace millrace::runtime {

// By MR_FILTERED … MR_FAILED, as logs and metrics call them; [0] stays empty.
inline constexpr std::array<std::string_view, 7> kVerdicts{"",         "filtered",  "delivered", "dead_lettered",
                                                           "rejected", "abandoned", "failed"};

std::string_view word_of(flow::WorkerState state);

// The last thing that went wrong, also when it is well again.
struct Trouble {
  std::int64_t time_us = 0;
  std::string text;
};

// Since the start, over the workers that were replaced too.
struct Totals {
  std::uint64_t events = 0;
  std::array<std::uint64_t, kVerdicts.size()> verdicts{};
  std::uint64_t retries = 0; // deliveries that were offered again

  Totals& operator+=(const Totals& other);
};

Totals totals_of(const flow::WorkerCounters& counters);

// Events per second over the last ten seconds or so, of a count that is noted now and then.
class Pace {
 public:
  void note(std::int64_t now_ns, std::uint64_t total);
  // Nothing before the second note.
  std::optional<double> per_second() const;

 private:
  std::deque<std::pair<std::int64_t, std::uint64_t>> notes_; // the oldest first
};

struct WorkerStatus {
  std::string name; // "ingest/0"
  std::string state;
  Totals totals; // of the one that runs now, as the metrics have it
  std::uint64_t in_flight = 0;
  std::uint64_t bytes_in_flight = 0;
  std::uint64_t bytes_limit = 0;
  std::uint64_t partitions = 0;
  std::vector<std::string> not_ready;
};

struct PipelineStatus {
  std::string name;
  std::string ruleset; // its hash
  std::vector<WorkerStatus> workers;
  std::size_t running = 0; // workers
  Totals totals;
  std::uint64_t in_flight = 0;
  std::uint64_t bytes_in_flight = 0;
  std::uint64_t bytes_limit = 0;
  std::optional<double> events_per_second;
  std::optional<std::uint64_t> lag; // records that are still to be read, where the source knows
  std::uint64_t stopped = 0;        // partitions that stand still until somebody does something
  std::optional<Trouble> last_trouble;
};

struct Status {
  std::vector<PipelineStatus> pipelines;
  std::vector<std::string> not_ready; // empty: ready
  std::string engine;                 // its name among those
  std::vector<Neighbour> engines;     // that share a pipeline with it, and itself there; empty: it is alone

  const PipelineStatus* find(std::string_view name) const; // null: there is none
};

std::string json_of(const Status& status);
// One engine, as an object.
void write(host::JsonWriter& json, const Neighbour& one);
// What json_of wrote, without the parts of single workers but their number; nothing for what it did not write.
std::optional<Status> status_of(std::string_view json);

// A line for each pipeline, with a headline, of what was counted since the start.
std::string table_of(const Status& status);
// The same with what was counted between the two, per second.
std::string table_of(const Status& before, const Status& now, double seconds);
// "p: 2 partitions are not read any more …" and "p: last trouble 2026-11-23 13:14:15: sink.events: …", for the
// pipelines that have some.
std::vector<std::string> troubles_of(const Status& status);
// A line for each engine: pipeline, name, ruleset, whether it is there, and where it answers.
std::string table_of(const std::vector<Neighbour>& engines, std::string_view self);
// The same with a headline.
std::string titled_table_of(const std::vector<Neighbour>& engines, std::string_view self);

// What a part of the text is, so that a terminal can show it.
enum class Part { headline, trouble, warning, not_ready, ready };
using Paint = std::function<std::string(Part, std::string_view)>;

// One of the tables, the troubles, the engines that share a pipeline and a warning where their rulesets differ, and
// whether it is ready and why not.
std::string text_of(const Status& status, const std::string& table, const Paint& paint);
// The same with what was counted since the start, and nothing painted.
std::string text_of(const Status& status);

} // namespace millrace::runtime
