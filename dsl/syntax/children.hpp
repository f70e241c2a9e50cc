// The expressions that stand directly below one, whatever its form. A new form of expression says here what it holds.
#pragma once

#include "dsl/syntax/ast.hpp"

namespace millrace::dsl::ast {

namespace children {

template <typename Visit>
struct Visitor {
  Visit visit;

  void all(const std::vector<ExprId>& ids) {
    for (const ExprId id : ids) {
      visit(id);
    }
  }
  void operator()(const Literal&) {}
  void operator()(const Path&) {}
  void operator()(const List& form) { all(form.items); }
  void operator()(const Exists& form) { visit(form.path); }
  void operator()(const IsNull& form) { visit(form.value); }
  void operator()(const IsKind& form) { visit(form.value); }
  void operator()(const Compare& form) { visit(form.left), visit(form.right); }
  void operator()(const In& form) { visit(form.value), all(form.items); }
  void operator()(const Range& form) { visit(form.low), visit(form.high); }
  void operator()(const TextTest& form) { visit(form.value), visit(form.pattern); }
  void operator()(const Matches& form) { visit(form.value); }
  void operator()(const Quantifier& form) { visit(form.list), visit(form.body); }
  void operator()(const Not& form) { visit(form.operand); }
  void operator()(const Logical& form) { all(form.operands); }
  void operator()(const Coalesce& form) { visit(form.left), visit(form.right); }
  void operator()(const Arithmetic& form) { visit(form.left), visit(form.right); }
  void operator()(const Negate& form) { visit(form.operand); }
  void operator()(const Call& form) { all(form.arguments); }
  void operator()(const Member& form) { visit(form.base); }
  void operator()(const Subscript& form) { visit(form.base), visit(form.index); }
  void operator()(const As& form) { visit(form.value); }
};

} // namespace children

template <typename Visit>
void for_each_child(const ExprNode& node, Visit visit) {
  std::visit(children::Visitor<Visit>{visit}, node);
}

} // namespace millrace::dsl::ast
