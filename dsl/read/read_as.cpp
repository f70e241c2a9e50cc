#include "dsl/read/read_as.hpp"

#include <algorithm>
#include <cmath>

#include "dsl/read/json_value.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/text_form.hpp"

namespace millrace::dsl {
namespace {

Value number_as(const Value& number, const ValueType& type, Arena& arena) {
  switch (type.kind) {
    case Kind::integer: {
      if (number.tag() == Tag::integer) {
        return number;
      }
      if (number.tag() == Tag::decimal) {
        const auto whole = to_int64(number.as_decimal());
        return whole ? Value::of_int(*whole) : Value();
      }
      const double value = number.as_double();
      const bool whole = value == std::trunc(value) && value >= -0x1p63 && value < 0x1p63;
      return whole ? Value::of_int(static_cast<std::int64_t>(value)) : Value();
    }
    case Kind::floating:
      return number.tag() == Tag::floating ? number : Value::of_double(to_double(exact_of(number)));
    case Kind::decimal: {
      if (number.tag() == Tag::floating) { // the digits that the double is written with
        return value_from_text(*text_form(number, arena), type);
      }
      const Decimal exact = exact_of(number);
      const auto scaled = type.precision == 0 ? std::optional(exact) : rescale_exact(exact, type.scale);
      const bool good = scaled && (type.precision == 0 || fits(*scaled, type.precision, type.scale));
      return good ? Value::of_decimal(*scaled) : Value();
    }
    case Kind::boolean:
    case Kind::text:
    case Kind::timestamp:
    case Kind::uuid:
    case Kind::object:
    case Kind::any:
    case Kind::duration:
    case Kind::ip:
    case Kind::version:
    case Kind::list:
      return {};
  }
  return {};
}

Value text_as(const Value& value, const ValueType& type, const Program& program, Arena& arena) {
  const auto text = text_form(value, arena);
  if (!text) {
    return {};
  }
  if (type.names != kNone) {
    const Enumeration& names = program.enumerations[type.names];
    if (!names.or_other && std::find(names.names.begin(), names.names.end(), *text) == names.names.end()) {
      return {};
    }
  }
  return Value::of_text(*text);
}

Value list_as(const Value& value, const ValueType& type, const Program& program, Arena& arena) {
  const auto items = items_of(value, arena);
  if (!items) {
    return {};
  }
  const ValueType& element = program.types[type.element];
  Value* const out = arena.allocate_of<Value>(items->size());
  for (std::size_t i = 0; i < items->size(); ++i) {
    const Value item = read_as((*items)[i], element, program, arena);
    if (!item.present() && element.kind != Kind::any) {
      return {};
    }
    out[i] = item;
  }
  return list_of({out, items->size()}, {}, arena);
}

} // namespace

Value read_as(const Value& value, const ValueType& type, const Program& program, Arena& arena) {
  if (type.kind == Kind::any) {
    return value;
  }
  if (type.kind == Kind::text) {
    return text_as(value, type, program, arena);
  }
  switch (value.tag()) {
    case Tag::absent:
      return {};
    case Tag::text:
      return value_from_text(value.as_text(), type);
    case Tag::integer:
    case Tag::floating:
    case Tag::decimal:
      return number_as(value, type, arena);
    case Tag::token: {
      const Value number = number_of(value);
      return number.present() ? number_as(number, type, arena) : Value();
    }
    case Tag::boolean:
      return type.kind == Kind::boolean ? value : Value();
    case Tag::timestamp:
      return type.kind == Kind::timestamp ? value : Value();
    case Tag::uuid:
      return type.kind == Kind::uuid ? value : Value();
    case Tag::duration:
      return type.kind == Kind::duration ? value : Value();
    case Tag::ip:
      return type.kind == Kind::ip ? value : Value();
    case Tag::version:
      return type.kind == Kind::version ? value : Value();
    case Tag::list:
      return type.kind == Kind::list ? list_as(value, type, program, arena) : Value();
    case Tag::json:
      if (type.kind == Kind::list) {
        return list_as(value, type, program, arena);
      }
      return type.kind == Kind::object && value.as_text().starts_with('{') ? value : Value();
  }
  return {};
}

} // namespace millrace::dsl
