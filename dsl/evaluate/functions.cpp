#include "dsl/evaluate/functions.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "dsl/read/json_value.hpp"
#include "dsl/values/compare.hpp"
#include "dsl/values/fold.hpp"
#include "dsl/values/ip.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/text_form.hpp"
#include "dsl/values/time_format.hpp"
#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {
namespace {

using Arguments = std::span<const Value>;

template <typename Write>
Value made_text(Arena& arena, std::size_t size, Write write) {
  char* const begin = arena.allocate(size);
  char* const end = write(begin);
  arena.shrink(end);
  return Value::of_text({begin, static_cast<std::size_t>(end - begin)});
}

// ---- texts

Value trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return Value::of_text("");
  }
  return Value::of_text(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

/// The text behind its first `count` characters.
std::string_view behind_characters(std::string_view text, std::int64_t count) {
  std::size_t at = 0;
  for (; at < text.size() && count > 0; --count) {
    do {
      ++at;
    } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
  }
  return text.substr(at);
}

/// A computed position below 0 is 0; the check has refused one that is written.
Value substring(Arguments arguments) {
  const Value start = number_of(arguments[1]);
  if (arguments[0].tag() != Tag::text || start.tag() != Tag::integer) {
    return {};
  }
  const std::string_view text = behind_characters(arguments[0].as_text(), start.as_int());
  if (arguments.size() == 2) {
    return Value::of_text(text);
  }
  const Value length = number_of(arguments[2]);
  if (length.tag() != Tag::integer) {
    return {};
  }
  const std::string_view rest = behind_characters(text, length.as_int());
  return Value::of_text(text.substr(0, text.size() - rest.size()));
}

/// A computed separator that is empty separates nothing; the check has refused one that is written.
Value split(std::string_view text, std::string_view separator, Arena& arena) {
  const auto next = [&](std::string_view rest) {
    return separator.empty() ? std::string_view::npos : rest.find(separator);
  };
  std::size_t count = 1;
  for (std::string_view rest = text; next(rest) != std::string_view::npos; ++count) {
    rest.remove_prefix(next(rest) + separator.size());
  }
  Value* const items = arena.allocate_of<Value>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = next(text);
    items[i] = Value::of_text(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + separator.size());
  }
  return list_of({items, count}, {}, arena);
}

Value joined(Arguments arguments, Arena& arena) {
  auto* const parts = arena.allocate_of<std::string_view>(arguments.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto part = text_form(arguments[i], arena);
    if (!part) {
      return {};
    }
    parts[i] = *part;
    size += part->size();
  }
  return made_text(arena, size, [&](char* out) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      out = std::copy(parts[i].begin(), parts[i].end(), out);
    }
    return out;
  });
}

Value hashed(const Value& value, Arena& arena) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto text = text_form(value, arena);
  if (!text) {
    return {};
  }
  const std::uint64_t hash = XXH64(text->data(), text->size(), 0);
  return made_text(arena, 16, [&](char* out) {
    for (unsigned shift = 64; shift > 0; shift -= 4) {
      *out++ = kHex[hash >> (shift - 4) & 15U];
    }
    return out;
  });
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Characters that a host may have; those beyond ASCII are left to whoever resolves it.
bool is_host_char(char c) {
  return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("-._~%!$&'()*+,;=").find(c) != std::string_view::npos;
}

/// What stands between `//` and the path, without the user and the port; empty where that is no host.
std::string_view host_within(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
  std::size_t end = 0;
  if (host.starts_with('[')) {
    const std::size_t bracket = host.find(']');
    if (bracket == std::string_view::npos || host.find(':') > bracket || !parse_ip(host.substr(1, bracket - 1))) {
      return {};
    }
    end = bracket + 1;
  } else {
    end = std::min(host.find(':'), host.size());
    if (!std::all_of(host.begin(), host.begin() + static_cast<std::ptrdiff_t>(end), is_host_char)) {
      return {};
    }
  }
  const std::string_view port = host.substr(end);
  const bool good = port.empty() || (port[0] == ':' && std::all_of(port.begin() + 1, port.end(), is_digit));
  host = host.substr(0, end);
  return good ? host : std::string_view();
}

