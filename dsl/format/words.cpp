// Printing what stands on one line. The next form of expression is one more `form`.
#include "dsl/format/words.hpp"

namespace millrace::dsl {
namespace {

std::string_view sign_of(ast::CompareOp op) {
  switch (op) {
    case ast::CompareOp::equal:
      return "==";
    case ast::CompareOp::not_equal:
      return "!=";
    case ast::CompareOp::less:
      return "<";
    case ast::CompareOp::less_equal:
      return "<=";
    case ast::CompareOp::greater:
      return ">";
    case ast::CompareOp::greater_equal:
      return ">=";
  }
  return "";
}

std::string_view words_of(ast::TextOp op) {
  switch (op) {
    case ast::TextOp::starts_with:
      return "starts with";
    case ast::TextOp::ends_with:
      return "ends with";
    case ast::TextOp::contains:
      return "contains";
  }
  return "";
}

std::string_view word_of(ast::TypeName name) {
  switch (name) {
    case ast::TypeName::boolean:
      return "bool";
    case ast::TypeName::integer:
      return "int";
    case ast::TypeName::floating:
      return "float";
    case ast::TypeName::decimal:
      return "decimal";
    case ast::TypeName::string:
      return "string";
    case ast::TypeName::timestamp:
      return "timestamp";
    case ast::TypeName::duration:
      return "duration";
    case ast::TypeName::ip:
      return "ip";
    case ast::TypeName::version:
      return "version";
    case ast::TypeName::uuid:
      return "uuid";
    case ast::TypeName::list:
      return "list";
    case ast::TypeName::object:
      return "object";
    case ast::TypeName::any:
      return "any";
    case ast::TypeName::one_of:
      return "one of";
  }
  return "";
}

std::string fold_words(bool ignoring_case) { return ignoring_case ? " ignoring case" : ""; }

} // namespace

std::string in_braces(const std::vector<std::string>& parts) {
  std::string text = "{";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text += (i == 0 ? " " : "  ") + parts[i];
  }
  return text + " }";
}

std::string Words::expr(ast::ExprId id) const {
  const ast::Expr& node = file_[id];
  const std::string text = std::visit([&](const auto& which) { return form(which); }, node.node);
  return node.parenthesized ? "(" + text + ")" : text;
}

std::string Words::form(const ast::Literal& literal) const {
  return literal.kind == ast::LiteralKind::text ? text(literal.text.span) : std::string(literal.token);
}

std::string Words::steps(const std::vector<ast::Step>& steps) const {
  std::string out;
  for (const ast::Step& step : steps) {
    const std::string written = text(step.span);
    out += step.kind == ast::Step::Kind::name ? (out.empty() ? "" : ".") + written : "[" + written + "]";
  }
  return out;
}

std::string Words::form(const ast::Path& path) const { return steps(path.steps); }

std::string Words::joined(const std::vector<ast::ExprId>& items) const {
  std::string out;
  for (const ast::ExprId item : items) {
    out += (out.empty() ? "" : ", ") + expr(item);
  }
  return out;
}

std::string Words::form(const ast::List& list) const { return "[" + joined(list.items) + "]"; }

std::string Words::form(const ast::Compare& test) const {
  return expr(test.left) + " " + std::string(sign_of(test.op)) + " " + expr(test.right) +
         fold_words(test.ignoring_case);
}

std::string Words::form(const ast::In& test) const {
  const std::string items = joined(test.items);
  return expr(test.value) + (test.negated ? " not in " : " in ") + (test.listed ? "(" + items + ")" : items) +
         fold_words(test.ignoring_case);
}

std::string Words::form(const ast::TextTest& test) const {
  return expr(test.value) + (test.negated ? " not " : " ") + std::string(words_of(test.op)) + " " + expr(test.pattern) +
         fold_words(test.ignoring_case);
}

std::string Words::form(const ast::Matches& test) const {
  return expr(test.value) + (test.negated ? " not matches " : " matches ") + std::string(test.regex);
}

std::string Words::form(const ast::Quantifier& test) const {
  const std::string body = expr(test.body);
  return (test.every ? "every " : "some ") + name(test.variable) + " in " + expr(test.list) + " satisfies " +
         (file_[test.body].parenthesized ? body : "(" + body + ")");
}

std::string Words::form(const ast::Arithmetic& sum) const {
  constexpr std::string_view kSigns[] = {" + ", " - ", " * ", " / "};
  return expr(sum.left) + std::string(kSigns[static_cast<std::size_t>(sum.op)]) + expr(sum.right);
}

std::string Words::form(const ast::Member& member) const {
  const std::string written = text(member.step.span);
  return expr(member.base) + (member.step.kind == ast::Step::Kind::name ? "." + written : "[" + written + "]");
}

std::string Words::form(const ast::Logical& logic) const {
  std::string out;
  for (const ast::ExprId operand : logic.operands) {
    out += (out.empty() ? "" : logic.is_and ? " and " : " or ") + expr(operand);
  }
  return out;
}

std::string Words::type(const ast::Type& type) const {
  std::string out(word_of(type.name));
  if (type.name == ast::TypeName::decimal) {
    out += "(" + text(type.precision.span) + "," + text(type.scale.span) + ")";
  }
  for (std::size_t i = 0; i < type.values.size(); ++i) {
    out += (i == 0 ? " " : ", ") + text(type.values[i].span);
  }
  if (type.element) {
    out += "<" + this->type(*type.element) + ">";
  }
  return out + (type.or_other ? " or other" : "");
}

