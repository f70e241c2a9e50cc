#include "dsl/values/time_format.hpp"

#include <algorithm>

#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {
namespace {

constexpr std::string_view kDirectives = "YmdHMSfzbj%";
constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};

/// What a text has said so far.
struct Parts {
  Date date{1970, 1, 1};
  int day_of_year = 0; // 0: not said
  bool month_or_day_said = false;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t micros = 0;
  std::int64_t offset_minutes = 0;
};

/// Reads a text from its front; once something did not fit, nothing more does.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t digits, int low, int high) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const bool digit = i < rest_.size() && rest_[i] >= '0' && rest_[i] <= '9';
      ok_ = ok_ && digit;
      value = digit ? value * 10 + (rest_[i] - '0') : value;
    }
    rest_.remove_prefix(std::min(digits, rest_.size()));
    ok_ = ok_ && value >= low && value <= high;
    return ok_ ? value : low;
  }
  void expect(char c) { ok_ = ok_ && take(c); }
  bool take(char c) {
    const bool found = rest_.starts_with(c);
    rest_.remove_prefix(found ? 1 : 0);
    return found;
  }
  int month() {
    const auto same = [&](std::string_view name) {
      return rest_.size() >= 3 && std::equal(name.begin(), name.end(), rest_.begin(),
                                             [](char a, char b) { return a == static_cast<char>(b | 0x20); });
    };
    const auto* const found = std::find_if(std::begin(kMonths), std::end(kMonths), same);
    ok_ = ok_ && found != std::end(kMonths);
    rest_.remove_prefix(std::min<std::size_t>(3, rest_.size()));
    return ok_ ? static_cast<int>(found - std::begin(kMonths)) + 1 : 1;
  }
  /// In minutes, east of Greenwich.
  std::int64_t offset() {
    if (take('Z')) {
      return 0;
    }
    const bool east = take('+');
    if (!east) {
      expect('-');
    }
    const std::int64_t hours = number(2, 0, 23);
    take(':');
    const std::int64_t minutes = hours * 60 + number(2, 0, 59);
    return east ? minutes : -minutes;
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void read_directive(char directive, Scanner& in, Parts& parts) {
  switch (directive) {
    case 'Y':
      parts.date.year = in.number(4, 1, 9999);
      break;
    case 'm':
      parts.date.month = in.number(2, 1, 12);
      parts.month_or_day_said = true;
      break;
    case 'b':
      parts.date.month = in.month();
      parts.month_or_day_said = true;
      break;
    case 'd':
      parts.date.day = in.number(2, 1, 31);
      parts.month_or_day_said = true;
      break;
    case 'j':
      parts.day_of_year = in.number(3, 1, 366);
      break;
    case 'H':
      parts.hour = in.number(2, 0, 23);
      break;
    case 'M':
      parts.minute = in.number(2, 0, 59);
      break;
    case 'S':
      parts.second = in.number(2, 0, 59);
      break;
    case 'f':
      parts.micros = in.number(6, 0, 999'999);
      break;
    case 'z':
      parts.offset_minutes = in.offset();
      break;
    default: // %%
      in.expect('%');
  }
}

/// Days since 1970; absent for a day that is not in the calendar, or is said twice and differently.
std::optional<std::int64_t> day_said(const Parts& parts) {
  if (parts.date.day > days_in_month(parts.date.year, parts.date.month)) {
    return std::nullopt;
  }
  const std::int64_t by_month = days_of(parts.date);
  if (parts.day_of_year == 0) {
    return by_month;
  }
  const std::int64_t by_number = days_of({parts.date.year, 1, 1}) + parts.day_of_year - 1;
  const bool in_year = date_of(by_number).year == parts.date.year;
  return in_year && (!parts.month_or_day_said || by_month == by_number) ? std::optional(by_number) : std::nullopt;
}

} // namespace

std::optional<std::size_t> bad_directive(std::string_view format) {
  for (std::size_t at = format.find('%'); at != std::string_view::npos; at = format.find('%', at + 2)) {
    if (at + 1 == format.size() || kDirectives.find(format[at + 1]) == std::string_view::npos) {
      return at;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_time(std::string_view text, std::string_view format) {
  if (bad_directive(format)) {
    return std::nullopt;
  }
  Scanner in(text);
  Parts parts;
  for (std::size_t i = 0; i < format.size() && in.ok(); ++i) {
    if (format[i] == '%') {
      read_directive(format[++i], in, parts);
    } else {
      in.expect(format[i]);
    }
  }
  const auto day = in.done() ? day_said(parts) : std::nullopt;
  if (!day) {
    return std::nullopt;
  }
  const std::int64_t minutes = (*day * 24 + parts.hour) * 60 + parts.minute - parts.offset_minutes;
  const std::int64_t seconds = minutes * 60 + parts.second;
  const std::int64_t micros = seconds * kMicrosPerSecond + parts.micros;
  return micros >= kFirstMoment && micros <= kLastMoment ? std::optional(micros) : std::nullopt;
}

} // namespace millrace::dsl
