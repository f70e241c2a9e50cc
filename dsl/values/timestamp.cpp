// The proleptic Gregorian calendar in days since 1970, after the well-known era arithmetic (400 years are 146,097
// days).
#include "dsl/values/timestamp.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "dsl/values/decimal.hpp"
#include "dsl/values/number.hpp"

namespace millrace::dsl {
namespace {

std::int64_t floor_divide(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/// Eight characters at once, the first in the lowest byte, with digits where `digits` has ones. Byte i of `pairs` is
/// the number that the digits i and i + 1 are.
struct Eight {
  std::uint64_t pairs = 0;
  bool good = false;

  unsigned pair(unsigned at) const { return static_cast<unsigned>(pairs >> (8 * at) & 0xFFU); }
};

Eight eight_of(const char* text, std::uint64_t digits, std::uint64_t others) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, text, 8);
  const std::uint64_t values = (bytes ^ 0x3030'3030'3030'3030U) & digits; // 0 to 9, or more where there is no digit
  const std::uint64_t beyond = (values | (values + 0x7676'7676'7676'7676U)) & 0x8080'8080'8080'8080U;
  return {values * 10 + (values >> 8U), beyond == 0 && (bytes & ~digits) == others};
}

/// Two digits, of which `good` tells whether they are.
struct Pair {
  unsigned value = 0;
  bool good = false;
};

Pair pair_at(const char* text) {
  const auto high = static_cast<unsigned>(text[0]) - '0';
  const auto low = static_cast<unsigned>(text[1]) - '0';
  return {high * 10 + low, high <= 9 && low <= 9};
}

/// What stands behind the minute.
struct Tail {
  std::int64_t seconds = 0; // less the offset
  std::int64_t micros = 0;
};

/// `.` and digits at the front of `text`: the first six of them, as microseconds.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  std::int64_t micros = 0;
  std::size_t at = 1;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    micros = at <= 6 ? micros * 10 + (text[at] - '0') : micros;
  }
  const std::size_t digits = at - 1;
  text.remove_prefix(at);
  for (std::size_t i = digits; i < 6; ++i) {
    micros *= 10;
  }
  return digits > 0 ? std::optional(micros) : std::nullopt;
}

/// `Z` or `+02:00`, in seconds east of Greenwich.
std::optional<std::int64_t> offset_of(std::string_view text) {
  if (text == "Z" || text == "z") {
    return 0;
  }
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
    return std::nullopt;
  }
  const Pair hours = pair_at(text.data() + 1);
  const Pair minutes = pair_at(text.data() + 4);
  if (!hours.good || !minutes.good || hours.value > 23 || minutes.value > 59) {
    return std::nullopt;
  }
  const std::int64_t seconds = (hours.value * 60 + minutes.value) * 60;
  return text[0] == '-' ? -seconds : seconds;
}

std::optional<Tail> tail_of(std::string_view text) {
  Tail out;
  if (text[0] == ':') {
    if (text.size() < 4) {
      return std::nullopt;
    }
    const Pair seconds = pair_at(text.data() + 1);
    text.remove_prefix(3);
    const auto fraction = text[0] == '.' ? take_fraction(text) : 0;
    if (!seconds.good || seconds.value > 59 || !fraction) {
      return std::nullopt;
    }
    out.seconds = seconds.value;
    out.micros = *fraction;
  }
  const auto offset = offset_of(text);
  if (!offset) {
    return std::nullopt;
  }
  out.seconds -= *offset;
  return out;
}

/// A number token with at most 38 digits that count; what lies behind them is only told from nothing, which is all that
/// rounding down asks.
std::string shortened(std::string_view token) {
  std::string out(token);
  const std::size_t end = std::min(token.find_first_of("eE"), token.size());
  std::size_t tail = end; // the 38th digit, where there is one
  int digits = 0;
  bool something = false;
  for (std::size_t i = 0; i < end; ++i) {
    const bool digit = token[i] >= '0' && token[i] <= '9';
    digits += digit && (digits > 0 || token[i] != '0') ? 1 : 0;
    if (digit && digits >= kMaxDigits) {
      tail = std::min(tail, i);
      something = something || token[i] != '0';
      out[i] = '0';
    }
  }
  if (something) {
    out[tail] = '1';
  }
  return out;
}

std::optional<std::int64_t> within_years(std::int64_t micros) {
  return micros >= kFirstMoment && micros <= kLastMoment ? std::optional(micros) : std::nullopt;
}

std::optional<std::int64_t> floored(double micros) {
  return std::abs(micros) < 1e18 ? within_years(static_cast<std::int64_t>(std::floor(micros))) : std::nullopt;
}

char* write_padded(char* out, std::int64_t value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + width;
}

} // namespace

