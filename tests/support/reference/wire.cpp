// How values are read: from the JSON of an event, and from texts. Sections 2 and 15 of the language.
#include <arpa/inet.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "tests/support/reference/value.hpp"

namespace millrace::reference {
namespace {

using dsl::Fault;
using dsl::Kind;
using dsl::Wire;

constexpr std::int64_t kSecond = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the pieces of a text off its front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// That many digits as a number, or -1.
  int digits(std::size_t count) {
    int out = 0;
    if (rest_.size() < count) {
      return -1;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(rest_[i])) {
        return -1;
      }
      out = out * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return out;
  }
  bool one_of(std::string_view letters) {
    if (rest_.empty() || letters.find(rest_[0]) == std::string_view::npos) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  bool starts_with(char c) const { return rest_.starts_with(c); }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool is_uuid(const std::string& text) {
  if (text.size() != 36) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::strchr("0123456789abcdefABCDEF", text[i]) == nullptr || text[i] == '\0') {
      return false;
    }
  }
  return true;
}

bool is_version(const std::string& text) {
  const std::size_t plus = text.find('+');
  const std::string front = text.substr(0, plus);
  const std::size_t dash = front.find('-');
  const auto good = [](const std::string& dotted, const char* letters) {
    std::string part;
    for (const char c : dotted + ".") {
      if (c != '.') {
        part += c;
      } else if (part.empty() || part.find_first_not_of(letters) != std::string::npos) {
        return false;
      } else {
        part.clear();
      }
    }
    return true;
  };
  constexpr const char* kLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
  return good(front.substr(0, dash), "0123456789") &&
         (dash == std::string::npos || good(front.substr(dash + 1), kLetters)) &&
         (plus == std::string::npos || good(text.substr(plus + 1), kLetters));
}

struct Unit {
  const char* name;
  std::int64_t micros;
};
constexpr Unit kUnits[] = {{"w", 7 * 86'400 * kSecond},
                           {"d", 86'400 * kSecond},
                           {"h", 3'600 * kSecond},
                           {"m", 60 * kSecond},
                           {"s", kSecond},
                           {"ms", 1'000},
                           {"us", 1}};

std::optional<std::int64_t> span_of(const std::string& text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const bool negative = at == 1;
  Big total;
  const Unit* next = std::begin(kUnits);
  if (at == text.size()) {
    return std::nullopt;
  }
  while (at < text.size()) {
    std::string digits;
    std::string name;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      digits += text[at];
    }
    for (; at < text.size() && !is_digit(text[at]); ++at) {
      name += text[at];
    }
    const Unit* unit = std::find_if(next, std::end(kUnits), [&](const Unit& u) { return name == u.name; });
    if (digits.empty() || unit == std::end(kUnits)) {
      return std::nullopt;
    }
    total = add(total, multiply(big_of(digits), big_of(unit->micros)));
    next = unit + 1;
  }
  return to_int(negative ? negated(total) : total);
}

std::optional<Big> fitting(const Big& number, const dsl::ValueType& type) {
  if (type.precision == 0) { // a quotient: 38 digits, wherever the point is
    return number.before_point() + number.behind_point() <= 38 ? std::optional(number) : std::nullopt;
  }
  const bool good = number.behind_point() <= type.scale && number.before_point() <= type.precision - type.scale;
  return good ? std::optional(number) : std::nullopt;
}

Value exact(const Big& number, const dsl::ValueType& type) {
  const auto good = fitting(number, type);
  return good ? Value(Exact{*good, type.precision == 0 ? 0 : type.scale}) : Value(Absent{});
}

Value floating(const Big& number) {
  const double nearest = to_double(number);
  return std::isfinite(nearest) ? Value(nearest) : Value(Absent{});
}

bool is_number(const std::string& text) { return !text.empty() && number_length(text) == text.size(); }

bool is_int_token(const std::string& text) { return is_number(text) && text.find_first_of(".eE") == std::string::npos; }

Value unix_time(const std::string& token, std::int64_t unit) {
  const Big micros = multiply(big_of(token), big_of(unit));
  if (micros.before_point() > 18) {
    return Absent{};
  }
  // Down to the microsecond before it.
  Big whole = micros;
  if (!whole.whole()) {
    const auto kept = static_cast<std::size_t>(micros.before_point());
    whole = big_of((kept == 0 ? "0" : micros.digits.substr(0, kept)));
    whole.negative = micros.negative && !whole.zero();
    whole = micros.negative ? subtract(whole, big_of("1")) : whole;
  }
  const auto out = to_int(whole);
  return out && is_moment(*out) ? Value(Moment{*out}) : Value(Absent{});
}

Read scalar(const Value& value) {
  return present(value) ? Read{value, Fault::none} : Read{Absent{}, Fault::does_not_fit};
}

constexpr Read wrong() { return {Absent{}, Fault::wrong_type}; }

Read from_wire_text(const Json& json, const dsl::ValueType& type, const dsl::Program& program) {
  switch (type.kind) {
    case Kind::any:
      return {json.text, Fault::none};
    case Kind::text: {
      if (type.names != dsl::kNone) {
        const dsl::Enumeration& names = program.enumerations[type.names];
        if (!names.or_other && std::find(names.names.begin(), names.names.end(), json.text) == names.names.end()) {
          return {Absent{}, Fault::not_listed};
        }
      }
      return {json.text, Fault::none};
    }
    case Kind::timestamp: {
      const bool numeric = type.wire == Wire::unix_s || type.wire == Wire::unix_ms || type.wire == Wire::unix_us;
      return numeric ? wrong() : scalar(from_text(json.text, type));
    }
    case Kind::duration:
    case Kind::ip:
    case Kind::version:
    case Kind::uuid:
      return scalar(from_text(json.text, type));
    case Kind::boolean:
    case Kind::integer:
    case Kind::floating:
    case Kind::decimal:
      return type.wire == Wire::text ? scalar(from_text(json.text, type)) : wrong();
    case Kind::object:
    case Kind::list:
      return wrong();
  }
  return wrong();
}

Read from_wire_number(const Json& json, const dsl::ValueType& type) {
  if (type.kind == Kind::any) {
    return {Token{json.text}, Fault::none};
  }
  if (type.wire == Wire::text) {
    return wrong();
  }
  switch (type.kind) {
    case Kind::integer: {
      const auto whole = is_int_token(json.text) ? to_int(big_of(json.text)) : std::nullopt;
      return scalar(whole ? Value(Exact{big_of(*whole), 0}) : Value(Absent{}));
    }
    case Kind::floating:
      return scalar(floating(big_of(json.text)));
    case Kind::decimal:
      return scalar(exact(big_of(json.text), type));
    case Kind::timestamp:
      switch (type.wire) {
        case Wire::unix_s:
          return scalar(unix_time(json.text, kSecond));
        case Wire::unix_ms:
          return scalar(unix_time(json.text, 1'000));
        case Wire::unix_us:
          return scalar(unix_time(json.text, 1));
        default:
          return wrong();
      }
    default:
      return wrong();
  }
}

Read from_wire_list(const Json& json, const dsl::ValueType& type, const dsl::Program& program) {
  const dsl::ValueType& element = program.types[type.element];
  Items items{{}, std::make_shared<Json>(json)};
  for (const Json& item : json.items) {
    if (item.is == Json::Is::null && element.kind != Kind::any) {
      return {Absent{}, Fault::null};
    }
    const Read read = from_wire(item, element, program);
    if (read.fault != Fault::none) {
      return read;
    }
    items.values.push_back(read.value);
  }
  return {items, Fault::none};
}

} // namespace

bool is_moment(__int128 micros) {
  constexpr std::int64_t kFirst = -62'135'596'800;
  constexpr std::int64_t kBehind = 253'402'300'800;
  return micros >= static_cast<__int128>(kFirst) * kSecond && micros < static_cast<__int128>(kBehind) * kSecond;
}

std::string text_of_moment(std::int64_t micros) {
  using namespace std::chrono;
  const sys_time<microseconds> moment{microseconds{micros}};
  const sys_days day = floor<days>(moment);
  const year_month_day date{day};
  const hh_mm_ss time{moment - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  std::string out = text.data();
  if (time.subseconds().count() != 0) {
    std::snprintf(text.data(), text.size(), ".%06d", static_cast<int>(time.subseconds().count()));
    out += text.data();
  }
  return out + "Z";
}

std::string text_of_span(std::int64_t micros) {
  std::string out;
  __int128 rest = micros;
  if (rest < 0) {
    out = "-";
    rest = -rest;
  }
  for (const Unit& unit : kUnits) {
    if (rest >= unit.micros) {
      out += std::to_string(static_cast<std::int64_t>(rest / unit.micros)) + unit.name;
      rest %= unit.micros;
    }
  }
  return out.empty() ? "0s" : out;
}

/// RFC 3339 with an offset; `T` or a space; seconds may be missing; the fraction is cut to microseconds.
std::optional<std::int64_t> moment_of(std::string_view text) {
  using namespace std::chrono;
  Scanner in(text);
  const int year = in.digits(4);
  const bool first_dash = in.one_of("-");
  const int month = in.digits(2);
  const bool second_dash = in.one_of("-");
  const int day = in.digits(2);
  const bool middle = in.one_of("Tt ");
  const int hour = in.digits(2);
  const bool colon = in.one_of(":");
  const int minute = in.digits(2);
  if (year < 1 || !first_dash || month < 0 || !second_dash || day < 0 || !middle || hour < 0 || hour > 23 || !colon ||
      minute < 0 || minute > 59) {
    return std::nullopt;
  }
  int second = 0;
  std::int64_t fraction = 0;
  if (in.one_of(":")) {
    second = in.digits(2);
    if (second < 0 || second > 59) {
      return std::nullopt;
    }
    if (in.one_of(".")) {
      std::int64_t unit = 100'000;
      int count = 0;
      for (int digit = in.digits(1); digit >= 0; digit = in.digits(1), ++count) {
        fraction += digit * unit;
        unit /= 10;
      }
      if (count == 0) {
        return std::nullopt;
      }
    }
  }
  std::int64_t offset = 0;
  if (!in.one_of("Zz")) {
    const bool west = in.starts_with('-');
    const bool sign = in.one_of("+-");
    const int hours = in.digits(2);
    const bool between = in.one_of(":");
    const int minutes = in.digits(2);
    if (!sign || hours < 0 || hours > 23 || !between || minutes < 0 || minutes > 59) {
      return std::nullopt;
    }
    offset = (hours * 60 + minutes) * (west ? -60 : 60);
  }
  const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!in.done() || !date.ok()) {
    return std::nullopt;
  }
  const std::int64_t seconds =
      std::int64_t{sys_days{date}.time_since_epoch().count()} * 86'400 + hour * 3'600 + minute * 60 + second - offset;
  const std::int64_t micros = seconds * kSecond + fraction;
  return is_moment(micros) ? std::optional(micros) : std::nullopt;
}

std::optional<Address> address_of(const std::string& text) {
  Address out{};
  if (text.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  if (inet_pton(AF_INET6, text.c_str(), out.data()) == 1) {
    return out;
  }
  out = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return inet_pton(AF_INET, text.c_str(), out.data() + 12) == 1 ? std::optional(out) : std::nullopt;
}

Value from_text(const std::string& text, const dsl::ValueType& type) {
  switch (type.kind) {
    case Kind::boolean:
      return text == "true" ? Value(true) : text == "false" ? Value(false) : Value(Absent{});
    case Kind::integer: {
      const std::string digits = text.starts_with('-') ? text.substr(1) : text;
      const bool good = !digits.empty() && std::all_of(digits.begin(), digits.end(), is_digit);
      const auto whole = good ? to_int(big_of(text)) : std::nullopt;
      return whole ? Value(Exact{big_of(*whole), 0}) : Value(Absent{});
    }
    case Kind::floating:
      return is_number(text) ? floating(big_of(text)) : Value(Absent{});
    case Kind::decimal:
      return is_number(text) ? exact(big_of(text), type) : Value(Absent{});
    case Kind::text:
      return text;
    case Kind::timestamp: {
      const auto moment = moment_of(text);
      return moment ? Value(Moment{*moment}) : Value(Absent{});
    }
    case Kind::uuid:
      return is_uuid(text) ? Value(Uuid{lower(text)}) : Value(Absent{});
    case Kind::duration: {
      const auto span = span_of(text);
      return span ? Value(Span{*span}) : Value(Absent{});
    }
    case Kind::ip: {
      const auto address = address_of(text);
      return address ? Value(*address) : Value(Absent{});
    }
    case Kind::version:
      return is_version(text) ? Value(Version{text}) : Value(Absent{});
    case Kind::object:
    case Kind::any:
    case Kind::list:
      return Absent{};
  }
  return Absent{};
}

Read from_wire(const Json& json, const dsl::ValueType& type, const dsl::Program& program) {
  switch (json.is) {
    case Json::Is::null:
      return {Absent{}, Fault::none};
    case Json::Is::boolean:
      if (type.kind == Kind::any || (type.kind == Kind::boolean && type.wire != Wire::text)) {
        return {json.truth, Fault::none};
      }
      return wrong();
    case Json::Is::number:
      return from_wire_number(json, type);
    case Json::Is::text:
      return from_wire_text(json, type, program);
    case Json::Is::list:
      if (type.kind == Kind::list) {
        return from_wire_list(json, type, program);
      }
      return type.kind == Kind::any ? Read{value_of(json), Fault::none} : wrong();
    case Json::Is::object:
      return type.kind == Kind::any || type.kind == Kind::object ? Read{value_of(json), Fault::none} : wrong();
  }
  return wrong();
}

Value read_as(const Value& value, const dsl::ValueType& type, const dsl::Program& program) {
  if (!present(value) || type.kind == Kind::any) {
    return value;
  }
  if (type.kind == Kind::list) {
    const auto items = items_of(value);
    if (!items) {
      return Absent{};
    }
    Items out;
    for (const Value& item : *items) {
      out.values.push_back(read_as(item, program.types[type.element], program));
      if (!present(out.values.back()) && program.types[type.element].kind != Kind::any) {
        return Absent{};
      }
    }
    return out;
  }
  if (type.kind == Kind::object) {
    const auto* tree = std::get_if<Tree>(&value);
    return tree != nullptr && tree->json->is == Json::Is::object ? value : Value(Absent{});
  }
  const auto text = text_form(value);
  if (type.kind == Kind::text) {
    const bool listed = type.names != dsl::kNone && !program.enumerations[type.names].or_other;
    if (!text || !listed) {
      return text ? Value(*text) : Value(Absent{});
    }
    const auto& names = program.enumerations[type.names].names;
    return std::find(names.begin(), names.end(), *text) != names.end() ? Value(*text) : Value(Absent{});
  }
  if (const auto* written = std::get_if<std::string>(&value)) {
    return from_text(*written, type);
  }
  const Value number = number_of(value);
  const auto* whole = std::get_if<Exact>(&number);
  const auto* wide = std::get_if<double>(&number);
  if (whole == nullptr && wide == nullptr) { // as it is, if it is of that type already
    const Value same_type = text ? from_text(*text, type) : Value(Absent{});
    return same_type.index() == value.index() ? value : Value(Absent{});
  }
  switch (type.kind) {
    case Kind::integer: { // only where it is integral
      const auto integer = to_int(whole != nullptr ? whole->number : big_of(*wide));
      return integer ? Value(Exact{big_of(*integer), 0}) : Value(Absent{});
    }
    case Kind::floating:
      return wide != nullptr ? number : floating(whole->number);
    case Kind::decimal:
      return exact(whole != nullptr ? whole->number : big_of(*text_form(number)), type);
    default:
      return Absent{};
  }
}

} // namespace millrace::reference
