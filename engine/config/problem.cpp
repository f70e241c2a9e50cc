#include "engine/config/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace millrace::config {
namespace {

auto order(const Problem& problem) { return std::tie(problem.place.line, problem.place.column); }

} // namespace

std::string Place::text() const { return line == 0 ? file : fmt::format("{}:{}:{}", file, line, column); }

void Problems::add(Place place, std::string text, Problem::Kind kind) {
  Problem problem{std::move(place), std::move(text), kind};
  const auto at = std::upper_bound(all_.begin(), all_.end(), problem, [](const Problem& left, const Problem& right) {
    return order(left) < order(right);
  });
  all_.insert(at, std::move(problem));
}

std::string Problems::text() const {
  std::string out;
  for (const Problem& problem : all_) {
    out += fmt::format("{}{}: {}", out.empty() ? "" : "\n", problem.place.text(), problem.text);
  }
  return out;
}

} // namespace millrace::config
