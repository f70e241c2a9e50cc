// A run of rules that differ in one value, and the one rule that does the same.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// Where rules stand: the item, and the event that they are about.
struct RuleList {
  const ast::File* tree = nullptr;
  Span item;
  std::string_view event;
};

struct Run {
  std::span<const ast::Rule> rules;
  std::size_t choice = 0;          // which of the conditions that `and` joins asks for the value
  std::optional<std::size_t> slot; // which text of the body goes with it
};

/// The conditions of the rule that `and` joins, or the one that there is.
std::span<const ast::ExprId> conjuncts(const ast::File& tree, const ast::Rule& rule);

/// `subject == value`, or `subject in (value, …)`, of nothing but literals; it is part of the tree.
struct Choice {
  ast::ExprId subject;
  std::span<const ast::ExprId> values;
};
std::optional<Choice> choice_of(const ast::File& tree, ast::ExprId condition);

/// A text literal of a rule's body that may go with the value: a topic, or what a whole key or header is.
struct Slot {
  enum class Kind { topic, key, header } kind = Kind::topic;
  Span span;
  const ast::Text* text = nullptr;
  bool has_else = false;
  bool limited = false; // a topic with `one of`, `at most`
};
std::vector<Slot> slots_of(const ast::File& tree, const ast::Rule& rule);

/// The warning, with the rewriting as a fix where it is certain to decide the same.
void report_run(Context& context, const RuleList& place, const Run& run);

} // namespace millrace::dsl::check
