#include "dsl/evaluate/expression.hpp"

#include <re2/re2.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "dsl/evaluate/functions.hpp"
#include "dsl/read/json_value.hpp"
#include "dsl/read/read_as.hpp"
#include "dsl/values/compare.hpp"
#include "dsl/values/fold.hpp"
#include "dsl/values/ip.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/text_form.hpp"
#include "dsl/values/timestamp.hpp"

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

Value moment(std::optional<std::int64_t> micros) { return micros ? Value::of_timestamp(*micros) : Value(); }

Value calculate_durations(Op op, std::int64_t left, std::int64_t right) {
  std::int64_t out = 0;
  const bool over =
      op == Op::add ? __builtin_add_overflow(left, right, &out) : __builtin_sub_overflow(left, right, &out);
  return over ? Value() : Value::of_duration(out);
}

/// Sums and differences of moments and durations; absent for everything else.
Value calculate_times(Op op, const Value& left, const Value& right) {
  if (op != Op::add && op != Op::subtract) {
    return {};
  }
  if (left.tag() == Tag::duration && right.tag() == Tag::duration) {
    return calculate_durations(op, left.as_duration(), right.as_duration());
  }
  if (left.tag() == Tag::timestamp && right.tag() == Tag::duration) {
    return moment(op == Op::add ? later(left.as_timestamp(), right.as_duration())
                                : earlier(left.as_timestamp(), right.as_duration()));
  }
  if (left.tag() == Tag::duration && right.tag() == Tag::timestamp && op == Op::add) {
    return moment(later(right.as_timestamp(), left.as_duration()));
  }
  if (left.tag() == Tag::timestamp && right.tag() == Tag::timestamp && op == Op::subtract) {
    return Value::of_duration(left.as_timestamp() - right.as_timestamp());
  }
  return {};
}

Value negated(const Value& value) {
  if (value.tag() == Tag::floating) {
    return Value::of_double(-value.as_double());
  }
  if (value.tag() == Tag::duration) {
    return calculate_durations(Op::subtract, 0, value.as_duration());
  }
  if (!value.is_number()) {
    return {};
  }
  const Decimal exact = exact_of(value);
  return value_of({-exact.coefficient, exact.scale});
}

bool is_within(const Value& value, const ValueRange& range) {
  const auto low = compare(value, range.low);
  const auto high = compare(value, range.high);
  return low && high && *low >= 0 && (range.open ? *high < 0 : *high <= 0);
}

bool is_within(const Value& value, const IpBlock& block) {
  return value.tag() == Tag::ip && contains(block, value.as_ip());
}

bool is_of(const Value& value, JsonType type) {
  switch (type) {
    case JsonType::string:
      return value.tag() == Tag::text;
    case JsonType::number:
      return value.is_number() || value.tag() == Tag::token;
    case JsonType::boolean:
      return value.tag() == Tag::boolean;
    case JsonType::list:
      return value.tag() == Tag::list || (value.tag() == Tag::json && value.as_text().starts_with('['));
    case JsonType::object:
      return value.tag() == Tag::json && value.as_text().starts_with('{');
  }
  return false;
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
      return read_as(value(n.a, scene), n.type, program_, arena_);
    case Op::concat:
      return call(Function::concat, n, scene);
    case Op::as_boolean:
      return Value::of_bool(test(n.a, scene));
    case Op::call:
      return call(static_cast<Function>(n.detail), n, scene);
    case Op::element:
      return elements_[n.a];
    case Op::member:
      return member(n, scene);
    case Op::item:
      return item(n, scene);
    case Op::lookup:
      return looked_up(n, scene);
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

bool Expressions::holds(Index node, const Scene& scene) const {
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
      return in_list(n, scene, true);
    case Op::not_in_list:
      return in_list(n, scene, false);
    case Op::in_lookup:
      return in_lookup(n, scene, true);
    case Op::not_in_lookup:
      return in_lookup(n, scene, false);
    case Op::matches:
      return matches(n, scene, true);
    case Op::not_matches:
      return matches(n, scene, false);
    case Op::is_kind:
      return is_kind(n, scene, true);
    case Op::is_not_kind:
      return is_kind(n, scene, false);
    case Op::some:
    case Op::every:
      return quantified(n, scene);
    case Op::sampled:
      return sampled(n, scene, true);
    case Op::not_sampled:
      return sampled(n, scene, false);
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
      return is_null(nodes_[node.a], scene);
    default:
      return !is_null(nodes_[node.a], scene);
  }
}

