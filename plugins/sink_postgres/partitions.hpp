// Partitions by time: which one a moment belongs to, what it is called, and which of those that are needed are missing.
// Times are UTC. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::sink_postgres {

enum class PartitionUnit : std::uint8_t { hour = 1, day = 2, week = 3, month = 4, year = 5 };

std::optional<PartitionUnit> parse_partition_unit(std::string_view text); // "month"
std::string_view to_string(PartitionUnit unit);

// How the rules want a table to be partitioned.
struct Partitioning {
  std::string column;
  PartitionUnit unit = PartitionUnit::month;
  bool of_dates = false; // the column is a date, else a timestamptz
};

// Microseconds since 1970; `end` is not in it.
struct TimeRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  bool holds(std::int64_t at) const noexcept { return at >= begin && at < end; }
  bool operator==(const TimeRange&) const = default;
};

// Empty outside of the years 1 to 9999: no partition is made for such a time.
std::optional<TimeRange> partition_of(PartitionUnit unit, std::int64_t at);

// That of `at` and those that are made ahead of it.
std::vector<TimeRange> partitions_from(PartitionUnit unit, std::int64_t at);

// "orders_2024_06"
std::string partition_name(std::string_view table, PartitionUnit unit, const TimeRange& range);
// What such a name has behind the table's.
std::size_t suffix_size(PartitionUnit unit);

// "from ('2024-06-01 00:00:00+00') to ('2024-07-01 00:00:00+00')"
std::string bounds_sql(const Partitioning& partitioning, const TimeRange& range);

// The partitions that a table has.
class KnownPartitions {
 public:
  KnownPartitions() = default;
  explicit KnownPartitions(std::vector<TimeRange> ranges);

  std::size_t size() const noexcept { return ranges_.size(); }
  const TimeRange* find(std::int64_t at) const;

 private:
  std::vector<TimeRange> ranges_; // by begin
};

// Told every row's time, says which partitions have to be made.
class NeededPartitions {
 public:
  NeededPartitions(PartitionUnit unit, const KnownPartitions& known) : unit_(unit), known_(known) {}

  void add(std::int64_t at) {
    newest_ = at > newest_ ? at : newest_;
    if (!last_.holds(at)) {
      look(at);
    }
  }
  // In order of time, each once.
  std::vector<TimeRange> missing() const;
  // The one behind the newest row's, where it is missing: made before it is needed.
  std::optional<TimeRange> ahead() const;

 private:
  void look(std::int64_t at);

  PartitionUnit unit_;
  const KnownPartitions& known_;
  TimeRange last_; // that the last row fell into
  std::int64_t newest_ = INT64_MIN;
  std::vector<TimeRange> missing_;
};

} // namespace millrace::sink_postgres
