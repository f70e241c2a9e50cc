// Comparing cells with JSON.
#include "dsl/testing/row_match.hpp"

#include <simdjson.h>

#include "dsl/values/arena.hpp"
#include "dsl/values/compare.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/text_form.hpp"
#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {
namespace {

namespace dom = simdjson::dom;
namespace ondemand = simdjson::ondemand;

bool same_json(dom::element a, dom::element b);

bool same_objects(dom::object a, dom::object b) {
  if (a.size() != b.size()) {
    return false;
  }
  for (const auto& field : a) {
    dom::element other;
    if (b.at_key(field.key).get(other) != simdjson::SUCCESS || !same_json(field.value, other)) {
      return false;
    }
  }
  return true;
}

bool same_json(dom::element a, dom::element b) {
  if (a.is_object() && b.is_object()) {
    return same_objects(a.get_object(), b.get_object());
  }
  if (a.is_array() && b.is_array()) {
    dom::array left = a.get_array();
    dom::array right = b.get_array();
    auto other = right.begin();
    for (dom::element item : left) {
      if (!(other != right.end()) || !same_json(item, *other)) {
        return false;
      }
      ++other;
    }
    return !(other != right.end());
  }
  const bool numbers = a.is_number() && b.is_number();
  return numbers ? double(a) == double(b) : simdjson::minify(a) == simdjson::minify(b);
}

bool same_json(std::string_view cell, std::string_view expected) {
  dom::parser first;
  dom::parser second;
  dom::element a;
  dom::element b;
  return first.parse(cell.data(), cell.size()).get(a) == simdjson::SUCCESS &&
         second.parse(expected.data(), expected.size()).get(b) == simdjson::SUCCESS && same_json(a, b);
}

bool same_number(const Value& cell, std::string_view token, const SqlType& type) {
  if (cell.tag() == Tag::floating) {
    const auto number = parse_double(token);
    const bool single = type.kind == SqlKind::real;
    return number &&
           (single ? static_cast<float>(*number) == static_cast<float>(cell.as_double()) : *number == cell.as_double());
  }
  return equals(cell, number_from_token(token));
}

bool same_text(const Value& cell, std::string_view text, const SqlType& type) {
  switch (type.kind) {
    case SqlKind::timestamptz: {
      const auto moment = parse_iso8601(text);
      return moment && cell.tag() == Tag::timestamp && *moment == cell.as_timestamp();
    }
    case SqlKind::date: {
      const auto moment = parse_iso8601(std::string(text) + "T00:00:00Z");
      return moment && cell.tag() == Tag::integer && day_of(*moment) == cell.as_int();
    }
    case SqlKind::uuid: {
      const auto uuid = parse_uuid(text);
      return uuid && cell.tag() == Tag::uuid && *uuid == cell.as_uuid();
    }
    case SqlKind::character: {
      // PostgreSQL fills up with blanks and compares without them.
      const std::string_view stored = cell.tag() == Tag::text ? cell.as_text() : std::string_view();
      const auto trimmed = [](std::string_view t) { return t.substr(0, t.find_last_not_of(' ') + 1); };
      return cell.tag() == Tag::text && trimmed(stored) == trimmed(text);
    }
    case SqlKind::interval:
      return cell.tag() == Tag::duration && equals(cell, value_from_text(text, {Kind::duration}));
    case SqlKind::inet:
      return cell.tag() == Tag::ip && equals(cell, value_from_text(text, {Kind::ip}));
    case SqlKind::boolean:
    case SqlKind::smallint:
    case SqlKind::integer:
    case SqlKind::bigint:
    case SqlKind::numeric:
    case SqlKind::real:
    case SqlKind::double_precision:
    case SqlKind::text:
    case SqlKind::varchar:
    case SqlKind::jsonb:
      break;
  }
  return cell.tag() == Tag::text && cell.as_text() == text;
}

/// The whole text of a JSON value as it stands in the test.
std::string_view raw_json(ondemand::value& value, ondemand::json_type type) {
  std::string_view raw;
  if (type == ondemand::json_type::object) {
    ondemand::object object = value.get_object();
    raw = object.raw_json();
  } else if (type == ondemand::json_type::array) {
    ondemand::array array = value.get_array();
    raw = array.raw_json();
  } else {
    raw = value.raw_json_token();
  }
  return raw.substr(0, raw.find_last_not_of(" \t\r\n") + 1);
}

bool same(const Value& cell, ondemand::value& value, const SqlType& type);

bool same_array(const Value& cell, ondemand::value& value, SqlType element) {
  element.array = false;
  const std::span<const Value> items = cell.as_list().items;
  std::size_t next = 0;
  for (ondemand::value item : value.get_array()) {
    if (next == items.size() || !same(items[next], item, element)) {
      return false;
    }
    ++next;
  }
  return next == items.size();
}

bool same(const Value& cell, ondemand::value& value, const SqlType& type) {
  const ondemand::json_type kind = value.type();
  if (kind == ondemand::json_type::null) {
    return !cell.present();
  }
  if (!cell.present()) {
    return false;
  }
  if (type.array) {
    return kind == ondemand::json_type::array && same_array(cell, value, type);
  }
  if (type.kind == SqlKind::jsonb) {
    return same_json(cell.as_text(), raw_json(value, kind));
  }
  if (kind == ondemand::json_type::boolean) {
    return cell.tag() == Tag::boolean && cell.as_bool() == bool(value.get_bool());
  }
  if (kind == ondemand::json_type::number) {
    return cell.is_number() && type.kind != SqlKind::date && same_number(cell, raw_json(value, kind), type);
  }
  return kind == ondemand::json_type::string && same_text(cell, value.get_string(), type);
}

std::vector<TestFailure::Cell> compare_all(const Program& program, const Row& row, std::string_view expected) {
  std::vector<TestFailure::Cell> differences;
  const Table& table = program.tables[row.table];
  const simdjson::padded_string padded(expected);
  ondemand::parser parser;
  ondemand::document document = parser.iterate(padded);
  for (auto field : document.get_object()) {
    const std::string name(std::string_view(field.unescaped_key()));
    ondemand::value value = field.value();
    const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                     [&](const Column& known) { return known.name == name; });
    if (column == table.columns.end()) {
      return {{"", "", "there is no column `" + name + "`"}};
    }
    const Value& cell = row.cells[static_cast<std::size_t>(column - table.columns.begin())];
    const std::string wanted(raw_json(value, value.type()));
    document.rewind();
    ondemand::value again = document.find_field_unordered(name);
    if (!same(cell, again, column->type)) {
      differences.push_back({name, wanted, cell_text(cell, column->type)});
    }
  }
  return differences;
}

} // namespace

std::string cell_text(const Value& cell, const SqlType& type) {
  if (!cell.present()) {
    return "NULL";
  }
  if (type.array) {
    SqlType element = type;
    element.array = false;
    std::string list;
    for (const Value& item : cell.as_list().items) {
      list += (list.empty() ? "" : ", ") + cell_text(item, element);
    }
    return "[" + list + "]";
  }
  if (type.kind == SqlKind::date) {
    char text[kTimestampSize];
    write_timestamp(text, cell.as_int() * kMicrosPerDay);
    return std::string(text, 10);
  }
  if (cell.tag() == Tag::json) {
    return std::string(cell.as_text());
  }
  Arena arena;
  const auto text = text_form(cell, arena);
  return text ? std::string(*text) : "?";
}

std::vector<TestFailure::Cell> row_differences(const Program& program, const Row& row, std::string_view expected_json) {
  try {
    return compare_all(program, row, expected_json);
  } catch (const simdjson::simdjson_error& error) {
    return {{"", "", std::string("the columns are no JSON object: ") + error.what()}};
  }
}

} // namespace millrace::dsl
