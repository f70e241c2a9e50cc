#include "dsl/evaluate/expression.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "dsl/values/compare.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/text_form.hpp"

namespace millrace::dsl {
namespace {

Value finite(double value) { return std::isfinite(value) ? Value::of_double(value) : Value(); }

double as_double(const Value& number) {
  return number.tag() == Tag::floating ? number.as_double() : to_double(exact_of(number));
}

Value calculate_doubles(Op op, double left, double right) {
  switch (op) {
    case Op::add:
      return finite(left + right);
    case Op::subtract:
      return finite(left - right);
    case Op::multiply:
      return finite(left * right);
    case Op::divide:
      return right == 0 ? Value() : finite(left / right);
    default:
      return {};
  }
}

Value calculate_exactly(Op op, Decimal left, Decimal right) {
  std::optional<Decimal> result;
  switch (op) {
    case Op::add:
      result = add(left, right);
      break;
    case Op::subtract:
      result = subtract(left, right);
      break;
    case Op::multiply:
      result = multiply(left, right);
      break;
    case Op::divide:
      result = divide(left, right);
      break;
    default:
      break;
  }
  return result ? value_of(*result) : Value();
}

} // namespace

Expressions::Expressions(const Program& program, Arena& arena)
    : program_(program), nodes_(program.nodes.data()), arena_(arena), remainders_(program.field_sets.size()) {
  for (const Table& table : program.tables) {
    for (const Column& column : table.columns) {
      const Node& node = program.nodes[column.value];
      if (node.op == Op::unmapped) {
        remainders_[node.a] = std::make_unique<Remainder>(program.shapes[table.shape], program.field_sets[node.a]);
      }
    }
  }
}

const Value& Expressions::made_operand(Index node, const Scene& scene, Value& made) const {
  made = value(node, scene);
  return made;
}

Value Expressions::value(Index node, const Scene& scene) const {
  const Node& n = nodes_[node];
  switch (n.op) {
    case Op::constant:
      return program_.constants[n.a];
    case Op::field:
      return scene.fields->value(n.a);
    case Op::meta_topic:
      return scene.meta.topic.empty() ? Value() : Value::of_text(scene.meta.topic);
    case Op::received_at:
      return Value::of_timestamp(scene.meta.received_at);
    case Op::meta_header:
      return header(program_.text(n.a), scene.meta);
    case Op::payload:
      return Value::of_json(scene.event->text());
    case Op::unmapped:
      return Value::of_json(remainders_[n.a]->write(*scene.event, arena_));
    case Op::coalesce: {
      const Value left = value(n.a, scene);
      return left.present() ? left : value(n.b, scene);
    }
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
      return calculate(n, scene);
    case Op::negate:
      return negated(number_of(value(n.a, scene)));
    case Op::read_as:
      return read_as(value(n.a, scene), n.type, arena_);
    case Op::concat:
      return joined(n, scene);
    case Op::as_boolean:
      return Value::of_bool(test(n.a, scene));
    case Op::call:
    case Op::element:
    case Op::member:
    case Op::item:
    case Op::lookup:
      return {};
    case Op::always:
    case Op::never:
    case Op::all_of:
    case Op::any_of:
    case Op::exists:
    case Op::not_exists:
    case Op::is_null:
    case Op::is_not_null:
    case Op::is_true:
    case Op::is_false:
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::in_set:
    case Op::not_in_set:
    case Op::starts_with:
    case Op::not_starts_with:
    case Op::ends_with:
    case Op::not_ends_with:
    case Op::contains:
    case Op::not_contains:
    case Op::in_list:
    case Op::not_in_list:
    case Op::in_lookup:
    case Op::not_in_lookup:
    case Op::matches:
    case Op::not_matches:
    case Op::is_kind:
    case Op::is_not_kind:
    case Op::some:
    case Op::every:
    case Op::sampled:
    case Op::not_sampled:
      return Value::of_bool(test(node, scene));
  }
  return {};
}

bool Expressions::test(Index node, const Scene& scene) const {
  const Node& n = nodes_[node];
  switch (n.op) {
    case Op::always:
      return true;
    case Op::never:
      return false;
    case Op::all_of:
      return all(n, scene);
    case Op::any_of:
      return any(n, scene);
    case Op::exists:
    case Op::not_exists:
    case Op::is_null:
    case Op::is_not_null:
      return presence_test(n, scene);
    case Op::equal:
      return equal(n, scene, true);
    case Op::unequal:
      return equal(n, scene, false);
    case Op::less:
      return order(n, scene) == std::strong_ordering::less;
    case Op::less_equal: {
      const auto found = order(n, scene);
      return found && *found <= 0;
    }
    case Op::greater:
      return order(n, scene) == std::strong_ordering::greater;
    case Op::greater_equal: {
      const auto found = order(n, scene);
      return found && *found >= 0;
    }
    case Op::in_set:
      return in_set(n, scene, true);
    case Op::not_in_set:
      return in_set(n, scene, false);
    case Op::starts_with:
    case Op::not_starts_with:
    case Op::ends_with:
    case Op::not_ends_with:
    case Op::contains:
    case Op::not_contains:
      return text_test(n, scene);
    case Op::in_list:
    case Op::not_in_list:
    case Op::in_lookup:
    case Op::not_in_lookup:
    case Op::matches:
    case Op::not_matches:
    case Op::is_kind:
    case Op::is_not_kind:
    case Op::some:
    case Op::every:
    case Op::sampled:
    case Op::not_sampled:
      return false;
    case Op::is_true:
      return truth_test(n.a, scene, true);
    case Op::is_false:
      return truth_test(n.a, scene, false);
    case Op::constant:
    case Op::field:
    case Op::meta_topic:
    case Op::received_at:
    case Op::meta_header:
    case Op::payload:
    case Op::unmapped:
    case Op::coalesce:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::negate:
    case Op::read_as:
    case Op::concat:
    case Op::as_boolean:
    case Op::call:
    case Op::element:
    case Op::member:
    case Op::item:
    case Op::lookup:
      return truth_test(node, scene, true);
  }
  return false;
}

bool Expressions::presence_test(const Node& node, const Scene& scene) const {
  Value made;
  switch (node.op) {
    case Op::exists:
      return operand(node.a, scene, made).present();
    case Op::not_exists:
      return !operand(node.a, scene, made).present();
    case Op::is_null:
      return scene.fields->kind(nodes_[node.a].a) == JsonKind::null;
    default:
      return scene.fields->kind(nodes_[node.a].a) != JsonKind::null;
  }
}

bool Expressions::truth_test(Index node, const Scene& scene, bool wanted) const {
  Value made;
  const Value& value = operand(node, scene, made);
  return value.tag() == Tag::boolean && value.as_bool() == wanted;
}

std::optional<std::string_view> Expressions::text(Index node, const Scene& scene) const {
  Value made;
  return text_form(operand(node, scene, made), arena_);
}

bool Expressions::all(const Node& node, const Scene& scene) const {
  for (Index i = 0; i < node.b; ++i) {
    if (!test(program_.operands[node.a + i], scene)) {
      return false;
    }
  }
  return true;
}

bool Expressions::any(const Node& node, const Scene& scene) const {
  for (Index i = 0; i < node.b; ++i) {
    if (test(program_.operands[node.a + i], scene)) {
      return true;
    }
  }
  return false;
}

bool Expressions::equal(const Node& node, const Scene& scene, bool wanted) const {
  Value made_left;
  Value made_right;
  const Value& left = operand(node.a, scene, made_left);
  const Value& right = operand(node.b, scene, made_right);
  return left.present() && right.present() && equals(left, right) == wanted;
}

std::optional<std::strong_ordering> Expressions::order(const Node& node, const Scene& scene) const {
  Value made_left;
  Value made_right;
  return compare(operand(node.a, scene, made_left), operand(node.b, scene, made_right));
}

bool Expressions::in_set(const Node& node, const Scene& scene, bool wanted) const {
  Value made;
  const Value& value = operand(node.a, scene, made);
  if (!value.present()) {
    return false;
  }
  const std::vector<Value>& values = program_.sets[node.b].values;
  constexpr std::size_t kFew = 8;
  if (values.size() <= kFew) {
    return std::any_of(values.begin(), values.end(), [&](const Value& v) { return equals(value, v); }) == wanted;
  }
  return std::binary_search(values.begin(), values.end(), value, before) == wanted;
}

bool Expressions::text_test(const Node& node, const Scene& scene) const {
  Value made_left;
  Value made_right;
  const Value& left = operand(node.a, scene, made_left);
  const Value& right = operand(node.b, scene, made_right);
  if (left.tag() != Tag::text || right.tag() != Tag::text) {
    return false;
  }
  const std::string_view text = left.as_text();
  const std::string_view part = right.as_text();
  switch (node.op) {
    case Op::starts_with:
      return text.starts_with(part);
    case Op::not_starts_with:
      return !text.starts_with(part);
    case Op::ends_with:
      return text.ends_with(part);
    case Op::not_ends_with:
      return !text.ends_with(part);
    case Op::contains:
      return text.find(part) != std::string_view::npos;
    case Op::not_contains:
      return text.find(part) == std::string_view::npos;
    default:
      return false;
  }
}

Value Expressions::header(std::string_view name, const Meta& meta) const {
  for (const Header& header : meta.headers) {
    if (header.name == name) {
      const bool is_text = simdjson::validate_utf8(header.value.data(), header.value.size());
      return is_text ? Value::of_text(header.value) : Value();
    }
  }
  return {};
}

Value Expressions::calculate(const Node& node, const Scene& scene) const {
  const Value left = number_of(value(node.a, scene));
  const Value right = number_of(value(node.b, scene));
  if (!left.is_number() || !right.is_number()) {
    return {};
  }
  if (left.tag() == Tag::floating || right.tag() == Tag::floating) {
    return calculate_doubles(node.op, as_double(left), as_double(right));
  }
  return calculate_exactly(node.op, exact_of(left), exact_of(right));
}

Value Expressions::negated(const Value& value) const {
  if (value.tag() == Tag::floating) {
    return Value::of_double(-value.as_double());
  }
  if (!value.is_number()) {
    return {};
  }
  const Decimal exact = exact_of(value);
  return value_of({-exact.coefficient, exact.scale});
}

Value Expressions::joined(const Node& node, const Scene& scene) const {
  const std::size_t first = parts_.size(); // a part may be joined of parts itself
  std::size_t size = 0;
  for (Index i = 0; i < node.b; ++i) {
    const auto part = text(program_.operands[node.a + i], scene);
    if (!part) {
      parts_.resize(first);
      return {};
    }
    parts_.push_back(*part);
    size += part->size();
  }
  char* const begin = arena_.allocate(size);
  char* out = begin;
  for (std::size_t i = first; i < parts_.size(); ++i) {
    out = std::copy(parts_[i].begin(), parts_[i].end(), out);
  }
  parts_.resize(first);
  return Value::of_text({begin, size});
}

} // namespace millrace::dsl
