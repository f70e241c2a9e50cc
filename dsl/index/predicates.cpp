#include "dsl/index/predicates.hpp"

#include <algorithm>

#include "dsl/values/compare.hpp"

namespace millrace::dsl {
namespace {

constexpr std::size_t kMostWays = 64; // beyond it a condition is asked as a whole

using Asks = Predicate::Kind;

bool has_order(const Value& value) { return value.present() && value.tag() != Tag::json && value.tag() != Tag::list; }

bool is_before(const Value& a, const Value& b) {
  const auto order = compare(a, b);
  return order && *order < 0;
}

} // namespace

std::optional<Interval> meet(const Interval& a, const Interval& b) {
  Interval out = a;
  if (b.low.present() && (!a.low.present() || is_before(a.low, b.low) || (equals(a.low, b.low) && b.low_open))) {
    out.low = b.low;
    out.low_open = b.low_open;
  }
  if (b.high.present() && (!a.high.present() || is_before(b.high, a.high) || (equals(a.high, b.high) && b.high_open))) {
    out.high = b.high;
    out.high_open = b.high_open;
  }
  if (out.low.present() && out.high.present()) {
    if (is_before(out.high, out.low) || (equals(out.low, out.high) && (out.low_open || out.high_open))) {
      return std::nullopt;
    }
  }
  return out;
}

std::vector<Conjunction> Predicates::conjunctions(const Router& router) {
  std::vector<Conjunction> list;
  std::vector<Ways> known(router.rules.size()); // of groups
  for (Index i = 0; i < router.rules.size(); ++i) {
    const Rule& rule = router.rules[i];
    Ways own = ways(rule.condition);
    if (rule.group != kNone) {
      const bool too_many = known[rule.group].size() * own.size() > kMostWays;
      own = both(known[rule.group], too_many ? Ways{{predicate(rule.condition)}} : own);
    }
    if (rule.kind == RuleKind::group) {
      known[i] = std::move(own);
      continue;
    }
    for (std::vector<Index>& way : own) {
      for (const Index predicate : way) {
        ++all_[predicate].uses;
      }
      list.push_back({i, std::move(way)});
    }
  }
  return list;
}

Predicates::Ways Predicates::both(const Ways& left, const Ways& right) {
  Ways product;
  product.reserve(left.size() * right.size());
  for (const std::vector<Index>& a : left) {
    for (const std::vector<Index>& b : right) {
      std::vector<Index> way;
      way.reserve(a.size() + b.size());
      std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(way));
      product.push_back(std::move(way));
    }
  }
  return product;
}

Predicates::Ways Predicates::ways(Index number) {
  const Node& node = program_.nodes[number];
  switch (node.op) {
    case Op::always:
      return {{}};
    case Op::never:
      return {};
    case Op::all_of:
      return all_of(node);
    case Op::any_of:
      return any_of(number);
    default:
      return {{predicate(number)}};
  }
}

Predicates::Ways Predicates::all_of(const Node& node) {
  Ways product = {{}};
  std::vector<Index> single; // of those with one way, joined at the end: they may be very many
  for (Index i = 0; i < node.b; ++i) {
    const Index child = program_.operands[node.a + i];
    const Ways more = ways(child);
    if (more.size() == 1) {
      single.insert(single.end(), more.front().begin(), more.front().end());
    } else if (product.size() * more.size() > kMostWays) {
      single.push_back(predicate(child));
    } else {
      product = both(product, more);
    }
  }
  std::sort(single.begin(), single.end());
  single.erase(std::unique(single.begin(), single.end()), single.end());
  return both(product, {single});
}

Predicates::Ways Predicates::any_of(Index number) {
  const Node& node = program_.nodes[number];
  const Index whole = predicate(number);
  if (all_[whole].kind != Asks::opaque) {
    return {{whole}};
  }
  Ways sum;
  for (Index i = 0; i < node.b; ++i) {
    for (std::vector<Index>& way : ways(program_.operands[node.a + i])) {
      sum.push_back(std::move(way));
    }
    if (sum.size() > kMostWays) {
      return {{whole}};
    }
  }
  return sum;
}

Index Predicates::predicate(Index node) {
  const Index same = canonical_.of(node);
  if (const auto known = numbers_.find(same); known != numbers_.end()) {
    return known->second;
  }
  Predicate made = describe(node); // may add others
  const auto number = static_cast<Index>(all_.size());
  numbers_.emplace(same, number);
  all_.push_back(std::move(made));
  return number;
}

const Value* Predicates::constant(Index node) const {
  return program_.nodes[node].op == Op::constant ? &program_.constants[program_.nodes[node].a] : nullptr;
}

