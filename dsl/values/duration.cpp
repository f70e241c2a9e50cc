#include "dsl/values/duration.hpp"

#include <algorithm>
#include <charconv>

namespace millrace::dsl {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t micros;
};

constexpr std::int64_t kSecond = 1'000'000;
constexpr Unit kUnits[] = {{"w", 7 * 86'400 * kSecond},
                           {"d", 86'400 * kSecond},
                           {"h", 3'600 * kSecond},
                           {"m", 60 * kSecond},
                           {"s", kSecond},
                           {"ms", 1'000},
                           {"us", 1}};

/// The digits and the unit at the front of a text.
struct Part {
  std::uint64_t count = 0;
  const Unit* unit = nullptr;
  std::string_view rest;
};

std::optional<Part> take_part(std::string_view text) {
  Part out;
  const char* const end = text.data() + text.size();
  const auto [behind, error] = std::from_chars(text.data(), end, out.count);
  if (error != std::errc()) {
    return std::nullopt;
  }
  std::string_view name(behind, static_cast<std::size_t>(end - behind));
  const auto letters = std::find_if(name.begin(), name.end(), [](char c) { return c < 'a' || c > 'z'; });
  name = name.substr(0, static_cast<std::size_t>(letters - name.begin()));
  out.unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Unit& unit) { return unit.name == name; });
  out.rest = text.substr(static_cast<std::size_t>(behind - text.data()) + name.size());
  return out.unit == std::end(kUnits) ? std::nullopt : std::optional(out);
}

} // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative ? 1 : 0);
  const Unit* next = std::begin(kUnits); // the largest unit that may still come
  __int128 total = 0;                    // seven parts of 64 bits and a week each stay far below its end
  do {
    const auto part = take_part(text);
    if (!part || part->unit < next) {
      return std::nullopt;
    }
    total += static_cast<__int128>(part->count) * part->unit->micros;
    next = part->unit + 1;
    text = part->rest;
  } while (!text.empty());
  total = negative ? -total : total;
  return total >= INT64_MIN && total <= INT64_MAX ? std::optional(static_cast<std::int64_t>(total)) : std::nullopt;
}

std::optional<std::int64_t> parse_duration_literal(std::string_view token) {
  const auto part = take_part(token);
  std::int64_t micros = 0;
  if (!part || !part->rest.empty() || part->unit->micros == 1 ||
      __builtin_mul_overflow(part->count, part->unit->micros, &micros)) {
    return std::nullopt;
  }
  return micros;
}

char* write_duration(char* out, std::int64_t micros) {
  if (micros == 0) {
    return std::copy_n("0s", 2, out);
  }
  auto rest = static_cast<std::uint64_t>(micros);
  if (micros < 0) {
    *out++ = '-';
    rest = ~rest + 1;
  }
  for (const Unit& unit : kUnits) {
    const auto size = static_cast<std::uint64_t>(unit.micros);
    if (rest >= size) {
      out = std::to_chars(out, out + 20, rest / size).ptr;
      out = std::copy(unit.name.begin(), unit.name.end(), out);
      rest %= size;
    }
  }
  return out;
}

} // namespace millrace::dsl
