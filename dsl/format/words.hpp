// The parts of a rules file that stand on one line, as text in the one style.
#pragma once

#include <string>
#include <vector>

#include "dsl/syntax/ast.hpp"

namespace millrace::dsl {

/// Names and literals are printed as they are written, backticks and escapes included.
class Words {
 public:
  Words(const SourceMap& sources, const ast::File& file) : sources_(sources), file_(file) {}

  std::string_view source() const { return sources_.text(file_.id); }
  std::string text(Span span) const { return std::string(sources_.text(span)); }
  std::string name(const ast::Name& name) const { return text(name.span); }
  std::string expr(ast::ExprId id) const;

  std::string type(const ast::Type& type) const;
  std::string def_head(const ast::Def& def) const;
  std::string column_of(const ast::LookupColumn& column) const;
  std::string entry(const ast::LookupEntry& entry) const { return expr(entry.key) + ": " + expr(entry.value); }
  std::string field_name(const ast::Field& field) const;
  /// Behind the name: a type, or the fields of a nested object on one line.
  std::string field_type(const ast::Field& field) const;
  /// ` required when …`, or nothing.
  std::string required_when(const ast::Field& field) const;
  std::string topic_clause(const ast::TopicClause& clause) const;
  std::string clause(const ast::Clause& clause) const;
  /// Without its clauses.
  std::string to(const ast::To& to) const;
  std::string qualified(const ast::QualifiedName& name) const;
  std::string sql_type(const ast::SqlType& type) const;
  /// What follows the value: `else …`, `renamed from …`.
  std::string column_end(const ast::Column& column) const;
  std::string names(const std::vector<ast::Name>& names) const;
  std::string expectation(const ast::Expectation& expectation) const;

 private:
  std::string form(const ast::Literal& literal) const;
  std::string form(const ast::Path& path) const;
  std::string form(const ast::List& list) const;
  std::string form(const ast::Exists& exists) const { return "exists " + expr(exists.path); }
  std::string form(const ast::IsNull& test) const { return expr(test.value) + " is null"; }
  std::string form(const ast::IsKind& test) const { return expr(test.value) + " is " + name(test.kind); }
  std::string form(const ast::Compare& test) const;
  std::string form(const ast::In& test) const;
  std::string form(const ast::Range& range) const {
    return expr(range.low) + (range.open ? "..<" : "..") + expr(range.high);
  }
  std::string form(const ast::TextTest& test) const;
  std::string form(const ast::Matches& test) const;
  std::string form(const ast::Quantifier& test) const;
  std::string form(const ast::Not& negation) const { return "not " + expr(negation.operand); }
  std::string form(const ast::Logical& logic) const;
  std::string form(const ast::Coalesce& coalesce) const { return expr(coalesce.left) + " ?? " + expr(coalesce.right); }
  std::string form(const ast::Arithmetic& sum) const;
  std::string form(const ast::Negate& negation) const { return "-" + expr(negation.operand); }
  std::string form(const ast::Call& call) const { return name(call.function) + "(" + joined(call.arguments) + ")"; }
  std::string form(const ast::Member& member) const;
  std::string form(const ast::Subscript& at) const { return expr(at.base) + "[" + expr(at.index) + "]"; }
  std::string form(const ast::As& as) const { return expr(as.value) + " as " + type(*as.type); }
  std::string joined(const std::vector<ast::ExprId>& items) const;
  std::string steps(const std::vector<ast::Step>& steps) const;

  const SourceMap& sources_;
  const ast::File& file_;
};

/// `{ a  b  c }`
std::string in_braces(const std::vector<std::string>& parts);

} // namespace millrace::dsl
