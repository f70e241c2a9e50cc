#include "tests/support/reference/value.hpp"

#include <unicode/uchar.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace millrace::reference {
namespace {

template <typename Map>
std::string mapped(const std::string& text, Map map) {
  std::string out;
  for (const std::string& character : characters(text)) {
    const auto lead = static_cast<unsigned char>(character[0]);
    unsigned code = lead < 0x80 ? lead : lead & (0xFFU >> (character.size() + 1));
    for (std::size_t i = 1; i < character.size(); ++i) {
      code = code << 6U | (static_cast<unsigned char>(character[i]) & 0x3FU);
    }
    append_utf8(out, static_cast<unsigned>(map(static_cast<UChar32>(code))));
  }
  return out;
}

std::vector<std::string> parts_of(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool all_digits(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::strong_ordering order_versions(const std::string& left, const std::string& right) {
  const auto split = [](std::string text) {
    text = text.substr(0, text.find('+'));
    const std::size_t dash = text.find('-');
    return std::pair(text.substr(0, dash), dash == std::string::npos ? "" : text.substr(dash + 1));
  };
  const auto [left_numbers, left_pre] = split(left);
  const auto [right_numbers, right_pre] = split(right);
  auto a = parts_of(left_numbers, '.');
  auto b = parts_of(right_numbers, '.');
  a.resize(std::max(a.size(), b.size()), "0");
  b.resize(a.size(), "0");
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (const auto found = compare(big_of(a[i]), big_of(b[i])); found != 0) {
      return found;
    }
  }
  if (left_pre.empty() || right_pre.empty()) { // SemVer 11: a pre-release comes before its release
    return static_cast<int>(left_pre.empty()) <=> static_cast<int>(right_pre.empty());
  }
  const auto c = parts_of(left_pre, '.');
  const auto d = parts_of(right_pre, '.');
  for (std::size_t i = 0; i < std::min(c.size(), d.size()); ++i) {
    const bool left_number = all_digits(c[i]);
    const bool right_number = all_digits(d[i]);
    const auto found = left_number && right_number   ? compare(big_of(c[i]), big_of(d[i]))
                       : left_number != right_number ? static_cast<int>(right_number) <=> static_cast<int>(left_number)
                                                     : c[i] <=> d[i];
    if (found != 0) {
      return found;
    }
  }
  return c.size() <=> d.size();
}

std::optional<Big> as_big(const Value& number) {
  if (const auto* exact = std::get_if<Exact>(&number)) {
    return exact->number;
  }
  if (const auto* floating = std::get_if<double>(&number)) {
    return big_of(*floating);
  }
  return std::nullopt;
}

/// As JavaScript prints it.
std::string text_of_double(double value) {
  if (value == 0) {
    return "0";
  }
  std::array<char, 64> text{};
  for (int digits = 0; digits < 17; ++digits) {
    std::snprintf(text.data(), text.size(), "%.*e", digits, std::abs(value));
    if (std::strtod(text.data(), nullptr) == std::abs(value)) {
      break;
    }
  }
  const Big shortest = big_of(std::string_view(text.data()));
  const std::string sign = value < 0 ? "-" : "";
  const std::int64_t point = static_cast<std::int64_t>(shortest.digits.size()) - shortest.scale;
  if (point <= 21 && point > -6) {
    return sign + written(shortest);
  }
  std::string out = sign + shortest.digits.substr(0, 1);
  if (shortest.digits.size() > 1) {
    out += "." + shortest.digits.substr(1);
  }
  return out + "e" + (point > 0 ? "+" : "-") + std::to_string(std::abs(point - 1));
}

std::string text_of_address(const Address& address) {
  std::string out;
  if (is_v4(address)) {
    for (std::size_t i = 12; i < 16; ++i) {
      out += (i > 12 ? "." : "") + std::to_string(address[i]);
    }
    return out;
  }
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) {
    groups[i] = static_cast<unsigned>(address[2 * i]) * 256 + address[2 * i + 1];
  }
  // RFC 5952: the longest run of at least two zeros, the first of several, becomes `::`.
  std::size_t best = 8;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t length = 0;
    while (i + length < 8 && groups[i + length] == 0) {
      ++length;
    }
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  for (std::size_t i = 0; i < 8;) {
    if (i == best) {
      out += "::";
      i += best_length;
      continue;
    }
    std::array<char, 8> hex{};
    std::snprintf(hex.data(), hex.size(), "%x", groups[i]);
    out += (out.empty() || out.ends_with(':') ? "" : ":") + std::string(hex.data());
    ++i;
  }
  return out;
}

} // namespace

std::string folded(const std::string& text) {
  return mapped(text, [](UChar32 c) { return u_foldCase(c, U_FOLD_CASE_DEFAULT); });
}
std::string lower(const std::string& text) { return mapped(text, u_tolower); }
std::string upper(const std::string& text) { return mapped(text, u_toupper); }

