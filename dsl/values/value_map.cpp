#include "dsl/values/value_map.hpp"

#include <xxhash.h>

#include "dsl/values/number.hpp"
#include "dsl/values/version.hpp"

namespace millrace::dsl {
namespace {

std::size_t mixed(std::uint64_t value, std::uint64_t seed) {
  value = (value ^ seed) * 0x9E37'79B9'7F4A'7C15U;
  return static_cast<std::size_t>(value ^ (value >> 32U));
}

/// Numbers that are equal have the same nearest double, whatever their kinds.
std::size_t hash_of_number(const Value& number) {
  const double nearest = number.tag() == Tag::floating ? number.as_double() : to_double(exact_of(number));
  std::uint64_t bits = 0;
  if (nearest != 0) { // there are two zeros
    std::memcpy(&bits, &nearest, sizeof bits);
  }
  return mixed(bits, 2);
}

std::size_t hash_of_bytes(const Value& value) {
  const auto bytes = value.tag() == Tag::ip ? value.as_ip() : value.as_uuid();
  return XXH3_64bits(bytes.data(), bytes.size());
}

} // namespace

std::size_t hash_of_value(const Value& value) {
  switch (value.tag()) {
    case Tag::absent:
    case Tag::json:
    case Tag::list:
      return 0;
    case Tag::boolean:
      return mixed(value.as_bool() ? 1 : 0, 1);
    case Tag::integer:
    case Tag::floating:
    case Tag::decimal:
      return hash_of_number(value);
    case Tag::token: {
      const Value number = number_of(value);
      return number.present() ? hash_of_number(number) : 0;
    }
    case Tag::text:
      return XXH3_64bits(value.as_text().data(), value.as_text().size());
    case Tag::timestamp:
      return mixed(static_cast<std::uint64_t>(value.as_timestamp()), 4);
    case Tag::duration:
      return mixed(static_cast<std::uint64_t>(value.as_duration()), 7);
    case Tag::uuid:
    case Tag::ip:
      return hash_of_bytes(value);
    case Tag::version:
      return mixed(hash_of_version(value.as_text()), 8);
  }
  return 0;
}

} // namespace millrace::dsl
