#include "engine/config/quantity.hpp"

#include <charconv>
#include <span>
#include <system_error>

namespace millrace::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr Unit kSizes[] = {{"", 1},           {"B", 1}, {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30},
                           {"TiB", 1LL << 40}};
constexpr Unit kDurations[] = {{"us", 1'000},         {"ms", 1'000'000},        {"s", 1'000'000'000},
                               {"m", 60'000'000'000}, {"h", 3'600'000'000'000}, {"d", 86'400'000'000'000}};

std::optional<std::int64_t> parse(std::string_view text, std::span<const Unit> units) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || text.starts_with('-')) {
    return std::nullopt;
  }
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : units) {
    std::int64_t value = 0;
    if (unit.name == name && !__builtin_mul_overflow(number, unit.factor, &value)) {
      return value;
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<std::int64_t> parse_size(std::string_view text) { return parse(text, kSizes); }
std::optional<std::int64_t> parse_duration(std::string_view text) { return parse(text, kDurations); }

} // namespace millrace::config