Value host_of(std::string_view url, Arena& arena) {
  const std::size_t colon = url.find("://");
  const std::string_view scheme = url.substr(0, colon);
  const auto in_scheme = [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
  if (colon == std::string_view::npos || scheme.empty() || !is_letter(scheme[0]) ||
      !std::all_of(scheme.begin(), scheme.end(), in_scheme)) {
    return {};
  }
  const std::string_view rest = url.substr(colon + 3);
  const std::string_view host = host_within(rest.substr(0, rest.find_first_of("/?#\\")));
  return host.empty() ? Value() : Value::of_text(lower(host, arena));
}

// ---- numbers

/// Half away from zero, to so many digits behind the point, which the check has seen to be 0 or more.
Value round_exactly(Decimal value, std::int64_t digits) {
  if (digits >= value.scale) {
    return value_of(value);
  }
  const auto rounded = round_half_away(value, static_cast<int>(std::max<std::int64_t>(digits, 0)));
  return rounded ? value_of(*rounded) : Value();
}

Value rounded(const Value& value, std::int64_t digits, Arena& arena) {
  if (value.tag() != Tag::floating) {
    return round_exactly(exact_of(value), digits);
  }
  if (digits == 0) {
    return Value::of_double(std::round(value.as_double()));
  }
  // The digits that the number is written with decide, not those of its binary form.
  const auto exact = decimal_from_token(*text_form(value, arena));
  if (!exact) { // beyond 38 digits: all before the point, or all far behind it
    return std::abs(value.as_double()) < 1 ? Value::of_double(0) : value;
  }
  const Value result = round_exactly(*exact, digits);
  return result.present() ? Value::of_double(to_double(exact_of(result))) : Value();
}

Value round(Arguments arguments, Arena& arena) {
  const Value number = number_of(arguments[0]);
  const Value digits = arguments.size() > 1 ? number_of(arguments[1]) : Value::of_int(0);
  return number.is_number() && digits.tag() == Tag::integer ? rounded(number, digits.as_int(), arena) : Value();
}

Value magnitude(const Value& value) {
  const Value number = number_of(value);
  if (number.tag() == Tag::floating) {
    return Value::of_double(std::abs(number.as_double()));
  }
  if (!number.is_number()) {
    return {};
  }
  const Decimal exact = exact_of(number);
  return value_of({exact.coefficient < 0 ? -exact.coefficient : exact.coefficient, exact.scale});
}

// ---- lists and times

/// The least or the greatest; absent of none, and of values that have no order between them.
Value extreme(Arguments values, std::strong_ordering wanted) {
  Value best;
  for (const Value& value : values) {
    const auto order = best.present() ? compare(value, best) : compare(value, value);
    if (!order) {
      return {};
    }
    if (!best.present() || *order == wanted) {
      best = value;
    }
  }
  return best;
}

Value extreme_of(Arguments arguments, std::strong_ordering wanted, Arena& arena) {
  if (arguments.size() == 1) {
    if (const auto items = items_of(arguments[0], arena)) {
      return extreme(*items, wanted);
    }
  }
  return extreme(arguments, wanted);
}

Value truncated_to(const Value& moment, const Value& step) {
  if (moment.tag() != Tag::timestamp || step.tag() != Tag::duration || step.as_duration() <= 0) {
    return {};
  }
  return Value::of_timestamp(truncated(moment.as_timestamp(), step.as_duration()));
}

Value parsed_json(std::string_view text, Arena& arena) { return is_json(text) ? json_value(text, arena) : Value(); }

Value text_function(Function function, Arguments arguments, Arena& arena) {
  if (arguments[0].tag() != Tag::text || (function == Function::split && arguments[1].tag() != Tag::text) ||
      (function == Function::parse_time && arguments[1].tag() != Tag::text)) {
    return {};
  }
  const std::string_view text = arguments[0].as_text();
  switch (function) {
    case Function::lower:
      return Value::of_text(lower(text, arena));
    case Function::upper:
      return Value::of_text(upper(text, arena));
    case Function::trim:
      return trimmed(text);
    case Function::length:
      return Value::of_int(static_cast<std::int64_t>(code_points(text)));
    case Function::split:
      return split(text, arguments[1].as_text(), arena);
    case Function::host:
      return host_of(text, arena);
    case Function::parse_time: {
      const auto moment = parse_time(text, arguments[1].as_text());
      return moment ? Value::of_timestamp(*moment) : Value();
    }
    default: // json
      return parsed_json(text, arena);
  }
}

/// The first or the last item, without the others.
Value end_of(const Value& list, bool last, Arena& arena) {
  if (list.tag() == Tag::list) {
    const auto items = list.as_list().items;
    return items.empty() ? Value() : last ? items.back() : items.front();
  }
  const std::string_view json = list.tag() == Tag::json ? list.as_text() : std::string_view();
  const auto item = last ? json_last_item(json) : json_item(json, 0);
  return item ? json_value(*item, arena) : Value();
}

Value count_function(const Value& list) {
  const auto count = count_of(list);
  return count ? Value::of_int(static_cast<std::int64_t>(*count)) : Value();
}

} // namespace

Value call_function(Function function, Arguments arguments, Arena& arena) {
  if (!std::all_of(arguments.begin(), arguments.end(), [](const Value& v) { return v.present(); })) {
    return {};
  }
  switch (function) {
    case Function::lower:
    case Function::upper:
    case Function::trim:
    case Function::length:
    case Function::split:
    case Function::host:
    case Function::parse_time:
    case Function::json:
      return text_function(function, arguments, arena);
    case Function::substring:
      return substring(arguments);
    case Function::concat:
      return joined(arguments, arena);
    case Function::first:
    case Function::last:
      return end_of(arguments[0], function == Function::last, arena);
    case Function::count:
      return count_function(arguments[0]);
    case Function::hash:
      return hashed(arguments[0], arena);
    case Function::round:
      return round(arguments, arena);
    case Function::abs:
      return magnitude(arguments[0]);
    case Function::min:
      return extreme_of(arguments, std::strong_ordering::less, arena);
    case Function::max:
      return extreme_of(arguments, std::strong_ordering::greater, arena);
    case Function::date: {
      if (arguments[0].tag() != Tag::timestamp) {
        return {};
      }
      return made_text(arena, kDateSize, [&](char* out) { return write_date(out, arguments[0].as_timestamp()); });
    }
    case Function::hour:
      return arguments[0].tag() == Tag::timestamp ? Value::of_int(hour_of(arguments[0].as_timestamp())) : Value();
    case Function::truncate:
      return truncated_to(arguments[0], arguments[1]);
  }
  return {};
}

std::uint32_t sample_bucket(std::string_view salt, std::string_view text, Arena& arena) {
  char* const begin = arena.allocate(salt.size() + 1 + text.size());
  char* out = std::copy(salt.begin(), salt.end(), begin);
  *out++ = '\0';
  out = std::copy(text.begin(), text.end(), out);
  const std::uint64_t hash = XXH64(begin, static_cast<std::size_t>(out - begin), 0);
  arena.shrink(begin);
  return static_cast<std::uint32_t>(hash % 10'000);
}

} // namespace millrace::dsl