std::int64_t days_of(Date date) {
  const auto month = static_cast<unsigned>(date.month);
  const auto year = static_cast<unsigned>(date.year) - (month <= 2 ? 1 : 0); // a year begins in March
  const unsigned era = year / 400;
  const unsigned year_of_era = year - era * 400;
  const unsigned day_of_year =
      (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + static_cast<unsigned>(date.day) - 1;
  const unsigned days = era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{days} - 719'468;
}

Date date_of(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = floor_divide(days, 146'097);
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {static_cast<std::int32_t>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), static_cast<std::int32_t>(month),
          static_cast<std::int32_t>(day_of_year - (153 * month_from_march + 2) / 5 + 1)};
}

int days_in_month(int year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

std::optional<std::int64_t> parse_iso8601(std::string_view text) {
  constexpr std::size_t kMinute = 16; // characters up to the end of the minute: `2024-06-` and `10T08:00`
  if (text.size() <= kMinute || (text[10] != 'T' && text[10] != ' ' && text[10] != 't')) {
    return std::nullopt;
  }
  const auto between = std::uint64_t{static_cast<unsigned char>(text[10])} << 16U;
  const Eight first = eight_of(text.data(), 0x00FF'FF00'FFFF'FFFFU, 0x2D00'002D'0000'0000U);
  const Eight second = eight_of(text.data() + 8, 0xFFFF'00FF'FF00'FFFFU, 0x0000'3A00'0000'0000U | between);
  const auto year = static_cast<int>(first.pair(0) * 100 + first.pair(2));
  const auto month = static_cast<int>(first.pair(5));
  const auto day = static_cast<int>(second.pair(0));
  const std::int64_t hour = second.pair(3);
  const std::int64_t minute = second.pair(6);
  if (!first.good || !second.good || year < 1 || month < 1 || month > 12 || day < 1 ||
      day > days_in_month(year, month) || hour > 23 || minute > 59) {
    return std::nullopt;
  }
  const auto tail = tail_of(text.substr(kMinute));
  if (!tail) {
    return std::nullopt;
  }
  const std::int64_t seconds = days_of({year, month, day}) * 86'400 + hour * 3'600 + minute * 60 + tail->seconds;
  return within_years(seconds * kMicrosPerSecond + tail->micros);
}

std::optional<std::int64_t> parse_unix(std::string_view token, std::int64_t micros_per_unit) {
  if (const auto whole = parse_int(token)) {
    std::int64_t micros = 0;
    return __builtin_mul_overflow(*whole, micros_per_unit, &micros) ? std::nullopt : within_years(micros);
  }
  const std::size_t length = number_token_length(token);
  if (length == 0 || length != token.size() || token_magnitude(token) > 18) {
    return std::nullopt;
  }
  auto exact = decimal_from_token(token);
  if (!exact) {
    exact = decimal_from_token(shortened(token));
  }
  if (!exact) { // closer to zero than 10^-38
    const auto near = parse_double(token);
    return near ? floored(*near * static_cast<double>(micros_per_unit)) : std::nullopt;
  }
  const Int128 one = power_of_ten(exact->scale);
  const Int128 whole = exact->coefficient / one;
  const Int128 rest = exact->coefficient % one;
  // The rest in microseconds, floored: at most 10^6 of 10^38, taken apart so that it stays within 128 bits.
  Int128 micros = whole * micros_per_unit;
  Int128 left = rest;
  Int128 unit = one;
  for (std::int64_t scale = micros_per_unit; scale > 1; scale /= 10) {
    if (unit >= 10) {
      unit /= 10;
    } else {
      left *= 10;
    }
  }
  micros += left / unit - (left % unit < 0 ? 1 : 0);
  return micros >= kFirstMoment && micros <= kLastMoment ? std::optional(static_cast<std::int64_t>(micros))
                                                         : std::nullopt;
}

std::int32_t day_of(std::int64_t micros) { return static_cast<std::int32_t>(floor_divide(micros, kMicrosPerDay)); }

int hour_of(std::int64_t micros) {
  return static_cast<int>((micros - floor_divide(micros, kMicrosPerDay) * kMicrosPerDay) / (3'600 * kMicrosPerSecond));
}

std::int64_t truncated(std::int64_t micros, std::int64_t step) {
  std::int64_t out = 0;
  const bool beyond = __builtin_mul_overflow(floor_divide(micros, step), step, &out);
  return beyond ? kFirstMoment : std::max(out, kFirstMoment);
}

std::optional<std::int64_t> later(std::int64_t micros, std::int64_t duration) {
  std::int64_t out = 0;
  return __builtin_add_overflow(micros, duration, &out) ? std::nullopt : within_years(out);
}

std::optional<std::int64_t> earlier(std::int64_t micros, std::int64_t duration) {
  std::int64_t out = 0;
  return __builtin_sub_overflow(micros, duration, &out) ? std::nullopt : within_years(out);
}

char* write_date(char* out, std::int64_t micros) {
  const Date date = date_of(floor_divide(micros, kMicrosPerDay));
  out = write_padded(out, date.year, 4);
  *out++ = '-';
  out = write_padded(out, date.month, 2);
  *out++ = '-';
  return write_padded(out, date.day, 2);
}

char* write_timestamp(char* out, std::int64_t micros) {
  const std::int64_t time = micros - floor_divide(micros, kMicrosPerDay) * kMicrosPerDay;
  const std::int64_t second = time / kMicrosPerSecond;
  out = write_date(out, micros);
  *out++ = 'T';
  out = write_padded(out, second / 3'600, 2);
  *out++ = ':';
  out = write_padded(out, second / 60 % 60, 2);
  *out++ = ':';
  out = write_padded(out, second % 60, 2);
  if (const std::int64_t fraction = time % kMicrosPerSecond; fraction != 0) {
    *out++ = '.';
    out = write_padded(out, fraction, 6);
  }
  *out++ = 'Z';
  return out;
}

} // namespace millrace::dsl