Predicate Predicates::describe(Index number) {
  const Node& node = program_.nodes[number];
  Predicate out;
  out.node = number;
  switch (node.op) {
    case Op::is_true:
    case Op::is_false:
      out.kind = Asks::one_of;
      out.subject = canonical_.of(node.a);
      out.values = {Value::of_bool(node.op == Op::is_true)};
      break;
    case Op::exists:
      out.kind = Asks::present;
      out.subject = canonical_.of(node.a);
      break;
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      describe_comparison(node, out);
      break;
    case Op::in_set:
    case Op::not_in_set:
      describe_set(node, out);
      break;
    case Op::starts_with:
    case Op::ends_with:
    case Op::contains:
      describe_text(node, out);
      break;
    case Op::matches:
      out.kind = Asks::matches;
      out.subject = canonical_.of(node.a);
      out.regex = node.b;
      break;
    case Op::any_of:
      if (!describe_or(node, out)) {
        out.kind = Asks::opaque;
        out.subject = kNone;
        out.values.clear();
      }
      break;
    case Op::field: // a bool is a test
      out.kind = Asks::one_of;
      out.subject = canonical_.of(number);
      out.values = {Value::of_bool(true)};
      break;
    default:
      break;
  }
  return out;
}

/// `a == 1 or a == 2 or a in (3, 4)`
bool Predicates::describe_or(const Node& node, Predicate& out) {
  out.kind = Asks::one_of;
  for (Index i = 0; i < node.b; ++i) {
    const Index child = program_.operands[node.a + i];
    const Op op = program_.nodes[child].op;
    if (op != Op::equal && op != Op::in_set && op != Op::any_of) {
      return false;
    }
    const Predicate& part = all_[predicate(child)];
    if (part.kind != Asks::one_of || (out.subject != kNone && part.subject != out.subject)) {
      return false;
    }
    out.subject = part.subject;
    out.values.insert(out.values.end(), part.values.begin(), part.values.end());
  }
  return out.subject != kNone;
}

void Predicates::describe_comparison(const Node& node, Predicate& out) {
  const Value* value = constant(node.b);
  Op op = node.op;
  Index asked = node.a;
  if (value == nullptr) {
    value = constant(node.a);
    asked = node.b;
    switch (op) { // `5 < x` is `x > 5`
      case Op::less:
        op = Op::greater;
        break;
      case Op::less_equal:
        op = Op::greater_equal;
        break;
      case Op::greater:
        op = Op::less;
        break;
      case Op::greater_equal:
        op = Op::less_equal;
        break;
      default:
        break;
    }
  }
  if (value == nullptr || node.detail == kIgnoringCase || !has_order(*value)) {
    return;
  }
  out.subject = canonical_.of(asked);
  if (op == Op::equal || op == Op::unequal) {
    out.kind = op == Op::equal ? Asks::one_of : Asks::none_of;
    out.values = {*value};
    return;
  }
  out.kind = Asks::range;
  if (op == Op::less || op == Op::less_equal) {
    out.intervals = {{{}, *value, false, op == Op::less}};
  } else {
    out.intervals = {{*value, {}, op == Op::greater, false}};
  }
}

void Predicates::describe_set(const Node& node, Predicate& out) {
  const ValueSet& set = program_.sets[node.b];
  if (node.detail == kIgnoringCase) {
    return;
  }
  const bool plain = set.ranges.empty() && set.blocks.empty();
  if (node.op == Op::not_in_set) {
    if (plain) {
      out.kind = Asks::none_of;
      out.subject = canonical_.of(node.a);
      out.values = set.values;
    }
    return;
  }
  if (!set.blocks.empty() && !set.ranges.empty()) {
    return;
  }
  out.subject = canonical_.of(node.a);
  if (plain) {
    out.kind = Asks::one_of;
    out.values = set.values;
  } else if (set.blocks.empty()) {
    out.kind = Asks::range;
    for (const Value& value : set.values) {
      out.intervals.push_back({value, value, false, false});
    }
    for (const ValueRange& range : set.ranges) {
      out.intervals.push_back({range.low, range.high, false, range.open});
    }
  } else {
    out.kind = Asks::block;
    out.blocks = set.blocks;
    for (const Value& value : set.values) {
      out.blocks.push_back({value.as_ip(), 128});
    }
  }
}

void Predicates::describe_text(const Node& node, Predicate& out) {
  const Value* value = constant(node.b);
  if (value == nullptr || value->tag() != Tag::text || value->as_text().empty() || node.detail == kIgnoringCase) {
    return;
  }
  out.kind = node.op == Op::starts_with ? Asks::prefix : node.op == Op::ends_with ? Asks::suffix : Asks::contains;
  out.subject = canonical_.of(node.a);
  out.text = value->as_text();
}

} // namespace millrace::dsl
