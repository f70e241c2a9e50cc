#include "tests/support/reference/expressions.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>

#include "tests/support/reference/functions.hpp"

namespace millrace::reference {
namespace {

using dsl::Index;
using dsl::Node;
using dsl::Op;

Value finite(double value) { return std::isfinite(value) ? Value(value) : Value(Absent{}); }

Value calculate(Op op, double left, double right) {
  switch (op) {
    case Op::add:
      return finite(left + right);
    case Op::subtract:
      return finite(left - right);
    case Op::multiply:
      return finite(left * right);
    default:
      return right == 0 ? Value(Absent{}) : finite(left / right);
  }
}

Value calculate(Op op, const Big& left, const Big& right) {
  switch (op) {
    case Op::add:
      return Exact{add(left, right), 0};
    case Op::subtract:
      return Exact{subtract(left, right), 0};
    case Op::multiply:
      return Exact{multiply(left, right), 0};
    default:
      return right.zero() ? Value(Absent{}) : Value(Exact{divide(left, right), 0});
  }
}

Value span(__int128 micros) {
  const bool good = micros >= INT64_MIN && micros <= INT64_MAX;
  return good ? Value(Span{static_cast<std::int64_t>(micros)}) : Value(Absent{});
}

Value moment(__int128 micros) {
  return is_moment(micros) ? Value(Moment{static_cast<std::int64_t>(micros)}) : Value(Absent{});
}

/// Two moments, a moment and a length of time, two lengths of time.
Value calculate_times(Op op, const Value& left, const Value& right) {
  const auto* a = std::get_if<Moment>(&left);
  const auto* b = std::get_if<Moment>(&right);
  const auto* x = std::get_if<Span>(&left);
  const auto* y = std::get_if<Span>(&right);
  const __int128 sign = op == Op::subtract ? -1 : 1;
  if (op != Op::add && op != Op::subtract) {
    return Absent{};
  }
  if (x != nullptr && y != nullptr) {
    return span(x->micros + sign * y->micros);
  }
  if (a != nullptr && y != nullptr) {
    return moment(a->micros + sign * y->micros);
  }
  if (x != nullptr && b != nullptr && op == Op::add) {
    return moment(static_cast<__int128>(x->micros) + b->micros);
  }
  if (a != nullptr && b != nullptr && op == Op::subtract) {
    return span(a->micros + sign * b->micros);
  }
  return Absent{};
}

double nearest(const Value& number) {
  const auto* exact = std::get_if<Exact>(&number);
  return exact != nullptr ? to_double(exact->number) : std::get<double>(number);
}

bool within(const dsl::IpBlock& block, const Address& address) {
  Address first{};
  std::copy(block.address.begin(), block.address.end(), first.begin());
  if (is_v4(address) != is_v4(first) || (is_v4(address) && block.bits < 96)) {
    return false;
  }
  for (std::size_t bit = 0; bit < block.bits; ++bit) {
    const auto at = [&](const Address& of) { return of[bit / 8] >> (7 - bit % 8) & 1; };
    if (at(address) != at(first)) {
      return false;
    }
  }
  return true;
}

bool is_of(const Value& value, dsl::JsonType type) {
  const auto* tree = std::get_if<Tree>(&value);
  switch (type) {
    case dsl::JsonType::string:
      return std::holds_alternative<std::string>(value);
    case dsl::JsonType::number:
      return std::holds_alternative<Token>(value) || std::holds_alternative<Exact>(value) ||
             std::holds_alternative<double>(value);
    case dsl::JsonType::boolean:
      return std::holds_alternative<bool>(value);
    case dsl::JsonType::list:
      return std::holds_alternative<Items>(value) || (tree != nullptr && tree->json->is == Json::Is::list);
    case dsl::JsonType::object:
      return tree != nullptr && tree->json->is == Json::Is::object;
  }
  return false;
}

/// What an object has under the key.
const Json* member_of(const Value& value, std::string_view key) {
  const auto* tree = std::get_if<Tree>(&value);
  return tree != nullptr && tree->json->is == Json::Is::object ? tree->json->member(key) : nullptr;
}

bool ends_with(const std::string& text, const std::string& part) {
  return text.size() >= part.size() && text.substr(text.size() - part.size()) == part;
}

} // namespace

Value Expressions::value(Index number) {
  const Node& node = program_.nodes[number];
  return node.op >= Op::always ? Value(holds(number)) : inner(node);
}

Value Expressions::inner(const Node& node) {
  switch (node.op) {
    case Op::constant:
      return value_of(program_.constants[node.a]);
    case Op::field:
      return scene_.slots[node.a].value;
    case Op::meta_topic:
      return scene_.from.topic.empty() ? Value(Absent{}) : Value(scene_.from.topic);
    case Op::received_at:
      return Moment{scene_.from.received_at};
    case Op::meta_header:
      for (const auto& [name, text] : scene_.from.headers) {
        if (name == program_.text(node.a)) {
          return is_utf8(text) ? Value(text) : Value(Absent{});
        }
      }
      return Absent{};
    case Op::payload:
      return Tree{scene_.json};
    case Op::unmapped:
      return Tree{parse_json(without_fields(*scene_.shape, program_.field_sets[node.a], *scene_.json, true)).json};
    case Op::coalesce: {
      Value left = value(node.a);
      return present(left) ? left : value(node.b);
    }
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::negate:
      return calculated(node);
    case Op::read_as:
      return read_as(value(node.a), node.type, program_);
    case Op::concat:
      return called(node, dsl::Function::concat);
    case Op::call:
      return called(node, static_cast<dsl::Function>(node.detail));
    case Op::as_boolean:
      return holds(node.a);
    case Op::element:
      return elements_[node.a];
    case Op::member: {
      const Value object = value(node.a);
      const Json* const found = member_of(object, program_.text(node.b));
      return found != nullptr ? value_of(*found) : Value(Absent{});
    }
    case Op::item: {
      const auto items = items_of(value(node.a));
      return items && node.b < items->size() ? (*items)[node.b] : Value(Absent{});
    }
    case Op::lookup:
      return looked_up(node);
    default:
      return Absent{};
  }
}

Value Expressions::calculated(const Node& node) {
  const Value left = number_of(value(node.a));
  if (node.op == Op::negate) {
    if (const auto* exact = std::get_if<Exact>(&left)) {
      return Exact{negated(exact->number), 0};
    }
    if (const auto* time = std::get_if<Span>(&left)) {
      return span(-static_cast<__int128>(time->micros));
    }
    const auto* floating = std::get_if<double>(&left);
    return floating != nullptr ? Value(-*floating) : Value(Absent{});
  }
  const Value right = number_of(value(node.b));
  const auto is_number = [](const Value& v) {
    return std::holds_alternative<Exact>(v) || std::holds_alternative<double>(v);
  };
  if (!is_number(left) || !is_number(right)) {
    return calculate_times(node.op, left, right);
  }
  if (std::holds_alternative<double>(left) || std::holds_alternative<double>(right)) {
    return calculate(node.op, nearest(left), nearest(right));
  }
  return calculate(node.op, std::get<Exact>(left).number, std::get<Exact>(right).number);
}

Value Expressions::called(const Node& node, dsl::Function function) {
  std::vector<Value> arguments;
  for (Index i = 0; i < node.b; ++i) {
    arguments.push_back(value(program_.operands[node.a + i]));
  }
  return call(function, arguments);
}

Value Expressions::looked_up(const Node& node) {
  const dsl::Lookup& lookup = program_.lookups[node.b];
  const Value key = value(node.a);
  for (std::size_t row = 0; row < lookup.keys.size(); ++row) {
    if (same(key, value_of(lookup.keys[row]))) {
      return value_of(lookup.values[row * lookup.columns.size() + node.detail]);
    }
  }
  return Absent{};
}

Value Expressions::without_case(const Value& value, const Node& node) const {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && node.detail == dsl::kIgnoringCase ? Value(folded(*text)) : value;
}

bool Expressions::holds(Index number) {
  const Node& node = program_.nodes[number];
  switch (node.op) {
    case Op::always:
      return true;
    case Op::never:
      return false;
    case Op::all_of:
      for (Index i = 0; i < node.b; ++i) {
        if (!holds(program_.operands[node.a + i])) {
          return false;
        }
      }
      return true;
    case Op::any_of:
      for (Index i = 0; i < node.b; ++i) {
        if (holds(program_.operands[node.a + i])) {
          return true;
        }
      }
      return false;
    case Op::exists:
      return present(value(node.a));
    case Op::not_exists:
      return !present(value(node.a));
    case Op::is_null:
      return is_null(program_.nodes[node.a]);
    case Op::is_not_null:
      return !is_null(program_.nodes[node.a]);
    case Op::is_true:
    case Op::is_false: {
      const Value truth = value(node.a);
      const auto* found = std::get_if<bool>(&truth);
      return found != nullptr && *found == (node.op == Op::is_true);
    }
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return compared(node);
    case Op::in_set:
    case Op::not_in_set:
      return in_set(node, node.op == Op::in_set);
    case Op::in_list:
    case Op::not_in_list:
      return in_list(node, node.op == Op::in_list);
    case Op::in_lookup:
    case Op::not_in_lookup: {
      const Value key = value(node.a);
      const auto& keys = program_.lookups[node.b].keys;
      const bool found =
          std::any_of(keys.begin(), keys.end(), [&](const dsl::Value& k) { return same(key, value_of(k)); });
      return present(key) && found == (node.op == Op::in_lookup);
    }
    case Op::starts_with:
    case Op::not_starts_with:
    case Op::ends_with:
    case Op::not_ends_with:
    case Op::contains:
    case Op::not_contains:
      return text_test(node);
    case Op::matches:
    case Op::not_matches: {
      const Value text = value(node.a);
      const auto* found = std::get_if<std::string>(&text);
      return found != nullptr &&
             re2::RE2::PartialMatch(*found, *program_.regexes[node.b].compiled) == (node.op == Op::matches);
    }
    case Op::is_kind:
    case Op::is_not_kind: {
      const Value found = value(node.a);
      return present(found) && is_of(found, static_cast<dsl::JsonType>(node.detail)) == (node.op == Op::is_kind);
    }
    case Op::some:
    case Op::every:
      return quantified(node);
    case Op::sampled:
    case Op::not_sampled: {
      const auto text = text_form(value(node.a));
      const dsl::Sample& sample = program_.samples[node.b];
      return text && (bucket(sample.salt, *text) < sample.below) == (node.op == Op::sampled);
    }
    default: { // a bool is a test
      const Value truth = inner(node);
      const auto* found = std::get_if<bool>(&truth);
      return found != nullptr && *found;
    }
  }
}

/// There, as a `null`.
bool Expressions::is_null(const Node& node) {
  switch (node.op) {
    case Op::field:
      return scene_.slots[node.a].is == Slot::Is::null;
    case Op::element:
      return !present(elements_[node.a]);
    case Op::member: {
      const Value object = value(node.a);
      const Json* const found = member_of(object, program_.text(node.b));
      return found != nullptr && found->is == Json::Is::null;
    }
    case Op::item: {
      const auto items = items_of(value(node.a));
      return items && node.b < items->size() && !present((*items)[node.b]);
    }
    default:
      return false;
  }
}

bool Expressions::compared(const Node& node) {
  const Value left = without_case(value(node.a), node);
  const Value right = without_case(value(node.b), node);
  if (!present(left) || !present(right)) {
    return false;
  }
  const auto found = order(left, right);
  switch (node.op) {
    case Op::equal:
      return found && *found == 0;
    case Op::unequal:
      return !found || *found != 0;
    case Op::less:
      return found && *found < 0;
    case Op::less_equal:
      return found && *found <= 0;
    case Op::greater:
      return found && *found > 0;
    default:
      return found && *found >= 0;
  }
}

bool Expressions::in_set(const Node& node, bool wanted) {
  const Value sought = without_case(value(node.a), node);
  if (!present(sought)) {
    return false;
  }
  const dsl::ValueSet& set = program_.sets[node.b];
  bool found = false;
  for (const dsl::Value& one : set.values) {
    found = found || same(sought, value_of(one));
  }
  for (const dsl::ValueRange& range : set.ranges) {
    const auto low = order(sought, value_of(range.low));
    const auto high = order(sought, value_of(range.high));
    found = found || (low && high && *low >= 0 && (*high < 0 || (*high == 0 && !range.open)));
  }
  for (const dsl::IpBlock& block : set.blocks) {
    const auto* address = std::get_if<Address>(&sought);
    found = found || (address != nullptr && within(block, *address));
  }
  return found == wanted;
}

bool Expressions::in_list(const Node& node, bool wanted) {
  const Value sought = without_case(value(node.a), node);
  const auto items = items_of(value(node.b));
  if (!present(sought) || !items) {
    return false;
  }
  const bool found = std::any_of(items->begin(), items->end(),
                                 [&](const Value& item) { return same(sought, without_case(item, node)); });
  return found == wanted;
}

bool Expressions::text_test(const Node& node) {
  const Value left = without_case(value(node.a), node);
  const Value right = without_case(value(node.b), node);
  const auto* text = std::get_if<std::string>(&left);
  const auto* part = std::get_if<std::string>(&right);
  if (text == nullptr || part == nullptr) {
    return false;
  }
  switch (node.op) {
    case Op::starts_with:
      return text->substr(0, part->size()) == *part;
    case Op::not_starts_with:
      return text->substr(0, part->size()) != *part;
    case Op::ends_with:
      return ends_with(*text, *part);
    case Op::not_ends_with:
      return !ends_with(*text, *part);
    case Op::contains:
      return text->find(*part) != std::string::npos;
    default:
      return text->find(*part) == std::string::npos;
  }
}

/// Both are false of an absent list; `every` is true of an empty one.
bool Expressions::quantified(const Node& node) {
  const auto items = items_of(value(node.a));
  if (!items) {
    return false;
  }
  for (const Value& item : *items) {
    elements_[node.detail] = item;
    if (holds(node.b) == (node.op == Op::some)) {
      return node.op == Op::some;
    }
  }
  return node.op == Op::every;
}

namespace {

class Remover {
 public:
  Remover(const dsl::Shape& shape, const std::vector<Index>& fields, bool emptied)
      : shape_(shape), fields_(fields), emptied_(emptied) {}

