// `to topic …` with its key and headers, as a rule and its braces say together.
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
    std::vector<const ast::Clause*> headers;
  };
  Clauses collect(const std::vector<const ast::Clause*>& clauses);
  Target target(const ast::To& to, const Clauses& around, const Facts& known);
  void key(const ast::Clause& clause, const Facts& known, Target& target);
  void header(const ast::Clause& clause, const Facts& known, Target& target);
  TypedValue clause_value(const ast::Clause& clause, const Facts& known);
  Otherwise otherwise(const ast::Clause& clause, const TypedValue& value, const Facts& known);
  void require_else(const ast::Clause& clause, const TypedValue& value, const Facts& known);
  bool refuse_else(const ast::Clause& clause);
  void topic(const ast::Text& name, const Facts& known, Target& target);
  void interpolated(const ast::Text& name, const Facts& known, Target& target);
  void choose_declared(const ast::Text& name, const std::vector<std::string>& names, Target& target);
  void check_event(const ast::Text& name, const TopicInfo& topic);

  Context& context_;
  const EventInfo& event_;
  const ast::File& tree_;
  Expressions& expressions_;
  bool in_tap_;
};

} // namespace millrace::dsl::check
