#include "dsl/evaluate/age.hpp"

#include <chrono>

#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {
namespace {

constexpr std::int64_t kMicrosPerHour = 3'600 * kMicrosPerSecond;

/// The same time of day `months` ago, or the last day of that month where it is shorter.
std::int64_t months_before(std::int64_t moment, int months) {
  using namespace std::chrono;
  const sys_time<microseconds> at{microseconds{moment}};
  const sys_days day = floor<days>(at);
  year_month_day date = year_month_day{day} - std::chrono::months{months};
  if (!date.ok()) {
    date = date.year() / date.month() / last;
  }
  return moment - duration_cast<microseconds>(day - sys_days{date}).count();
}

std::int64_t before(std::int64_t moment, int count, PartitionUnit unit) {
  switch (unit) {
    case PartitionUnit::hour:
      return moment - count * kMicrosPerHour;
    case PartitionUnit::day:
      return moment - count * kMicrosPerDay;
    case PartitionUnit::week:
      return moment - count * 7 * kMicrosPerDay;
    case PartitionUnit::month:
      return months_before(moment, count);
    case PartitionUnit::year:
      return months_before(moment, count * 12);
  }
  return moment;
}

} // namespace

Fault check_age(const PartitionBy& partition, const Value& cell, std::int64_t received_at) {
  const bool is_date = cell.tag() == Tag::integer;
  const auto row = is_date ? cell.as_int() : cell.as_timestamp();
  const auto counted = [&](std::int64_t moment) { return is_date ? std::int64_t{day_of(moment)} : moment; };
  if (row > counted(received_at + kMicrosPerDay)) {
    return Fault::too_far_ahead;
  }
  if (partition.keep > 0 && row < counted(before(received_at, partition.keep, partition.keep_unit))) {
    return Fault::too_old;
  }
  return Fault::none;
}

std::string keep_text(const PartitionBy& partition) {
  static constexpr const char* kUnits[] = {"", "hour", "day", "week", "month", "year"};
  return std::to_string(partition.keep) + " " + kUnits[static_cast<std::size_t>(partition.keep_unit)] +
         (partition.keep == 1 ? "" : "s");
}

} // namespace millrace::dsl
