#include "plugins/sink_postgres/partitions.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace millrace::sink_postgres {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::sys_time;
using std::chrono::year_month_day;
using std::chrono::years;

struct UnitRow {
  PartitionUnit unit;
  std::string_view name;
  std::size_t suffix; // bytes of "_2024_06_10_08" that its names have
  int ahead;          // how many are made ahead of the present one: a day of them at least
};
constexpr std::array<UnitRow, 5> kUnits = {{
    {PartitionUnit::hour, "hour", 14, 48},
    {PartitionUnit::day, "day", 11, 7},
    {PartitionUnit::week, "week", 11, 4},
    {PartitionUnit::month, "month", 8, 3},
    {PartitionUnit::year, "year", 5, 1},
}};

constexpr std::int64_t kFirst = -62'135'596'800'000'000; // year 1
constexpr std::int64_t kEnd = 253'402'300'800'000'000;   // year 10000

const UnitRow& row_of(PartitionUnit unit) {
  return *std::find_if(kUnits.begin(), kUnits.end(), [&](const UnitRow& row) { return row.unit == unit; });
}

std::int64_t micros(sys_days day) { return std::chrono::duration_cast<microseconds>(day.time_since_epoch()).count(); }

TimeRange range_of(PartitionUnit unit, std::int64_t at) {
  const sys_time<microseconds> moment{microseconds{at}};
  const sys_days day = floor<days>(moment);
  const year_month_day date{day};
  const sys_days month = date.year() / date.month() / 1;
  const sys_days year = date.year() / 1 / 1;
  switch (unit) {
    case PartitionUnit::hour: {
      const auto hour = floor<hours>(moment);
      const auto begin = std::chrono::duration_cast<microseconds>(hour.time_since_epoch()).count();
      return {begin, begin + microseconds(hours(1)).count()};
    }
    case PartitionUnit::day:
      return {micros(day), micros(day + days(1))};
    case PartitionUnit::week: {
      const sys_days monday = day - (std::chrono::weekday{day} - std::chrono::Monday);
      return {micros(monday), micros(monday + days(7))};
    }
    case PartitionUnit::month:
      return {micros(month), micros(sys_days{year_month_day{month} + months(1)})};
    case PartitionUnit::year:
      return {micros(year), micros(sys_days{year_month_day{year} + years(1)})};
  }
  return {};
}

std::string date_text(std::int64_t at, const char* format) {
  const sys_time<microseconds> moment{microseconds{at}};
  const sys_days day = floor<days>(moment);
  const year_month_day date{day};
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), format, static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<unsigned>(floor<hours>(moment - day).count()));
  return text.data();
}

} // namespace

std::optional<PartitionUnit> parse_partition_unit(std::string_view text) {
  for (const UnitRow& row : kUnits) {
    if (row.name == text) {
      return row.unit;
    }
  }
  return std::nullopt;
}

std::string_view to_string(PartitionUnit unit) { return row_of(unit).name; }

std::size_t suffix_size(PartitionUnit unit) { return row_of(unit).suffix; }

std::optional<TimeRange> partition_of(PartitionUnit unit, std::int64_t at) {
  return at >= kFirst && at < kEnd ? std::optional(range_of(unit, at)) : std::nullopt;
}

std::vector<TimeRange> partitions_from(PartitionUnit unit, std::int64_t at) {
  std::vector<TimeRange> out;
  for (auto range = partition_of(unit, at); range && out.size() <= static_cast<std::size_t>(row_of(unit).ahead);
       range = partition_of(unit, range->end)) {
    out.push_back(*range);
  }
  return out;
}

std::string partition_name(std::string_view table, PartitionUnit unit, const TimeRange& range) {
  return std::string(table) + date_text(range.begin, "_%04d_%02u_%02u_%02u").substr(0, suffix_size(unit));
}

std::string bounds_sql(const Partitioning& partitioning, const TimeRange& range) {
  const char* const format = partitioning.of_dates ? "%04d-%02u-%02u" : "%04d-%02u-%02u %02u:00:00+00";
  return "from ('" + date_text(range.begin, format) + "') to ('" + date_text(range.end, format) + "')";
}

KnownPartitions::KnownPartitions(std::vector<TimeRange> ranges) : ranges_(std::move(ranges)) {
  std::sort(ranges_.begin(), ranges_.end(), [](const TimeRange& a, const TimeRange& b) { return a.begin < b.begin; });
}

// A default partition takes everything and stands first, so what lies before the found one is asked too.
const TimeRange* KnownPartitions::find(std::int64_t at) const {
  auto next = std::upper_bound(ranges_.begin(), ranges_.end(), at,
                               [](std::int64_t t, const TimeRange& r) { return t < r.begin; });
  if (next != ranges_.begin() && std::prev(next)->holds(at)) {
    return &*std::prev(next);
  }
  return !ranges_.empty() && ranges_.front().holds(at) ? &ranges_.front() : nullptr;
}

void NeededPartitions::look(std::int64_t at) {
  if (const TimeRange* const known = known_.find(at)) {
    last_ = *known;
    return;
  }
  const auto range = partition_of(unit_, at);
  if (!range) {
    return; // the server refuses the row
  }
  last_ = *range;
  if (std::find(missing_.begin(), missing_.end(), *range) == missing_.end()) {
    missing_.push_back(*range);
  }
}

std::vector<TimeRange> NeededPartitions::missing() const {
  std::vector<TimeRange> out = missing_;
  std::sort(out.begin(), out.end(), [](const TimeRange& a, const TimeRange& b) { return a.begin < b.begin; });
  return out;
}

std::optional<TimeRange> NeededPartitions::ahead() const {
  const auto newest = partition_of(unit_, newest_);
  const auto next = newest ? partition_of(unit_, newest->end) : std::nullopt;
  return next && known_.find(next->begin) == nullptr ? next : std::nullopt;
}

} // namespace millrace::sink_postgres