  /// Nothing where the object has become empty and shall go.
  std::optional<std::string> object(Index at, const Json& json) const {
    std::string out;
    for (const Member& member : json.members) {
      const auto child = this->child(at, member.key);
      if (child && std::find(fields_.begin(), fields_.end(), *child) != fields_.end()) {
        continue;
      }
      std::optional<std::string> value = member.value.raw;
      if (child && member.value.is == Json::Is::object) {
        value = object(*child, member.value);
      }
      if (value) {
        out += (out.empty() ? "" : ",") + member.raw_key + ":" + *value;
      }
    }
    const bool gone = emptied_ && at != 0 && out.empty() && !json.members.empty();
    return gone ? std::nullopt : std::optional("{" + out + "}");
  }

 private:
  std::optional<Index> child(Index parent, const std::string& key) const {
    for (Index i = 1; i < shape_.fields.size(); ++i) {
      if (shape_.fields[i].parent == parent && shape_.fields[i].name == key) {
        return i;
      }
    }
    return std::nullopt;
  }

  const dsl::Shape& shape_;
  const std::vector<Index>& fields_;
  bool emptied_;
};

} // namespace

std::string without_fields(const dsl::Shape& shape, const std::vector<Index>& fields, const Json& json, bool emptied) {
  return *Remover(shape, fields, emptied).object(0, json);
}

} // namespace millrace::reference
