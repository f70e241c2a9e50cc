// Building and completing a Program.
#include "dsl/program.hpp"

#include <algorithm>
#include <cassert>

#include "dsl/values/compare.hpp"

namespace millrace::dsl {

Index Program::add_text(std::string_view text) {
  if (auto known = text_numbers_.find(text); known != text_numbers_.end()) {
    return known->second;
  }
  const auto number = static_cast<Index>(texts.size());
  texts.emplace_back(text);
  text_numbers_.emplace(texts.back(), number);
  return number;
}

Index Program::add_constant(Value value) {
  switch (value.tag()) {
    case Tag::text:
      value = Value::of_text(text(add_text(value.as_text())));
      break;
    case Tag::token:
      value = Value::of_token(text(add_text(value.as_text())));
      break;
    case Tag::json:
      value = Value::of_json(text(add_text(value.as_text())));
      break;
    case Tag::version:
      value = Value::of_version(text(add_text(value.as_text())));
      break;
    case Tag::list:
      value = Value::of_list(add_list(value.as_list()));
      break;
    case Tag::absent:
    case Tag::boolean:
    case Tag::integer:
    case Tag::floating:
    case Tag::decimal:
    case Tag::timestamp:
    case Tag::uuid:
    case Tag::duration:
    case Tag::ip:
      break;
  }
  constants.push_back(value);
  return static_cast<Index>(constants.size() - 1);
}

const List& Program::add_list(const List& list) {
  std::vector<Value>& items = list_items_.emplace_back();
  for (const Value& item : list.items) {
    items.push_back(constants[add_constant(item)]);
  }
  return lists_.emplace_back(List{items, list.json.empty() ? list.json : text(add_text(list.json))});
}

Index Program::add_set(ValueSet set) {
  for (Value& value : set.values) {
    value = constants[add_constant(value)];
  }
  for (ValueRange& range : set.ranges) {
    range.low = constants[add_constant(range.low)];
    range.high = constants[add_constant(range.high)];
  }
  sets.push_back(std::move(set));
  return static_cast<Index>(sets.size() - 1);
}

Index Program::add_type(ValueType type) {
  types.push_back(type);
  return static_cast<Index>(types.size() - 1);
}

Index Program::add_node(Node node) {
  nodes.push_back(node);
  return static_cast<Index>(nodes.size() - 1);
}

Index Program::add_list_node(Op op, std::span<const Index> children, ValueType type) {
  const auto first = static_cast<Index>(operands.size());
  operands.insert(operands.end(), children.begin(), children.end());
  return add_node({op, type, first, static_cast<Index>(children.size())});
}

Index Program::undeclared_field(Index shape, Index parent, std::string_view name) {
  std::vector<Field>& fields = shapes[shape].fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].parent == parent && fields[i].name == name) {
      return static_cast<Index>(i);
    }
  }
  Field field;
  field.name = name;
  field.parent = parent;
  field.declared = false;
  field.required = false;
  fields.push_back(std::move(field));
  return static_cast<Index>(fields.size() - 1);
}

namespace {

bool is_plain_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::string as_written(const std::string& name) { return is_plain_name(name) ? name : "`" + name + "`"; }

bool required_throughout(const Shape& shape, Index field) {
  for (; shape.fields[field].parent != kNone; field = shape.fields[field].parent) {
    if (!shape.fields[field].required) {
      return false;
    }
  }
  return true;
}

void seal_shape(Shape& shape) {
  assert(!shape.fields.empty() && shape.fields[0].parent == kNone);
  for (Field& field : shape.fields) {
    field.children.clear();
  }
  for (Index i = 1; i < shape.fields.size(); ++i) {
    Field& field = shape.fields[i];
    assert(field.parent < i);
    Field& parent = shape.fields[field.parent];
    parent.children.push_back(i);
    field.path = field.parent == 0 ? as_written(field.name) : parent.path + "." + as_written(field.name);
    if (shape.default_time == kNone && field.type.kind == Kind::timestamp && required_throughout(shape, i)) {
      shape.default_time = i;
    }
  }
}

} // namespace

void Program::seal() {
  std::for_each(shapes.begin(), shapes.end(), seal_shape);
  for (ValueSet& set : sets) {
    std::sort(set.values.begin(), set.values.end(), before);
  }
}

const Router* Program::find_router(std::string_view name) const {
  const auto found = std::find_if(routers.begin(), routers.end(), [&](const Router& r) { return r.name == name; });
  return found == routers.end() ? nullptr : &*found;
}

bool matches_topic(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    return pattern == name;
  }
  const std::string_view head = pattern.substr(0, star);
  const std::string_view tail = pattern.substr(star + 1);
  if (name.size() <= head.size() || !name.starts_with(head)) {
    return false;
  }
  for (std::size_t end = head.size() + 1; end <= name.size() && name[end - 1] != '.'; ++end) {
    if (matches_topic(tail, name.substr(end))) {
      return true;
    }
  }
  return false;
}

std::string_view word_of(RuleKind kind) {
  switch (kind) {
    case RuleKind::drop:
      return "drop";
    case RuleKind::tap:
      return "tap";
    case RuleKind::route:
      return "route";
    case RuleKind::group:
      return "group";
  }
  return "";
}

} // namespace millrace::dsl