/// Whether it is there, as a `null`.
bool Expressions::is_null(const Node& node, const Scene& scene) const {
  switch (node.op) {
    case Op::field:
      return scene.fields->kind(node.a) == JsonKind::null;
    case Op::element:
      return !elements_[node.a].present();
    case Op::member: {
      const Value object = value(node.a, scene);
      return object.tag() == Tag::json && json_member(object.as_text(), program_.text(node.b), arena_) == "null";
    }
    case Op::item: {
      const Value list = value(node.a, scene);
      if (list.tag() == Tag::list) {
        const auto items = list.as_list().items;
        return node.b < items.size() && !items[node.b].present();
      }
      return list.tag() == Tag::json && json_item(list.as_text(), node.b) == "null";
    }
    default:
      return false;
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
    if (!holds(program_.operands[node.a + i], scene)) {
      return false;
    }
  }
  return true;
}

bool Expressions::any(const Node& node, const Scene& scene) const {
  for (Index i = 0; i < node.b; ++i) {
    if (holds(program_.operands[node.a + i], scene)) {
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
  if (!left.present() || !right.present()) {
    return false;
  }
  if (node.detail == kIgnoringCase) {
    Value folded_left;
    Value folded_right;
    return equals(folded(left, node.detail, folded_left), folded(right, node.detail, folded_right)) == wanted;
  }
  return equals(left, right) == wanted;
}

/// Text without its case where the test says so, everything else as it is.
const Value& Expressions::folded(const Value& value, std::uint8_t detail, Value& made) const {
  if (detail != kIgnoringCase || value.tag() != Tag::text) {
    return value;
  }
  made = Value::of_text(fold(value.as_text(), arena_));
  return made;
}

std::optional<std::strong_ordering> Expressions::order(const Node& node, const Scene& scene) const {
  Value made_left;
  Value made_right;
  return compare(operand(node.a, scene, made_left), operand(node.b, scene, made_right));
}

bool Expressions::in_set(const Node& node, const Scene& scene, bool wanted) const {
  Value made;
  Value made_folded;
  const Value& value = folded(operand(node.a, scene, made), node.detail, made_folded);
  if (!value.present()) {
    return false;
  }
  const ValueSet& set = program_.sets[node.b];
  constexpr std::size_t kFew = 8;
  const bool listed =
      set.values.size() <= kFew
          ? std::any_of(set.values.begin(), set.values.end(), [&](const Value& v) { return equals(value, v); })
          : std::binary_search(set.values.begin(), set.values.end(), value, before);
  const auto holds = [&](const auto& part) { return is_within(value, part); };
  return (listed || std::any_of(set.ranges.begin(), set.ranges.end(), holds) ||
          std::any_of(set.blocks.begin(), set.blocks.end(), holds)) == wanted;
}

bool Expressions::in_list(const Node& node, const Scene& scene, bool wanted) const {
  const Value sought = value(node.a, scene);
  const auto items = sought.present() ? items_of(value(node.b, scene), arena_) : std::nullopt;
  if (!items) {
    return false;
  }
  Value made;
  const Value& folded_sought = folded(sought, node.detail, made);
  return std::any_of(items->begin(), items->end(), [&](const Value& item) {
           Value made_item;
           return equals(folded_sought, folded(item, node.detail, made_item));
         }) == wanted;
}

bool Expressions::in_lookup(const Node& node, const Scene& scene, bool wanted) const {
  Value made;
  const Value& key = operand(node.a, scene, made);
  return key.present() && (program_.lookups[node.b].rows.find(key) != ValueMap::kMissing) == wanted;
}

bool Expressions::text_test(const Node& node, const Scene& scene) const {
  Value made_left;
  Value made_right;
  const Value& left = operand(node.a, scene, made_left);
  const Value& right = operand(node.b, scene, made_right);
  if (left.tag() != Tag::text || right.tag() != Tag::text) {
    return false;
  }
  Value folded_left;
  Value folded_right;
  const std::string_view text = folded(left, node.detail, folded_left).as_text();
  const std::string_view part = folded(right, node.detail, folded_right).as_text();
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

bool Expressions::matches(const Node& node, const Scene& scene, bool wanted) const {
  Value made;
  const Value& value = operand(node.a, scene, made);
  if (value.tag() != Tag::text) {
    return false;
  }
  const std::string_view text = value.as_text();
  const re2::RE2& regex = *program_.regexes[node.b].compiled;
  return regex.Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0) == wanted;
}

bool Expressions::is_kind(const Node& node, const Scene& scene, bool wanted) const {
  Value made;
  const Value& value = operand(node.a, scene, made);
  return value.present() && is_of(value, static_cast<JsonType>(node.detail)) == wanted;
}

bool Expressions::quantified(const Node& node, const Scene& scene) const {
  const auto items = items_of(value(node.a, scene), arena_);
  if (!items) {
    return false;
  }
  const auto holds = [&](const Value& item) {
    elements_[node.detail] = item;
    return test(node.b, scene);
  };
  return node.op == Op::some ? std::any_of(items->begin(), items->end(), holds)
                             : std::all_of(items->begin(), items->end(), holds);
}

Expressions::Quantified Expressions::quantify(Index index, const Scene& scene) const {
  const Node& node = nodes_[index];
  const auto items = items_of(value(node.a, scene), arena_);
  if (!items) {
    return {};
  }
  const auto settles = [&](const Value& item) {
    elements_[node.detail] = item;
    return test(node.b, scene) == (node.op == Op::some);
  };
  const auto found = std::find_if(items->begin(), items->end(), settles);
  const auto at = static_cast<std::size_t>(found - items->begin());
  return {true, items->size(), at < items->size() ? std::optional(at) : std::nullopt};
}

bool Expressions::sampled(const Node& node, const Scene& scene, bool wanted) const {
  const auto text = this->text(node.a, scene);
  const Sample& sample = program_.samples[node.b];
  return text && (sample_bucket(sample.salt, *text, arena_) < sample.below) == wanted;
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
    return calculate_times(node.op, left, right);
  }
  if (left.tag() == Tag::floating || right.tag() == Tag::floating) {
    return calculate_doubles(node.op, as_double(left), as_double(right));
  }
  return calculate_exactly(node.op, exact_of(left), exact_of(right));
}

Value Expressions::call(Function function, const Node& node, const Scene& scene) const {
  const std::size_t first = arguments_.size(); // an argument may be a call itself
  for (Index i = 0; i < node.b; ++i) {
    const Value argument = value(program_.operands[node.a + i], scene);
    if (!argument.present()) {
      arguments_.resize(first);
      return {};
    }
    arguments_.push_back(argument);
  }
  const Value result = call_function(function, std::span(arguments_).subspan(first), arena_);
  arguments_.resize(first);
  return result;
}

Value Expressions::member(const Node& node, const Scene& scene) const {
  const Value object = value(node.a, scene);
  if (object.tag() != Tag::json) {
    return {};
  }
  const auto json = json_member(object.as_text(), program_.text(node.b), arena_);
  return json ? json_value(*json, arena_) : Value();
}

Value Expressions::item(const Node& node, const Scene& scene) const {
  const Value list = value(node.a, scene);
  if (list.tag() == Tag::list) {
    const auto items = list.as_list().items;
    return node.b < items.size() ? items[node.b] : Value();
  }
  const auto json = list.tag() == Tag::json ? json_item(list.as_text(), node.b) : std::nullopt;
  return json ? json_value(*json, arena_) : Value();
}

Value Expressions::looked_up(const Node& node, const Scene& scene) const {
  Value made;
  const Value& key = operand(node.a, scene, made);
  const Lookup& lookup = program_.lookups[node.b];
  const std::uint32_t row = key.present() ? lookup.rows.find(key) : ValueMap::kMissing;
  return row == ValueMap::kMissing ? Value() : lookup.values[std::size_t{row} * lookup.columns.size() + node.detail];
}

} // namespace millrace::dsl