std::string Words::def_head(const ast::Def& def) const {
  std::string parameters;
  for (const ast::Parameter& parameter : def.parameters) {
    parameters += (parameters.empty() ? "" : ", ") + name(parameter.name) + ": " + type(*parameter.type);
  }
  return "def " + name(def.name) + (parameters.empty() ? "" : "(" + parameters + ")");
}

std::string Words::column_of(const ast::LookupColumn& column) const {
  return name(column.name) + ": " + type(*column.type);
}

std::string Words::field_name(const ast::Field& field) const {
  return name(field.name) + (field.optional ? "?" : "") + (field.type ? ":" : "");
}

std::string Words::field_type(const ast::Field& field) const {
  if (field.type) {
    return type(*field.type) + (field.wire ? " from " + text(field.wire_span) : "") + required_when(field);
  }
  std::vector<std::string> parts;
  for (const ast::Field& inner : field.fields) {
    parts.push_back(field_name(inner) + " " + field_type(inner));
  }
  return in_braces(parts) + required_when(field);
}

std::string Words::required_when(const ast::Field& field) const {
  return field.required_when ? " required when " + expr(*field.required_when) : "";
}

std::string Words::topic_clause(const ast::TopicClause& clause) const {
  switch (clause.kind) {
    case ast::TopicClause::Kind::event:
      return "event " + name(clause.name);
    case ast::TopicClause::Kind::partitions:
      return "partitions " + text(clause.number.span);
    case ast::TopicClause::Kind::replicas:
      return "replicas " + text(clause.number.span);
    case ast::TopicClause::Kind::retention:
      return "retention " + text(clause.duration.span);
    case ast::TopicClause::Kind::partitioner:
      return "partitioner " + name(clause.name);
    case ast::TopicClause::Kind::compact:
      return "compact";
  }
  return "";
}

std::string Words::clause(const ast::Clause& clause) const {
  std::string out;
  switch (clause.kind) {
    case ast::Clause::Kind::key:
      out = "key " + expr(clause.value);
      break;
    case ast::Clause::Kind::header:
      out = "header " + text(clause.header.span) + " = " + expr(clause.value);
      break;
    case ast::Clause::Kind::partition_by:
      out = "partition by " + expr(clause.value);
      break;
    case ast::Clause::Kind::timestamp:
      out = "timestamp " + expr(clause.value);
      break;
    case ast::Clause::Kind::omit:
      out = "omit " + joined(clause.paths);
      break;
  }
  switch (clause.otherwise.what) {
    case ast::Otherwise::none:
      return out;
    case ast::Otherwise::reject:
      return out + " else reject";
    case ast::Otherwise::keep_none:
      return out + " else none";
    case ast::Otherwise::skip:
      return out + " else skip";
  }
  return out;
}

std::string Words::to(const ast::To& to) const {
  std::string out = "to topic " + text(to.topic.span);
  for (std::size_t i = 0; i < to.one_of.size(); ++i) {
    out += (i == 0 ? " one of (" : ", ") + text(to.one_of[i].span);
  }
  out += to.one_of.empty() ? "" : ")";
  if (to.at_most) {
    out += " at most " + text(to.at_most->span) + " topics else " + text(to.overflow->span);
  }
  return out;
}

std::string Words::qualified(const ast::QualifiedName& qualified) const {
  return (qualified.schema ? name(*qualified.schema) + "." : "") + name(qualified.name);
}

std::string Words::sql_type(const ast::SqlType& type) const {
  std::string out = type.name.text == "double precision" ? "double precision" : name(type.name);
  for (std::size_t i = 0; i < type.arguments.size(); ++i) {
    out += (i == 0 ? "(" : ",") + text(type.arguments[i].span);
  }
  return out + (type.arguments.empty() ? "" : ")") + (type.array ? "[]" : "");
}

std::string Words::column_end(const ast::Column& column) const {
  std::string out;
  if (column.otherwise) {
    out = "else " + (column.otherwise->reject ? "reject" : expr(column.otherwise->value));
  }
  if (column.renamed_from) {
    out += (out.empty() ? "" : " ") + ("renamed from " + name(*column.renamed_from));
  }
  return out;
}

std::string Words::names(const std::vector<ast::Name>& names) const {
  std::string out;
  for (const ast::Name& each : names) {
    out += (out.empty() ? "" : ", ") + name(each);
  }
  return "(" + out + ")";
}

std::string Words::expectation(const ast::Expectation& expectation) const {
  std::string out = expectation.negated ? "expect not " : "expect ";
  switch (expectation.kind) {
    case ast::Expectation::Kind::topic:
      out += "topic " + text(expectation.topic.span);
      out += expectation.key ? " key " + expr(*expectation.key) : "";
      for (const ast::HeaderExpectation& header : expectation.headers) {
        out += " header " + text(header.name.span) + " = " + expr(header.value);
      }
      return out;
    case ast::Expectation::Kind::rule: {
      constexpr std::string_view kWords[] = {"route ", "tap ", "drop "};
      return out + std::string(kWords[static_cast<std::size_t>(expectation.rule_kind)]) + name(expectation.rule);
    }
    case ast::Expectation::Kind::otherwise:
      return out + "otherwise";
    case ast::Expectation::Kind::invalid:
      return out + "invalid" + (expectation.path.empty() ? "" : " at " + steps(expectation.path));
    case ast::Expectation::Kind::row:
      return out + "row " + qualified(expectation.table) +
             (expectation.row ? " " + std::string(expectation.row->text) : "");
    case ast::Expectation::Kind::reject:
      return out + "reject " + qualified(expectation.table) +
             (expectation.column ? " at " + name(*expectation.column) : "");
  }
  return out;
}

} // namespace millrace::dsl
