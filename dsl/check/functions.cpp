// The table of functions.
#include "dsl/check/functions.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace millrace::dsl::check {
namespace {

constexpr Wants kText[] = {Wants::text};
constexpr Wants kPart[] = {Wants::text, Wants::integer, Wants::integer};
constexpr Wants kSplit[] = {Wants::text, Wants::separator};
constexpr Wants kList[] = {Wants::list};
constexpr Wants kScalar[] = {Wants::scalar};
constexpr Wants kNumber[] = {Wants::number};
constexpr Wants kRound[] = {Wants::number, Wants::digits};
constexpr Wants kTime[] = {Wants::timestamp};
constexpr Wants kTruncate[] = {Wants::timestamp, Wants::duration};
constexpr Wants kParse[] = {Wants::text, Wants::format};

constexpr std::array kFunctions = {
    FunctionInfo{"lower", Function::lower, "lower(string)", kText},
    FunctionInfo{"upper", Function::upper, "upper(string)", kText},
    FunctionInfo{"trim", Function::trim, "trim(string)", kText},
    FunctionInfo{"length", Function::length, "length(string)", kText},
    FunctionInfo{"substring", Function::substring, "substring(string, start, length)", kPart, 2, 3},
    FunctionInfo{"split", Function::split, "split(string, \"separator\")", kSplit, 2, 2},
    FunctionInfo{"concat", Function::concat, "concat(a, b, …)", kScalar, 1, kAnyNumber},
    FunctionInfo{"first", Function::first, "first(list)", kList},
    FunctionInfo{"last", Function::last, "last(list)", kList},
    FunctionInfo{"count", Function::count, "count(list)", kList},
    FunctionInfo{"hash", Function::hash, "hash(value)", kScalar},
    FunctionInfo{"host", Function::host, "host(string)", kText},
    FunctionInfo{"round", Function::round, "round(number, digits)", kRound, 1, 2},
    FunctionInfo{"abs", Function::abs, "abs(number)", kNumber},
    FunctionInfo{"min", Function::min, "min(a, b, …) or min(list)", {}, 1, kAnyNumber},
    FunctionInfo{"max", Function::max, "max(a, b, …) or max(list)", {}, 1, kAnyNumber},
    FunctionInfo{"date", Function::date, "date(timestamp)", kTime},
    FunctionInfo{"hour", Function::hour, "hour(timestamp)", kTime},
    FunctionInfo{"truncate", Function::truncate, "truncate(timestamp, duration)", kTruncate, 2, 2},
    FunctionInfo{"parse_time", Function::parse_time, "parse_time(string, \"%Y-%m-%d\")", kParse, 2, 2},
    FunctionInfo{"json", Function::json, "json(string)", kText},
};

} // namespace

const FunctionInfo* find_function(std::string_view name) {
  const auto* found =
      std::find_if(kFunctions.begin(), kFunctions.end(), [&](const FunctionInfo& known) { return known.name == name; });
  return found == kFunctions.end() ? nullptr : found;
}

std::string_view name_of(Function function) {
  const auto* found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                   [&](const FunctionInfo& known) { return known.function == function; });
  return found == kFunctions.end() ? "" : found->name;
}

std::vector<std::string> function_names() {
  std::vector<std::string> names = {"sampled"};
  for (const FunctionInfo& known : kFunctions) {
    names.emplace_back(known.name);
  }
  return names;
}

bool is_function(std::string_view name) { return name == "sampled" || find_function(name) != nullptr; }

std::string format_problem(std::string_view format) {
  std::string seen;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      continue;
    }
    if (i + 1 == format.size()) {
      return "ends with a single `%`";
    }
    const char part = format[++i];
    if (part == '%') {
      continue;
    }
    if (std::string_view("YmdHMSfzbj").find(part) == std::string_view::npos) {
      return "there is no `%" + std::string(1, part) + "`";
    }
    if (seen.find(part) != std::string::npos) {
      return "`%" + std::string(1, part) + "` stands twice";
    }
    seen += part;
  }
  const auto has = [&](char part) { return seen.find(part) != std::string::npos; };
  if (has('b') && has('m')) {
    return "`%b` and `%m` are both the month";
  }
  if (has('j') && (has('d') || has('m') || has('b'))) {
    return "`%j` is the day of the year, beside which no other day or month stands";
  }
  return seen.empty() ? "reads no part of a time" : "";
}

} // namespace millrace::dsl::check
