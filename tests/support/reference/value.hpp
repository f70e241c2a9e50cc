// Values of the reference interpreter, and their texts and JSON. Written from the text of the language: nothing of
// dsl/values, dsl/read or dsl/evaluate is called.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dsl/program.hpp"
#include "tests/support/reference/big.hpp"
#include "tests/support/reference/json.hpp"

namespace millrace::reference {

struct Absent {};

/// An int or a decimal; a declared decimal is written with all its fraction digits.
struct Exact {
  Big number;
  std::int64_t digits = 0;
};
struct Token { // a number of `any`
  std::string text;
};
struct Moment {
  std::int64_t micros = 0;
};
struct Span {
  std::int64_t micros = 0;
};
struct Uuid {
  std::string text; // lower case
};
struct Version {
  std::string text;
};
using Address = std::array<unsigned char, 16>;
struct Tree { // an object, or a list of `any`
  std::shared_ptr<const Json> json;
};
struct Items;

using Value =
    std::variant<Absent, bool, Exact, double, std::string, Token, Moment, Span, Uuid, Version, Address, Tree, Items>;

struct Items {
  std::vector<Value> values;
  std::shared_ptr<const Json> json; // where it was read
};

inline bool present(const Value& value) { return !std::holds_alternative<Absent>(value); }

/// As `any`.
Value value_of(const Json& json);
/// Of a Program's constants, sets and lookups.
Value value_of(const dsl::Value& value);

std::optional<std::string> text_form(const Value& value);
/// The value that has this text form.
Value from_text(const std::string& text, const dsl::ValueType& type);
/// `x as T`
Value read_as(const Value& value, const dsl::ValueType& type, const dsl::Program& program);
/// A field or an item of one, as the event must have it; absent and a fault if it is none.
struct Read {
  Value value;
  dsl::Fault fault = dsl::Fault::none;
};
Read from_wire(const Json& json, const dsl::ValueType& type, const dsl::Program& program);

/// Absent where the two have no order between them.
std::optional<std::strong_ordering> order(const Value& left, const Value& right);
inline bool same(const Value& left, const Value& right) {
  const auto found = order(left, right);
  return found && *found == 0;
}
/// What a number is to calculations: an Exact or a double; everything else as it is.
Value number_of(const Value& value);
/// The elements of a list, however it came to be.
std::optional<std::vector<Value>> items_of(const Value& value);

std::string folded(const std::string& text);
std::string lower(const std::string& text);
std::string upper(const std::string& text);
std::vector<std::string> characters(const std::string& text);

std::string text_of_moment(std::int64_t micros);
std::string text_of_span(std::int64_t micros);
std::optional<std::int64_t> moment_of(std::string_view text);
bool is_moment(__int128 micros);
std::optional<Address> address_of(const std::string& text);
bool is_v4(const Address& address);

} // namespace millrace::reference
