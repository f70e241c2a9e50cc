#include "dsl/index/canonical.hpp"

namespace millrace::dsl {
namespace {

// Kinds of links in a chain, beyond all operations.
constexpr std::uint64_t kOperand = 1'000;
constexpr std::uint64_t kRange = 1'001;
constexpr std::uint64_t kBlock = 1'002;
constexpr std::uint64_t kConstant = 2'000; // and the tag

std::uint64_t mixed(std::uint64_t value) {
  value ^= value >> 32U;
  value *= 0xD6E8'FEB8'6659'FD93U;
  return value ^ (value >> 32U);
}

} // namespace

std::size_t Canonical::Hash::operator()(const Signature& signature) const {
  return static_cast<std::size_t>(mixed(mixed(mixed(signature.what) + signature.a) + signature.b));
}

Index Canonical::of(Index node) {
  if (node == kNone || known_[node] != kNone) {
    return node == kNone ? kNone : known_[node];
  }
  const auto [entry, is_new] = nodes_.emplace(signature(program_.nodes[node]), node);
  return known_[node] = entry->second;
}

/// Texts of constants lie in the program once, so their addresses tell them apart.
Canonical::Signature Canonical::of_value(const Value& value) const {
  const auto [low, high, scale] = value.representation();
  return {kConstant + static_cast<std::uint64_t>(value.tag()) + (std::uint64_t{scale} << 32U), low, high};
}

std::uint64_t Canonical::chained(std::uint64_t rest, const Signature& next) {
  const std::uint64_t link = chains_.emplace(next, chains_.size() + 1).first->second;
  return chains_.emplace(Signature{kOperand, rest, link}, chains_.size() + 1).first->second;
}

std::uint64_t Canonical::operands(const Node& node) {
  std::uint64_t chain = 0;
  for (Index i = 0; i < node.b; ++i) {
    chain = chained(chain, {kOperand, of(program_.operands[node.a + i]), 0});
  }
  return chain;
}

std::uint64_t Canonical::set(Index number) {
  const ValueSet& set = program_.sets[number];
  std::uint64_t chain = 0;
  for (const Value& value : set.values) {
    chain = chained(chain, of_value(value));
  }
  for (const ValueRange& range : set.ranges) {
    chain = chained(chain, {kRange + (range.open ? 1U << 20U : 0U), 0, 0});
    chain = chained(chain, of_value(range.low));
    chain = chained(chain, of_value(range.high));
  }
  for (const IpBlock& block : set.blocks) {
    chain = chained(chain, {kBlock, block.bits, 0});
    chain = chained(chain, of_value(Value::of_ip(block.address)));
  }
  return chain;
}

std::uint64_t Canonical::text(const std::string& text) { return texts_.emplace(text, texts_.size()).first->second; }

std::uint64_t Canonical::type(const ValueType& type) {
  const std::uint64_t head = static_cast<std::uint64_t>(type.kind) | static_cast<std::uint64_t>(type.wire) << 8U |
                             std::uint64_t{type.precision} << 16U | std::uint64_t{type.scale} << 24U;
  return chained(type.element == kNone ? 0 : this->type(program_.types[type.element]), {kOperand, head, type.names});
}

Canonical::Signature Canonical::signature(const Node& node) {
  Signature out{static_cast<std::uint64_t>(node.op) | std::uint64_t{node.detail} << 8U, 0, 0};
  switch (node.op) {
    case Op::constant:
      return of_value(program_.constants[node.a]);
    case Op::field: // what a path means depends on the shape, of which one router has one
    case Op::meta_header:
    case Op::unmapped:
    case Op::element:
      out.a = node.a;
      break;
    case Op::meta_topic:
    case Op::received_at:
    case Op::payload:
    case Op::always:
    case Op::never:
      break;
    case Op::call:
    case Op::concat:
    case Op::all_of:
    case Op::any_of:
      out.a = operands(node);
      out.b = node.op == Op::call ? type(node.type) : 0;
      break;
    case Op::read_as:
      out.a = of(node.a);
      out.b = type(node.type);
      break;
    case Op::in_set:
    case Op::not_in_set:
      out.a = of(node.a);
      out.b = set(node.b);
      break;
    case Op::member:
    case Op::item:
    case Op::lookup:
    case Op::in_lookup:
    case Op::not_in_lookup:
      out.a = of(node.a);
      out.b = node.b;
      break;
    case Op::matches:
    case Op::not_matches:
      out.a = of(node.a);
      out.b = text(program_.regexes[node.b].pattern);
      break;
    case Op::sampled:
    case Op::not_sampled:
      out.a = of(node.a);
      out.b = text(std::to_string(program_.samples[node.b].below) + ' ' + program_.samples[node.b].salt);
      break;
    case Op::coalesce:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::negate:
    case Op::as_boolean:
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
    case Op::starts_with:
    case Op::not_starts_with:
    case Op::ends_with:
    case Op::not_ends_with:
    case Op::contains:
    case Op::not_contains:
    case Op::in_list:
    case Op::not_in_list:
    case Op::is_kind:
    case Op::is_not_kind:
    case Op::some:
    case Op::every:
      out.a = of(node.a);
      out.b = of(node.b);
      break;
  }
  return out;
}

} // namespace millrace::dsl
