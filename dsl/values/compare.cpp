// Numbers are brought to the narrowest form in which the comparison is exact.
#include "dsl/values/compare.hpp"

#include "dsl/values/number.hpp"
#include "dsl/values/version.hpp"

namespace millrace::dsl {
namespace {

int group_of(Tag tag) {
  switch (tag) {
    case Tag::absent:
      return 0;
    case Tag::boolean:
      return 1;
    case Tag::integer:
    case Tag::floating:
    case Tag::decimal:
    case Tag::token:
      return 2;
    case Tag::text:
      return 3;
    case Tag::timestamp:
      return 4;
    case Tag::uuid:
      return 5;
    case Tag::json:
      return 6;
    case Tag::duration:
      return 7;
    case Tag::ip:
      return 8;
    case Tag::version:
      return 9;
    case Tag::list:
      return 10;
  }
  return 0;
}

std::strong_ordering flip(std::strong_ordering order) { return 0 <=> order; }

std::strong_ordering order_doubles(double left, double right) {
  if (left < right) {
    return std::strong_ordering::less;
  }
  return left > right ? std::strong_ordering::greater : std::strong_ordering::equal;
}

/// Whether the number is a double, or an integer that is one too.
bool is_exact_double(const Value& number) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  return number.tag() == Tag::floating ||
         (number.tag() == Tag::integer && number.as_int() <= kMost && number.as_int() >= -kMost);
}

double as_double(const Value& number) {
  return number.tag() == Tag::floating ? number.as_double() : static_cast<double>(number.as_int());
}

/// A token beyond the range of double is no number, and has no order.
std::optional<std::strong_ordering> order_numbers(const Value& left, const Value& right) {
  if (!left.present() || !right.present()) {
    return std::nullopt;
  }
  if (left.tag() == Tag::integer && right.tag() == Tag::integer) {
    return left.as_int() <=> right.as_int();
  }
  if (left.tag() == Tag::floating && right.tag() == Tag::floating) {
    return order_doubles(left.as_double(), right.as_double());
  }
  if (is_exact_double(left) && is_exact_double(right)) {
    return order_doubles(as_double(left), as_double(right));
  }
  if (left.tag() == Tag::floating) {
    return flip(compare(exact_of(right), left.as_double()));
  }
  if (right.tag() == Tag::floating) {
    return compare(exact_of(left), right.as_double());
  }
  return compare(exact_of(left), exact_of(right));
}

} // namespace

std::optional<std::strong_ordering> compare(const Value& left, const Value& right) {
  const int group = group_of(left.tag());
  if (group != group_of(right.tag())) {
    return std::nullopt;
  }
  switch (left.tag()) {
    case Tag::absent:
    case Tag::json:
    case Tag::list:
      return std::nullopt;
    case Tag::boolean:
      return static_cast<int>(left.as_bool()) <=> static_cast<int>(right.as_bool());
    case Tag::integer:
    case Tag::floating:
    case Tag::decimal:
    case Tag::token:
      return order_numbers(number_of(left), number_of(right));
    case Tag::text:
      return left.as_text() <=> right.as_text();
    case Tag::timestamp:
      return left.as_timestamp() <=> right.as_timestamp();
    case Tag::uuid:
      return left.as_uuid() <=> right.as_uuid();
    case Tag::duration:
      return left.as_duration() <=> right.as_duration();
    case Tag::ip:
      return left.as_ip() <=> right.as_ip();
    case Tag::version:
      return compare_versions(left.as_text(), right.as_text());
  }
  return std::nullopt;
}

bool before(const Value& left, const Value& right) {
  const int left_group = group_of(left.tag());
  const int right_group = group_of(right.tag());
  if (left_group != right_group) {
    return left_group < right_group;
  }
  const auto order = compare(left, right);
  return order ? *order < 0 : number_of(left).present() && !number_of(right).present();
}

} // namespace millrace::dsl