std::vector<std::string> characters(const std::string& text) {
  std::vector<std::string> out;
  for (const char c : text) {
    if (out.empty() || (static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      out.emplace_back();
    }
    out.back() += c;
  }
  return out;
}

bool is_v4(const Address& address) {
  constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

Value value_of(const Json& json) {
  switch (json.is) {
    case Json::Is::null:
      return Absent{};
    case Json::Is::boolean:
      return json.truth;
    case Json::Is::number:
      return Token{json.text};
    case Json::Is::text:
      return json.text;
    case Json::Is::list:
    case Json::Is::object:
      return Tree{std::make_shared<Json>(json)};
  }
  return Absent{};
}

Value value_of(const dsl::Value& value) {
  switch (value.tag()) {
    case dsl::Tag::absent:
      return Absent{};
    case dsl::Tag::boolean:
      return value.as_bool();
    case dsl::Tag::integer:
      return Exact{big_of(value.as_int()), 0};
    case dsl::Tag::floating:
      return value.as_double();
    case dsl::Tag::decimal: {
      const dsl::Decimal decimal = value.as_decimal();
      std::string digits;
      for (auto rest = decimal.coefficient; rest != 0; rest /= 10) {
        digits.insert(0, 1, static_cast<char>('0' + std::abs(static_cast<int>(rest % 10))));
      }
      Big number = multiply(big_of(digits.empty() ? "0" : digits), big_of("1e-" + std::to_string(decimal.scale)));
      number.negative = decimal.coefficient < 0;
      return Exact{number, decimal.scale};
    }
    case dsl::Tag::text:
      return std::string(value.as_text());
    case dsl::Tag::timestamp:
      return Moment{value.as_timestamp()};
    case dsl::Tag::uuid: {
      const dsl::Uuid uuid = value.as_uuid();
      std::string out;
      for (std::size_t i = 0; i < uuid.size(); ++i) {
        std::array<char, 4> hex{};
        std::snprintf(hex.data(), hex.size(), "%02x", static_cast<unsigned>(uuid[i]));
        out += (i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "") + std::string(hex.data());
      }
      return Uuid{out};
    }
    case dsl::Tag::token:
      return Token{std::string(value.as_text())};
    case dsl::Tag::json:
      return value_of(*parse_json(value.as_text()).json);
    case dsl::Tag::duration:
      return Span{value.as_duration()};
    case dsl::Tag::ip: {
      Address address{};
      const dsl::Ip ip = value.as_ip();
      std::copy(ip.begin(), ip.end(), address.begin());
      return address;
    }
    case dsl::Tag::version:
      return Version{std::string(value.as_text())};
    case dsl::Tag::list: {
      Items items;
      for (const dsl::Value& item : value.as_list().items) {
        items.values.push_back(value_of(item));
      }
      return items;
    }
  }
  return Absent{};
}

std::optional<std::string> text_form(const Value& value) {
  if (const auto* truth = std::get_if<bool>(&value)) {
    return *truth ? "true" : "false";
  }
  if (const auto* exact = std::get_if<Exact>(&value)) {
    return written(exact->number, exact->digits);
  }
  if (const auto* floating = std::get_if<double>(&value)) {
    return text_of_double(*floating);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return *text;
  }
  if (const auto* token = std::get_if<Token>(&value)) {
    return token->text;
  }
  if (const auto* moment = std::get_if<Moment>(&value)) {
    return text_of_moment(moment->micros);
  }
  if (const auto* span = std::get_if<Span>(&value)) {
    return text_of_span(span->micros);
  }
  if (const auto* uuid = std::get_if<Uuid>(&value)) {
    return uuid->text;
  }
  if (const auto* version = std::get_if<Version>(&value)) {
    return version->text;
  }
  if (const auto* address = std::get_if<Address>(&value)) {
    return text_of_address(*address);
  }
  return std::nullopt;
}

Value number_of(const Value& value) {
  const auto* token = std::get_if<Token>(&value);
  if (token == nullptr) {
    return value;
  }
  const Big exact = big_of(token->text);
  if (static_cast<std::int64_t>(exact.digits.size()) <= 38 && exact.behind_point() <= 38 &&
      exact.before_point() + exact.behind_point() <= 38) {
    return Exact{exact, 0};
  }
  const double nearest = to_double(exact);
  return std::isfinite(nearest) ? Value(nearest) : Value(Absent{});
}

std::optional<std::strong_ordering> order(const Value& left_value, const Value& right_value) {
  const Value left = number_of(left_value);
  const Value right = number_of(right_value);
  if (const auto a = as_big(left), b = as_big(right); a && b) {
    return compare(*a, *b);
  }
  if (left.index() != right.index()) {
    return std::nullopt;
  }
  if (const auto* truth = std::get_if<bool>(&left)) {
    return static_cast<int>(*truth) <=> static_cast<int>(std::get<bool>(right));
  }
  if (const auto* text = std::get_if<std::string>(&left)) {
    return *text <=> std::get<std::string>(right);
  }
  if (const auto* moment = std::get_if<Moment>(&left)) {
    return moment->micros <=> std::get<Moment>(right).micros;
  }
  if (const auto* span = std::get_if<Span>(&left)) {
    return span->micros <=> std::get<Span>(right).micros;
  }
  if (const auto* uuid = std::get_if<Uuid>(&left)) {
    return uuid->text <=> std::get<Uuid>(right).text;
  }
  if (const auto* version = std::get_if<Version>(&left)) {
    return order_versions(version->text, std::get<Version>(right).text);
  }
  if (const auto* address = std::get_if<Address>(&left)) {
    return *address <=> std::get<Address>(right);
  }
  return std::nullopt;
}

std::optional<std::vector<Value>> items_of(const Value& value) {
  if (const auto* items = std::get_if<Items>(&value)) {
    return items->values;
  }
  const auto* tree = std::get_if<Tree>(&value);
  if (tree == nullptr || tree->json->is != Json::Is::list) {
    return std::nullopt;
  }
  std::vector<Value> out;
  for (const Json& item : tree->json->items) {
    out.push_back(value_of(item));
  }
  return out;
}

} // namespace millrace::reference
