// Finding and rewriting conditions that mix `and` and `or`.
#include "dsl/grammar/mixed_logic.hpp"

#include <string>

#include "dsl/syntax/children.hpp"

namespace millrace::dsl::grammar {
namespace {

const ast::Logical* bare_logic(const ast::Expr& expr, bool is_and) {
  const auto* logic = std::get_if<ast::Logical>(&expr.node);
  return logic != nullptr && logic->is_and == is_and && !expr.parenthesized ? logic : nullptr;
}

std::string text_of(ParseState& state, Span span) { return std::string(state.text().substr(span.begin, span.size())); }

/// The `or` with its `and`s in parentheses.
std::string tight_and(ParseState& state, const ast::Logical& disjunction) {
  std::string text;
  for (const ast::ExprId operand : disjunction.operands) {
    const ast::Expr& expr = state.expr(operand);
    const std::string part = text_of(state, expr.span);
    text += text.empty() ? "" : " or ";
    text += bare_logic(expr, true) != nullptr ? "(" + part + ")" : part;
  }
  return text;
}

/// The same words with every run of `or` in parentheses: `a or b and c` becomes `(a or b) and c`.
std::string tight_or(ParseState& state, const ast::Logical& disjunction) {
  std::string text;
  std::string run;
  bool run_is_long = false;
  const auto end_run = [&] {
    text += text.empty() ? "" : " and ";
    text += run_is_long ? "(" + run + ")" : run;
    run.clear();
    run_is_long = false;
  };
  for (std::size_t i = 0; i < disjunction.operands.size(); ++i) {
    const ast::Expr& expr = state.expr(disjunction.operands[i]);
    const ast::Logical* conjunction = bare_logic(expr, true);
    const std::vector<ast::ExprId> single = {disjunction.operands[i]};
    const std::vector<ast::ExprId>& parts = conjunction != nullptr ? conjunction->operands : single;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      if (k > 0) {
        end_run();
      }
      run_is_long = run_is_long || !run.empty();
      run += (run.empty() ? "" : " or ") + text_of(state, state.expr(parts[k]).span);
    }
  }
  end_run();
  return text;
}

void report(ParseState& state, const ast::Expr& expr, const ast::Logical& disjunction) {
  Span span = expr.span;
  if (expr.parenthesized) {
    span = state.expr(disjunction.operands.front()).span | state.expr(disjunction.operands.back()).span;
  }
  const std::string first = tight_and(state, disjunction);
  const std::string second = tight_or(state, disjunction);
  state.diagnostics()
      .add(Code::mixed_and_or, span, "`and` and `or` are mixed without parentheses", "could be read two ways")
      .help("as the precedence reads it: `" + first + "`", Fix{{{span, first}}, Applicability::choice, "fix 1"})
      .help("or:                         `" + second + "`", Fix{{{span, second}}, Applicability::choice, "fix 2"});
}

} // namespace

void report_mixed_logic(ParseState& state, ast::ExprId expression) {
  // The copy keeps the operands still while the arena is only read.
  const ast::Expr expr = state.expr(expression);
  if (const auto* logic = std::get_if<ast::Logical>(&expr.node)) {
    bool mixed = false;
    for (const ast::ExprId operand : logic->operands) {
      mixed = mixed || (!logic->is_and && bare_logic(state.expr(operand), true) != nullptr);
      report_mixed_logic(state, operand);
    }
    if (mixed) {
      report(state, expr, *logic);
    }
    return;
  }
  ast::for_each_child(expr.node, [&](ast::ExprId child) { report_mixed_logic(state, child); });
}

} // namespace millrace::dsl::grammar
