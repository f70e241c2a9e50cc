#include "dsl/infer/seen.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>

#include "dsl/values/duration.hpp"
#include "dsl/values/ip.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/timestamp.hpp"
#include "dsl/values/version.hpp"

namespace millrace::dsl::infer {
namespace {

bool is_uuid(std::string_view text) {
  if (text.size() != 36) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) {
      return false;
    }
  }
  return true;
}

/// `-?digits` without zeros in front: what is a number rather than a code.
bool is_plain_integer(std::string_view text) {
  text.remove_prefix(text.starts_with('-') ? 1 : 0);
  return !text.empty() && (text.front() != '0' || text.size() == 1) &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool has_form(Form form, std::string_view text) {
  switch (form) {
    case Form::timestamp:
      return text.size() >= 16 && parse_iso8601(text).has_value();
    case Form::uuid:
      return is_uuid(text);
    case Form::ip:
      return text.size() >= 2 && text.size() <= 45 && parse_ip(text).has_value();
    case Form::version:
      return is_version(text);
    case Form::duration:
      return parse_duration(text).has_value();
    case Form::integer:
      return is_plain_integer(text) && parse_int(text).has_value();
    case Form::number:
      return number_token_length(text) == text.size() && parse_double(text).has_value();
    case Form::boolean:
      return text == "true" || text == "false";
  }
  return false;
}

} // namespace

void NumbersSeen::add(std::string_view token) {
  const bool first = count() == 0;
  const std::size_t point = token.find('.');
  const bool exponent = token.find_first_of("eE") != std::string_view::npos;
  const std::size_t sign = token.front() == '-' ? 1 : 0;
  const std::size_t digits = std::min(point, token.size()) - sign;
  const std::size_t behind = point == std::string_view::npos ? 0 : token.size() - point - 1;
  const auto capped = [](std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, 1'000)); };
  const auto whole = point == std::string_view::npos && !exponent ? parse_int(token) : std::nullopt;
  const auto number = whole ? std::optional(static_cast<double>(*whole)) : parse_double(token);
  if (!number) {
    ++beyond_double;
    return;
  }
  low = first ? *number : std::min(low, *number);
  high = first ? *number : std::max(high, *number);
  if (exponent) {
    ++exponents;
    return;
  }
  integer_digits = std::max(integer_digits, capped(digits));
  if (whole) {
    least = integers == 0 ? *whole : std::min(least, *whole);
    most = integers == 0 ? *whole : std::max(most, *whole);
    ++integers;
  } else if (point == std::string_view::npos) {
    ++far;
  } else {
    least_scale = fractions == 0 ? capped(behind) : std::min(least_scale, capped(behind));
    most_scale = std::max(most_scale, capped(behind));
    ++fractions;
  }
}

void TextsSeen::add(std::string_view text) {
  ++count;
  with_nul += text.find('\0') != std::string_view::npos ? 1 : 0;
  for (std::size_t form = 0; form < kForms; ++form) {
    always[form] = always[form] && has_form(static_cast<Form>(form), text);
  }
  if (is_always(Form::version)) {
    const int parts = 1 + static_cast<int>(std::count(text.begin(), text.end(), '.'));
    most_parts = std::max(most_parts, parts);
    least_parts = count == 1 ? parts : std::min(least_parts, parts);
  }
  if (is_always(Form::number)) {
    numbers.add(text);
  }
  if (many) {
    return;
  }
  const auto known = std::find_if(values.begin(), values.end(), [&](const auto& each) { return each.first == text; });
  if (known != values.end()) {
    ++known->second;
  } else if (values.size() == kMostListed || text.size() > kLongestListed) {
    many = true;
    values.clear();
    values.shrink_to_fit();
  } else {
    values.emplace_back(text, 1);
  }
}

class Repeats::Hashes {
 public:
  boost::unordered_flat_set<std::size_t> set;
};

Repeats::Repeats() : hashes_(std::make_unique<Hashes>()) {}
Repeats::~Repeats() = default;

void Repeats::add(std::string_view value) {
  if (repeated_ || looked_at_ == kMostKept) {
    return;
  }
  ++looked_at_;
  repeated_ = !hashes_->set.insert(std::hash<std::string_view>{}(value)).second;
  if (repeated_ || looked_at_ == kMostKept) {
    hashes_.reset();
  }
}

} // namespace millrace::dsl::infer
