// One value on its way through a rule or into a column: 24 bytes, no ownership. What text points to is promised by
// whoever made it: the program for constants, the event or the evaluator's arena for everything else (until the next
// event).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "dsl/values/decimal.hpp"

namespace millrace::dsl {

enum class Tag : std::uint8_t {
  absent = 0,
  boolean = 1,
  integer = 2,   // 64 bit
  floating = 3,  // finite
  decimal = 4,   // 128 bit and a scale
  text = 5,      // unescaped UTF-8
  timestamp = 6, // microseconds since 1970, UTC
  uuid = 7,      // 16 bytes in the order in which they are written
  token = 8,     // a JSON number of type `any`, as it was written
  json = 9,      // an object, or a list of no declared type, as it was written
  duration = 10, // microseconds
  ip = 11,       // 16 bytes; version 4 as an IPv4-mapped address
  version = 12,  // as it was received, known to be one
  list = 13,     // items of one type
};

using Uuid = std::array<std::uint8_t, 16>;
using Ip = std::array<std::uint8_t, 16>;

struct List;

/// Reading a value as another tag than its own is a mistake of the caller and not checked.
class Value {
 public:
  Value() = default;

  static Value of_bool(bool value) {
    Value out(Tag::boolean);
    out.low_ = value ? 1 : 0;
    return out;
  }
  static Value of_int(std::int64_t value) {
    Value out(Tag::integer);
    out.low_ = static_cast<std::uint64_t>(value);
    return out;
  }
  static Value of_double(double value) {
    Value out(Tag::floating);
    std::memcpy(&out.low_, &value, sizeof value);
    return out;
  }
  static Value of_decimal(Decimal value) {
    Value out(Tag::decimal);
    out.scale_ = value.scale;
    out.low_ = static_cast<std::uint64_t>(value.coefficient);
    out.high_ = static_cast<std::uint64_t>(static_cast<Uint128>(value.coefficient) >> 64U);
    return out;
  }
  static Value of_text(std::string_view value) { return of_span(Tag::text, value); }
  static Value of_token(std::string_view value) { return of_span(Tag::token, value); }
  static Value of_json(std::string_view value) { return of_span(Tag::json, value); }
  static Value of_timestamp(std::int64_t micros) {
    Value out(Tag::timestamp);
    out.low_ = static_cast<std::uint64_t>(micros);
    return out;
  }
  static Value of_uuid(const Uuid& value) { return of_bytes(Tag::uuid, value); }
  static Value of_ip(const Ip& value) { return of_bytes(Tag::ip, value); }
  static Value of_duration(std::int64_t micros) {
    Value out(Tag::duration);
    out.low_ = static_cast<std::uint64_t>(micros);
    return out;
  }
  static Value of_version(std::string_view value) { return of_span(Tag::version, value); }
  /// The list lives as long as the value is used.
  static Value of_list(const List& value) {
    Value out(Tag::list);
    const List* const list = &value;
    std::memcpy(&out.high_, &list, sizeof list);
    return out;
  }

  Tag tag() const { return tag_; }
  /// All that tells two values of one tag apart, as long as texts are told apart by where they lie.
  struct Representation {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::uint8_t scale = 0;
  };
  Representation representation() const { return {low_, high_, scale_}; }
  bool present() const { return tag_ != Tag::absent; }
  bool is_number() const { return tag_ == Tag::integer || tag_ == Tag::floating || tag_ == Tag::decimal; }

  bool as_bool() const { return low_ != 0; }
  std::int64_t as_int() const { return static_cast<std::int64_t>(low_); }
  std::int64_t as_timestamp() const { return static_cast<std::int64_t>(low_); }
  double as_double() const {
    double out;
    std::memcpy(&out, &low_, sizeof out);
    return out;
  }
  Decimal as_decimal() const { return {static_cast<Int128>(static_cast<Uint128>(high_) << 64U | low_), scale_}; }
  std::int64_t as_duration() const { return static_cast<std::int64_t>(low_); }
  /// The text of `text`, `token`, `json` and `version`.
  std::string_view as_text() const {
    const char* data;
    std::memcpy(&data, &high_, sizeof data);
    return {data, static_cast<std::size_t>(low_)};
  }
  Uuid as_uuid() const { return as_bytes(); }
  Ip as_ip() const { return as_bytes(); }
  const List& as_list() const {
    const List* list;
    std::memcpy(&list, &high_, sizeof list);
    return *list;
  }

 private:
  explicit Value(Tag tag) : tag_(tag) {}
  static Value of_span(Tag tag, std::string_view value) {
    Value out(tag);
    out.low_ = value.size();
    const char* const data = value.data();
    std::memcpy(&out.high_, &data, sizeof data);
    return out;
  }
  static Value of_bytes(Tag tag, const std::array<std::uint8_t, 16>& value) {
    Value out(tag);
    std::memcpy(&out.low_, value.data(), 8);
    std::memcpy(&out.high_, value.data() + 8, 8);
    return out;
  }
  std::array<std::uint8_t, 16> as_bytes() const {
    std::array<std::uint8_t, 16> out;
    std::memcpy(out.data(), &low_, 8);
    std::memcpy(out.data() + 8, &high_, 8);
    return out;
  }

  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
  std::uint8_t scale_ = 0;
  Tag tag_ = Tag::absent;
};

/// What a value of a list points to; in the program or an arena.
struct List {
  std::span<const Value> items;
  std::string_view json; // as it was written; empty of one that was computed
};

static_assert(sizeof(Value) == 24 && sizeof(const char*) == sizeof(std::uint64_t));

} // namespace millrace::dsl
