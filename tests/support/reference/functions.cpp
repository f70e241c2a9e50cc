#include "tests/support/reference/functions.hpp"

#include <re2/re2.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace millrace::reference {
namespace {

using dsl::Function;

constexpr std::int64_t kDay = 86'400'000'000;

std::int64_t floor_div(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

Value trimmed(const std::string& text) {
  const char* const kSpace = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::optional<std::int64_t> whole(const Value& value) {
  const Value number = number_of(value);
  const auto* exact = std::get_if<Exact>(&number);
  return exact == nullptr ? std::nullopt : to_int(exact->number);
}

Value substring(const std::vector<Value>& arguments) {
  const auto* text = std::get_if<std::string>(&arguments[0]);
  const auto start = whole(arguments[1]);
  const auto length = arguments.size() > 2 ? whole(arguments[2]) : std::optional<std::int64_t>(INT64_MAX);
  if (text == nullptr || !start || !length) {
    return Absent{};
  }
  std::string out;
  std::int64_t at = 0;
  std::int64_t left = *length;
  for (const std::string& character : characters(*text)) {
    if (at++ >= *start && left > 0) {
      out += character;
      --left;
    }
  }
  return out;
}

Value split(const std::string& text, const std::string& separator) {
  Items out;
  std::size_t begin = 0;
  while (!separator.empty()) {
    const std::size_t end = text.find(separator, begin);
    if (end == std::string::npos) {
      break;
    }
    out.values.emplace_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  out.values.emplace_back(text.substr(begin));
  return out;
}

Value host(const std::string& url) {
  static const re2::RE2::Options kBytes = [] {
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    return options;
  }();
  static const re2::RE2 kUrl(R"(^[A-Za-z][A-Za-z0-9+.\-]*://([^/?#\\]*))", kBytes);
  static const re2::RE2 kAuthority(
      R"((?s)(?:.*@)?(\[[0-9A-Fa-f:.]*\]|[A-Za-z0-9\-._~%!$&'()*+,;=\x80-\xff]+)(?::[0-9]*)?)", kBytes);
  std::string authority;
  std::string name;
  if (!re2::RE2::PartialMatch(url, kUrl, &authority) || !re2::RE2::FullMatch(authority, kAuthority, &name)) {
    return Absent{};
  }
  if (name[0] == '[') {
    const std::string inside = name.substr(1, name.size() - 2);
    if (inside.find(':') == std::string::npos || !address_of(inside)) {
      return Absent{};
    }
  }
  return lower(name);
}

Value round(const std::vector<Value>& arguments) {
  const Value number = number_of(arguments[0]);
  const auto digits = arguments.size() > 1 ? whole(arguments[1]) : std::optional<std::int64_t>(0);
  if (!digits) {
    return Absent{};
  }
  if (const auto* exact = std::get_if<Exact>(&number)) {
    return Exact{rounded(exact->number, *digits), 0};
  }
  if (std::holds_alternative<double>(number)) { // the digits that it is written with decide
    const double out = to_double(rounded(big_of(*text_form(number)), *digits));
    return std::isfinite(out) ? Value(out) : Value(Absent{});
  }
  return Absent{};
}

Value absolute(const Value& value) {
  const Value number = number_of(value);
  if (const auto* floating = std::get_if<double>(&number)) {
    return std::abs(*floating);
  }
  if (const auto* exact = std::get_if<Exact>(&number)) {
    Big out = exact->number;
    out.negative = false;
    return Exact{out, 0};
  }
  return Absent{};
}

Value extreme(const std::vector<Value>& values, std::strong_ordering wanted) {
  Value best;
  for (const Value& value : values) {
    if (!order(value, value)) {
      return Absent{};
    }
    const auto found = present(best) ? order(value, best) : std::optional(wanted);
    if (!found) {
      return Absent{};
    }
    best = *found == wanted ? value : best;
  }
  return best;
}

Value date(std::int64_t micros) { return text_of_moment(micros).substr(0, 10); }

Value truncate(const Value& value, const Value& step) {
  const auto* moment = std::get_if<Moment>(&value);
  const auto* span = std::get_if<Span>(&step);
  if (moment == nullptr || span == nullptr || span->micros <= 0) {
    return Absent{};
  }
  const auto out = static_cast<__int128>(floor_div(moment->micros, span->micros)) * span->micros;
  constexpr std::int64_t kFirst =
      -62'135'596'800'000'000; // no year lies before the first, and truncate is never absent
  return Value(Moment{is_moment(out) ? static_cast<std::int64_t>(out) : kFirst});
}

// ---- parse_time

struct Parts {
  std::int64_t year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, micros = 0, offset = 0, of_year = 0;
  bool has_month = false, has_day = false;
};

class TimeText {
 public:
  TimeText(const std::string& text, const std::string& format) : text_(text), format_(format) {}

  Value read() {
    for (std::size_t i = 0; i < format_.size(); ++i) {
      const bool good = format_[i] == '%' ? directive(format_[++i]) : literal(format_[i]);
      if (!good) {
        return Absent{};
      }
    }
    return at_ == text_.size() ? moment() : Absent{};
  }

 private:
  bool literal(char c) {
    if (at_ >= text_.size() || text_[at_] != c) {
      return false;
    }
    ++at_;
    return true;
  }
  bool number(std::size_t width, std::int64_t low, std::int64_t high, std::int64_t& out) {
    const std::string digits = text_.substr(std::min(at_, text_.size()), width);
    if (digits.size() != width || digits.find_first_not_of("0123456789") != std::string::npos) {
      return false;
    }
    out = std::stoll(digits);
    at_ += width;
    return out >= low && out <= high;
  }
  bool directive(char letter) {
    switch (letter) {
      case 'Y':
        return number(4, 1, 9999, parts_.year);
      case 'm':
        parts_.has_month = true;
        return number(2, 1, 12, parts_.month);
      case 'd':
        parts_.has_day = true;
        return number(2, 1, 31, parts_.day);
      case 'H':
        return number(2, 0, 23, parts_.hour);
      case 'M':
        return number(2, 0, 59, parts_.minute);
      case 'S':
        return number(2, 0, 59, parts_.second);
      case 'f':
        return number(6, 0, 999'999, parts_.micros);
      case 'j':
        return number(3, 1, 366, parts_.of_year);
      case 'b':
        return month_name();
      case 'z':
        return zone();
      default:
        return literal(letter);
    }
  }
  bool month_name() {
    const std::string name = lower(text_.substr(std::min(at_, text_.size()), 3));
    const std::size_t found = std::string("jan feb mar apr may jun jul aug sep oct nov dec ").find(name + " ");
    if (name.size() != 3 || found == std::string::npos || found % 4 != 0) {
      return false;
    }
    at_ += 3;
    parts_.has_month = true;
    parts_.month = static_cast<std::int64_t>(found / 4) + 1;
    return true;
  }
  bool zone() {
    if (literal('Z')) {
      return true;
    }
    const bool west = at_ < text_.size() && text_[at_] == '-';
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    if ((!literal('-') && !literal('+')) || !number(2, 0, 23, hours)) {
      return false;
    }
    literal(':');
    if (!number(2, 0, 59, minutes)) {
      return false;
    }
    parts_.offset = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
  }
  Value moment() const {
    using namespace std::chrono;
    const std::chrono::year in{static_cast<int>(parts_.year)};
    year_month_day day{in, std::chrono::month{static_cast<unsigned>(parts_.month)},
                       std::chrono::day{static_cast<unsigned>(parts_.day)}};
    if (!day.ok()) {
      return Absent{};
    }
    if (parts_.of_year > 0) {
      const year_month_day counted{sys_days{in / January / 1} + days{parts_.of_year - 1}};
      const bool agrees = counted.year() == in && (!parts_.has_month || counted.month() == day.month()) &&
                          (!parts_.has_day || counted.day() == day.day());
      if (!agrees) {
        return Absent{};
      }
      day = counted;
    }
    const std::int64_t seconds = std::int64_t{sys_days{day}.time_since_epoch().count()} * 86'400 + parts_.hour * 3'600 +
                                 parts_.minute * 60 + parts_.second - parts_.offset;
    const std::int64_t micros = seconds * 1'000'000 + parts_.micros;
    return is_moment(micros) ? Value(Moment{micros}) : Value(Absent{});
  }

  const std::string& text_;
  const std::string& format_;
  std::size_t at_ = 0;
  Parts parts_;
};

Value of_text(Function function, const std::string& text, const std::vector<Value>& arguments) {
  switch (function) {
    case Function::lower:
      return lower(text);
    case Function::upper:
      return upper(text);
    case Function::trim:
      return trimmed(text);
    case Function::length:
      return Exact{big_of(static_cast<std::int64_t>(characters(text).size())), 0};
    case Function::split:
      return split(text, std::get<std::string>(arguments[1]));
    case Function::host:
      return host(text);
    case Function::parse_time:
      return TimeText(text, std::get<std::string>(arguments[1])).read();
    default: {
      const Parsed parsed = is_utf8(text) ? parse_json(text) : Parsed{};
      return parsed.json ? value_of(*parsed.json) : Value(Absent{});
    }
  }
}

Value of_list(Function function, const Value& list) {
  const auto items = items_of(list);
  if (!items) {
    return Absent{};
  }
  if (function == Function::count) {
    return Exact{big_of(static_cast<std::int64_t>(items->size())), 0};
  }
  if (items->empty()) {
    return Absent{};
  }
  return function == Function::first ? items->front() : items->back();
}

} // namespace

Value call(Function function, const std::vector<Value>& arguments) {
  if (!std::all_of(arguments.begin(), arguments.end(), present)) {
    return Absent{};
  }
  switch (function) {
    case Function::lower:
    case Function::upper:
    case Function::trim:
    case Function::length:
    case Function::split:
    case Function::host:
    case Function::parse_time:
    case Function::json: {
      const auto* text = std::get_if<std::string>(&arguments[0]);
      return text == nullptr ? Value(Absent{}) : of_text(function, *text, arguments);
    }
    case Function::substring:
      return substring(arguments);
    case Function::concat: {
      std::string out;
      for (const Value& argument : arguments) {
        const auto text = text_form(argument);
        if (!text) {
          return Absent{};
        }
        out += *text;
      }
      return out;
    }
    case Function::first:
    case Function::last:
    case Function::count:
      return of_list(function, arguments[0]);
    case Function::hash: {
      const auto text = text_form(arguments[0]);
      std::array<char, 20> hex{};
      if (text) {
        std::snprintf(hex.data(), hex.size(), "%016llx",
                      static_cast<unsigned long long>(XXH64(text->data(), text->size(), 0)));
      }
      return text ? Value(std::string(hex.data())) : Value(Absent{});
    }
    case Function::round:
      return round(arguments);
    case Function::abs:
      return absolute(arguments[0]);
    case Function::min:
    case Function::max: {
      const auto wanted = function == Function::min ? std::strong_ordering::less : std::strong_ordering::greater;
      const auto items = arguments.size() == 1 ? items_of(arguments[0]) : std::nullopt;
      return extreme(items.value_or(arguments), wanted);
    }
    case Function::date: {
      const auto* moment = std::get_if<Moment>(&arguments[0]);
      return moment != nullptr ? date(moment->micros) : Absent{};
    }
    case Function::hour: {
      const auto* moment = std::get_if<Moment>(&arguments[0]);
      if (moment == nullptr) {
        return Absent{};
      }
      const std::int64_t of_day = moment->micros - floor_div(moment->micros, kDay) * kDay;
      return Exact{big_of(of_day / 3'600'000'000), 0};
    }
    case Function::truncate:
      return truncate(arguments[0], arguments[1]);
  }
  return Absent{};
}

std::uint64_t bucket(const std::string& salt, const std::string& text) {
  const std::string whole = salt + std::string(1, '\0') + text;
  return XXH64(whole.data(), whole.size(), 0) % 10'000;
}

} // namespace millrace::reference
