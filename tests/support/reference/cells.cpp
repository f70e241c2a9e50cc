#include "tests/support/reference/cells.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace millrace::reference {
namespace {

using dsl::Fault;
using dsl::SqlKind;

const Cell kTooLarge{{}, Fault::too_large};

Cell integer(const Value& value, std::int64_t low, std::int64_t high) {
  const auto* exact = std::get_if<Exact>(&value);
  const auto whole = exact == nullptr ? std::nullopt : to_int(exact->number);
  return whole && *whole >= low && *whole <= high ? Cell{std::to_string(*whole)} : kTooLarge;
}

Cell numeric(const Value& value, const dsl::SqlType& type) {
  const auto* exact = std::get_if<Exact>(&value);
  if (exact == nullptr) {
    return kTooLarge;
  }
  if (type.precision == 0) {
    return {written(exact->number)};
  }
  const Big number = rounded(exact->number, type.scale);
  return number.before_point() <= type.precision - type.scale ? Cell{written(number, type.scale)} : kTooLarge;
}

Cell floating(const Value& value, bool single) {
  const auto* exact = std::get_if<Exact>(&value);
  const auto* wide = std::get_if<double>(&value);
  if (exact == nullptr && wide == nullptr) {
    return kTooLarge;
  }
  const double number = wide != nullptr ? *wide : to_double(exact->number);
  const auto narrow = static_cast<float>(number);
  if (single && (std::isinf(narrow) || (number != 0 && narrow == 0))) {
    return kTooLarge;
  }
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.17g", number + 0.0); // -0 is 0
  return {text.data()};
}

Cell text(const Value& value, const dsl::SqlType& type) {
  const bool is_text = std::holds_alternative<std::string>(value) || std::holds_alternative<Token>(value) ||
                       std::holds_alternative<Version>(value);
  if (!is_text) {
    return kTooLarge;
  }
  const std::string out = *text_form(value);
  if (out.find('\0') != std::string::npos) {
    return {{}, Fault::nul_in_text};
  }
  const bool too_long = type.length > 0 && characters(out).size() > static_cast<std::size_t>(type.length);
  return too_long ? kTooLarge : Cell{"<" + out + ">"};
}

/// 131,072 digits before the point and 16,383 behind it.
bool jsonb_can_hold(const Json& json) {
  if (json.is == Json::Is::number) {
    const Big number = big_of(json.text);
    const std::string mantissa = json.text.substr(0, json.text.find_first_of("eE"));
    const std::size_t point = mantissa.find('.');
    std::int64_t behind = point == std::string::npos ? 0 : static_cast<std::int64_t>(mantissa.size() - point - 1);
    if (mantissa.size() != json.text.size()) {
      const Big exponent = big_of(json.text.substr(mantissa.size() + 1 + (json.text[mantissa.size() + 1] == '+')));
      behind -= to_int(exponent).value_or(exponent.negative ? -1'000'000'000 : 1'000'000'000);
    }
    return number.before_point() <= 131'072 && behind <= 16'383;
  }
  return std::all_of(json.items.begin(), json.items.end(), jsonb_can_hold) &&
         std::all_of(json.members.begin(), json.members.end(),
                     [](const Member& member) { return jsonb_can_hold(member.value); });
}

Json text_json(const std::string& text) {
  Json out;
  out.is = Json::Is::text;
  out.text = text;
  return out;
}

Json json_of(const Value& value) {
  if (const auto* tree = std::get_if<Tree>(&value)) {
    return *tree->json;
  }
  if (const auto* items = std::get_if<Items>(&value)) {
    if (items->json) {
      return *items->json;
    }
    Json out;
    out.is = Json::Is::list;
    for (const Value& item : items->values) {
      out.items.push_back(json_of(item));
    }
    return out;
  }
  if (!present(value)) {
    return {};
  }
  const bool as_is = std::holds_alternative<bool>(value) || std::holds_alternative<Exact>(value) ||
                     std::holds_alternative<double>(value) || std::holds_alternative<Token>(value);
  return as_is ? *parse_json(*text_form(value)).json : text_json(*text_form(value));
}

Cell jsonb(const Value& value) {
  const Json json = json_of(value);
  const std::string out = canonical(json);
  if (out.find('\0') != std::string::npos) {
    return {{}, Fault::nul_in_text};
  }
  return jsonb_can_hold(json) ? Cell{out} : Cell{{}, Fault::number_in_json};
}

Cell array(const Value& value, dsl::SqlType element) {
  const auto items = items_of(value);
  if (!items) {
    return kTooLarge;
  }
  element.array = false;
  std::string out;
  for (const Value& item : *items) {
    const Cell cell = present(item) ? fit(item, element) : Cell{"NULL"};
    if (cell.fault != Fault::none) {
      return cell;
    }
    out += (out.empty() ? "" : ",") + cell.text;
  }
  return {"{" + out + "}"};
}

template <typename T>
Cell as_it_is(const Value& value) {
  return std::holds_alternative<T>(value) ? Cell{*text_form(value)} : kTooLarge;
}

} // namespace

Cell fit(const Value& value, const dsl::SqlType& type) {
  if (type.array) {
    return array(value, type);
  }
  switch (type.kind) {
    case SqlKind::boolean:
      return as_it_is<bool>(value);
    case SqlKind::smallint:
      return integer(value, INT16_MIN, INT16_MAX);
    case SqlKind::integer:
      return integer(value, INT32_MIN, INT32_MAX);
    case SqlKind::bigint:
      return integer(value, INT64_MIN, INT64_MAX);
    case SqlKind::numeric:
      return numeric(value, type);
    case SqlKind::real:
      return floating(value, true);
    case SqlKind::double_precision:
      return floating(value, false);
    case SqlKind::text:
    case SqlKind::varchar:
    case SqlKind::character:
      return text(value, type);
    case SqlKind::timestamptz:
      return as_it_is<Moment>(value);
    case SqlKind::date: {
      const auto* moment = std::get_if<Moment>(&value);
      using namespace std::chrono;
      return moment == nullptr ? kTooLarge : Cell{std::to_string(floor<days>(microseconds{moment->micros}).count())};
    }
    case SqlKind::uuid:
      return as_it_is<Uuid>(value);
    case SqlKind::jsonb:
      return jsonb(value);
    case SqlKind::interval:
      return as_it_is<Span>(value);
    case SqlKind::inet:
      return as_it_is<Address>(value);
  }
  return kTooLarge;
}

} // namespace millrace::reference
