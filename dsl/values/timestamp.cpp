// The proleptic Gregorian calendar in days since 1970, after the well-known era arithmetic (400 years are 146,097
// days).
#include "dsl/values/timestamp.hpp"

#include <cmath>

#include "dsl/values/decimal.hpp"
#include "dsl/values/number.hpp"

namespace millrace::dsl {
namespace {

std::int64_t floor_divide(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/// Reads a text from its front; `ok` stays false once something did not fit.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t digits, int low, int high) {
    int value = 0;
    if (rest_.size() < digits) {
      ok_ = false;
      return low;
    }
    for (std::size_t i = 0; i < digits; ++i) {
      ok_ = ok_ && rest_[i] >= '0' && rest_[i] <= '9';
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    ok_ = ok_ && value >= low && value <= high;
    return ok_ ? value : low;
  }
  bool take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_[0]) == std::string_view::npos) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any_of) { ok_ = take(any_of) && ok_; }
  /// `.` and digits: the first six of them, as microseconds.
  std::int64_t fraction() {
    std::int64_t micros = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      micros = digits < 6 ? micros * 10 + (rest_[digits] - '0') : micros;
    }
    ok_ = ok_ && digits > 0;
    rest_.remove_prefix(digits);
    for (; digits < 6; ++digits) {
      micros *= 10;
    }
    return micros;
  }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

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
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year; // a year begins in March
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
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
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

std::optional<std::int64_t> parse_iso8601(std::string_view text) {
  Scanner in(text);
  Date date{};
  date.year = in.number(4, 1, 9999);
  in.expect("-");
  date.month = in.number(2, 1, 12);
  in.expect("-");
  date.day = in.number(2, 1, days_in_month(date.year, date.month));
  in.expect("Tt ");
  const std::int64_t hour = in.number(2, 0, 23);
  in.expect(":");
  const std::int64_t minute = in.number(2, 0, 59);
  std::int64_t second = 0;
  std::int64_t micros = 0;
  if (in.take(":")) {
    second = in.number(2, 0, 59);
    micros = in.take(".") ? in.fraction() : 0;
  }
  std::int64_t offset_minutes = 0;
  if (!in.take("Zz")) {
    const bool east = in.take("+");
    if (!east) {
      in.expect("-");
    }
    const std::int64_t hours = in.number(2, 0, 23);
    in.expect(":");
    offset_minutes = (hours * 60 + in.number(2, 0, 59)) * (east ? 1 : -1);
  }
  if (!in.done()) {
    return std::nullopt;
  }
  const std::int64_t seconds = days_of(date) * 86'400 + hour * 3'600 + (minute - offset_minutes) * 60 + second;
  return within_years(seconds * kMicrosPerSecond + micros);
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
  const auto exact = decimal_from_token(token);
  if (!exact) { // more digits than 38: the double decides but for the last microsecond, which no clock of such a sender
                // has
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

std::optional<std::int64_t> truncated(std::int64_t micros, std::int64_t step) {
  std::int64_t out = 0;
  return __builtin_mul_overflow(floor_divide(micros, step), step, &out) ? std::nullopt : within_years(out);
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
