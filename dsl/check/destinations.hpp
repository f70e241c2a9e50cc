// `to topic …` with its clauses, as a rule and its braces say together. Names of topics are in topic_names.
#pragma once

#include <vector>

#include "dsl/check/expressions.hpp"

namespace millrace::dsl::check {

class Destinations {
 public:
  /// In a tap nothing can reject the event.
  Destinations(Context& context, const EventInfo& event, const ast::File& tree, Expressions& expressions, bool in_tap)
      : context_(context), event_(event), tree_(tree), expressions_(expressions), in_tap_(in_tap) {}

  std::vector<Target> targets(const ast::Body& body, const Facts& known, Span rule);

 private:
  /// The clauses that count for one destination: its own, and those around it that it does not say itself.
  struct Clauses {
    const ast::Clause* key = nullptr;
    const ast::Clause* partition_by = nullptr;
    const ast::Clause* timestamp = nullptr;
    std::vector<const ast::Clause*> headers;
    std::vector<ast::ExprId> omitted;
  };
  Clauses collect(const std::vector<const ast::Clause*>& clauses);
  Clauses joined(Clauses own, const Clauses& around) const;
  Target target(const ast::To& to, const Clauses& around, const Facts& known);
  void key(const ast::Clause& clause, const Facts& known, Target& target);
  void header(const ast::Clause& clause, const Facts& known, Target& target);
  void partition_by(const ast::Clause& clause, const Facts& known, Target& target);
  void timestamp(const ast::Clause& clause, const Facts& known, Target& target);
  void omit(const std::vector<ast::ExprId>& paths, Target& target);
  Index omitted_slot(ast::ExprId path);
  TypedValue clause_value(const ast::Clause& clause, const Facts& known, bool with_holes);
  bool require_value(const ast::Clause& clause, const TypedValue& value, const Facts& known);
  Otherwise otherwise(const ast::Clause& clause, const TypedValue& value, const Facts& known);
  void require_else(const ast::Clause& clause, const TypedValue& value, const Facts& known);
  bool refuse_else(const ast::Clause& clause);

  Context& context_;
  const EventInfo& event_;
  const ast::File& tree_;
  Expressions& expressions_;
  bool in_tap_;
};

} // namespace millrace::dsl::check
