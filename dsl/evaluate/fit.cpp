#include "dsl/evaluate/fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include "dsl/read/json_text.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/text_form.hpp"
#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {
namespace {

constexpr Fitted kTooLarge{{}, Fault::too_large};

Fitted fit_integer(const Value& value, std::int64_t low, std::int64_t high) {
  if (value.tag() != Tag::integer || value.as_int() < low || value.as_int() > high) {
    return kTooLarge;
  }
  return {value, Fault::none};
}

Fitted fit_numeric(const Value& value, const SqlType& type) {
  if (value.tag() != Tag::integer && value.tag() != Tag::decimal) {
    return kTooLarge;
  }
  const Decimal exact = exact_of(value);
  if (type.precision == 0) {
    return {Value::of_decimal(exact), Fault::none};
  }
  const auto rounded = round_half_away(exact, type.scale);
  if (!rounded || !fits(*rounded, type.precision, type.scale)) {
    return kTooLarge;
  }
  return {Value::of_decimal(*rounded), Fault::none};
}

/// `real` refuses what would become infinite or, not being zero, zero.
Fitted fit_floating(const Value& value, bool single) {
  if (!value.is_number()) {
    return kTooLarge;
  }
  const double wide = value.tag() == Tag::floating ? value.as_double() : to_double(exact_of(value));
  if (single) {
    constexpr double kBeyond = 0x1.ffffffp127; // from here on the nearest float is infinite
    const bool vanishes = wide != 0 && static_cast<float>(wide) == 0;
    if (std::abs(wide) >= kBeyond || vanishes) {
      return kTooLarge;
    }
  }
  return {Value::of_double(wide), Fault::none};
}

Fitted fit_text(const Value& value, const SqlType& type) {
  if (value.tag() != Tag::text && value.tag() != Tag::token && value.tag() != Tag::version) {
    return kTooLarge;
  }
  const std::string_view text = value.as_text();
  if (text.find('\0') != std::string_view::npos) {
    return {{}, Fault::nul_in_text};
  }
  const auto limit = static_cast<std::size_t>(type.length);
  if (limit > 0 && text.size() > limit && code_points(text) > limit) {
    return kTooLarge;
  }
  return {Value::of_text(text), Fault::none};
}

Fitted fit_json(const Value& value, Arena& arena);

/// One that was computed is written.
Fitted fit_json_list(const List& list, Arena& arena) {
  Value* const pieces = arena.allocate_of<Value>(list.items.size());
  std::size_t size = 2 + list.items.size();
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const Fitted piece = list.items[i].present() ? fit_json(list.items[i], arena) : Fitted{Value::of_json("null")};
    if (piece.fault != Fault::none) {
      return piece;
    }
    size += piece.cell.as_text().size();
    new (pieces + i) Value(piece.cell);
  }
  char* const begin = arena.allocate(size);
  char* out = begin;
  *out++ = '[';
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const std::string_view piece = pieces[i].as_text();
    if (i > 0) {
      *out++ = ',';
    }
    out = std::copy(piece.begin(), piece.end(), out);
  }
  *out++ = ']';
  arena.shrink(out);
  return {Value::of_json({begin, static_cast<std::size_t>(out - begin)}), Fault::none};
}

/// A value of `any`, or one that was read as text, is written as JSON again; objects, lists and numbers go as they
/// came.
Fitted fit_json(const Value& value, Arena& arena) {
  std::string_view json;
  switch (value.tag()) {
    case Tag::json:
    case Tag::token:
      json = value.as_text();
      break;
    case Tag::text:
      json = quote(value.as_text(), arena);
      break;
    case Tag::list:
      json = value.as_list().json;
      if (json.empty()) {
        return fit_json_list(value.as_list(), arena);
      }
      break;
    case Tag::absent:
      return kTooLarge;
    case Tag::boolean:
    case Tag::integer:
    case Tag::floating:
    case Tag::decimal:
      json = *text_form(value, arena);
      break;
    case Tag::timestamp:
    case Tag::uuid:
    case Tag::duration:
    case Tag::ip:
    case Tag::version:
      json = quote(*text_form(value, arena), arena);
      break;
  }
  if (has_escaped_nul(json)) {
    return {{}, Fault::nul_in_text};
  }
  return {Value::of_json(json), Fault::none};
}

/// Each item as the element's type has it; one that is absent, a null among any values, stays so.
Fitted fit_array(const Value& value, SqlType element, Arena& arena) {
  if (value.tag() != Tag::list) {
    return kTooLarge;
  }
  const std::span<const Value> items = value.as_list().items;
  Value* const cells = arena.allocate_of<Value>(items.size());
  element.array = false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Fitted item = items[i].present() ? fit(items[i], element, arena) : Fitted{};
    if (item.fault != Fault::none) {
      return item;
    }
    new (cells + i) Value(item.cell);
  }
  const List* const list = new (arena.allocate_of<List>(1)) List{{cells, items.size()}, {}};
  return {Value::of_list(*list), Fault::none};
}

} // namespace

Fitted fit(const Value& value, const SqlType& type, Arena& arena) {
  if (type.array) {
    return fit_array(value, type, arena);
  }
  const Tag tag = value.tag();
  switch (type.kind) {
    case SqlKind::boolean:
      return tag == Tag::boolean ? Fitted{value, Fault::none} : kTooLarge;
    case SqlKind::smallint:
      return fit_integer(value, INT16_MIN, INT16_MAX);
    case SqlKind::integer:
      return fit_integer(value, INT32_MIN, INT32_MAX);
    case SqlKind::bigint:
      return fit_integer(value, INT64_MIN, INT64_MAX);
    case SqlKind::numeric:
      return fit_numeric(value, type);
    case SqlKind::real:
      return fit_floating(value, true);
    case SqlKind::double_precision:
      return fit_floating(value, false);
    case SqlKind::text:
    case SqlKind::varchar:
    case SqlKind::character:
      return fit_text(value, type);
    case SqlKind::timestamptz:
      return tag == Tag::timestamp ? Fitted{value, Fault::none} : kTooLarge;
    case SqlKind::date:
      return tag == Tag::timestamp ? Fitted{Value::of_int(day_of(value.as_timestamp())), Fault::none} : kTooLarge;
    case SqlKind::uuid:
      return tag == Tag::uuid ? Fitted{value, Fault::none} : kTooLarge;
    case SqlKind::jsonb:
      return fit_json(value, arena);
    case SqlKind::interval:
      return tag == Tag::duration ? Fitted{value, Fault::none} : kTooLarge;
    case SqlKind::inet:
      return tag == Tag::ip ? Fitted{value, Fault::none} : kTooLarge;
  }
  return kTooLarge;
}

} // namespace millrace::dsl
