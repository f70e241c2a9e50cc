// Writing the tree as nested lists.
#include "dsl/syntax/dump.hpp"

#include <span>

#include "dsl/syntax/text.hpp"

namespace millrace::dsl {
namespace {

template <typename... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overload(Cases...) -> Overload<Cases...>;

using Words = std::initializer_list<std::string_view>;

class Dumper {
 public:
  explicit Dumper(const ast::File& file) : file_(file) {}

  std::string expr(ast::ExprId id) const {
    const ast::Expr& node = file_[id];
    const std::string text = std::visit([&](const auto& form) { return this->form(form); }, node.node);
    return node.parenthesized ? "<" + text + ">" : text;
  }

  std::string item(const ast::Item& item) const {
    return std::visit([&](const auto& node) { return this->node(node); }, item.node);
  }

 private:
  static std::string list(std::span<const std::string> parts) {
    std::string text = "(";
    for (const std::string& part : parts) {
      if (!part.empty()) {
        text += (text.size() > 1 ? " " : "") + part;
      }
    }
    return text + ")";
  }
  static std::string list(std::initializer_list<std::string> parts) {
    return list(std::span<const std::string>(parts.begin(), parts.size()));
  }
  static std::string str(std::string_view text) { return std::string(text); }
  static std::string str(const ast::Name& name) { return "`" + std::string(name.text) + "`"; }
  static std::string str(const ast::Text& text) { return "\"" + std::string(text.raw) + "\""; }
  static std::string folded(bool ignoring_case) { return flag(ignoring_case, "ignoring-case"); }
  static std::string flag(bool on, std::string_view word) { return on ? std::string(word) : std::string(); }

  template <typename T, typename Each>
  static std::string all(const std::vector<T>& things, Each each) {
    std::vector<std::string> parts;
    for (const T& thing : things) {
      parts.push_back(each(thing));
    }
    return list(parts);
  }
  std::string exprs(const std::vector<ast::ExprId>& ids) const {
    return all(ids, [&](ast::ExprId id) { return expr(id); });
  }
  static std::string steps(const std::vector<ast::Step>& steps) {
    std::string text;
    for (const ast::Step& step : steps) {
      text +=
          step.kind == ast::Step::Kind::name ? (text.empty() ? "" : ".") + str(step.text) : "[" + str(step.text) + "]";
    }
    return text;
  }

  // expressions
  std::string form(const ast::Literal& literal) const { return str(literal.token); }
  std::string form(const ast::Path& path) const { return steps(path.steps); }
  std::string form(const ast::List& items) const { return "[" + exprs(items.items) + "]"; }
  std::string form(const ast::Exists& exists) const { return list({"exists", expr(exists.path)}); }
  std::string form(const ast::IsNull& test) const { return list({"is-null", expr(test.value)}); }
  std::string form(const ast::IsKind& test) const { return list({"is", expr(test.value), str(test.kind)}); }
  std::string form(const ast::Compare& test) const {
    constexpr std::string_view kSigns[] = {"==", "!=", "<", "<=", ">", ">="};
    return list(
        {str(kSigns[static_cast<int>(test.op)]), expr(test.left), expr(test.right), folded(test.ignoring_case)});
  }
  std::string form(const ast::In& test) const {
    return list({test.negated ? "not-in" : "in", expr(test.value), flag(test.listed, "of"), exprs(test.items),
                 folded(test.ignoring_case)});
  }
  std::string form(const ast::Range& range) const {
    return list({range.open ? "..<" : "..", expr(range.low), expr(range.high)});
  }
  std::string form(const ast::TextTest& test) const {
    constexpr std::string_view kNames[] = {"starts-with", "ends-with", "contains"};
    return list({flag(test.negated, "not") + str(kNames[static_cast<int>(test.op)]), expr(test.value),
                 expr(test.pattern), folded(test.ignoring_case)});
  }
  std::string form(const ast::Matches& test) const {
    return list({flag(test.negated, "not-") + "matches", expr(test.value), str(test.regex)});
  }
  std::string form(const ast::Quantifier& test) const {
    return list({test.every ? "every" : "some", str(test.variable), expr(test.list), expr(test.body)});
  }
  std::string form(const ast::Not& negation) const { return list({"not", expr(negation.operand)}); }
  std::string form(const ast::Logical& logic) const {
    std::vector<std::string> parts = {logic.is_and ? "and" : "or"};
    for (const ast::ExprId id : logic.operands) {
      parts.push_back(expr(id));
    }
    return list(parts);
  }
  std::string form(const ast::Coalesce& coalesce) const {
    return list({"??", expr(coalesce.left), expr(coalesce.right)});
  }
  std::string form(const ast::Arithmetic& sum) const {
    constexpr std::string_view kSigns[] = {"+", "-", "*", "/"};
    return list({str(kSigns[static_cast<int>(sum.op)]), expr(sum.left), expr(sum.right)});
  }
  std::string form(const ast::Negate& negation) const { return list({"negate", expr(negation.operand)}); }
  std::string form(const ast::Call& call) const { return list({"call", str(call.function), exprs(call.arguments)}); }
  std::string form(const ast::Member& member) const {
    return list({"member", expr(member.base), steps({member.step})});
  }
  std::string form(const ast::Subscript& at) const { return list({"at", expr(at.base), expr(at.index)}); }
  std::string form(const ast::As& as) const { return list({"as", expr(as.value), type(*as.type)}); }

  // items
  std::string node(const ast::Import& import) const { return list({"import", str(import.file)}); }
  std::string node(const ast::Let& let) const { return list({"let", str(let.name), expr(let.value)}); }
  std::string node(const ast::Def& def) const {
    return list({"def", str(def.name),
                 all(def.parameters,
                     [](const ast::Parameter& parameter) {
                       return list({str(parameter.name), type(*parameter.type)});
                     }),
                 expr(def.body)});
  }
  std::string node(const ast::Lookup& lookup) const {
    const auto column = [](const ast::LookupColumn& column) { return list({str(column.name), type(*column.type)}); };
    return list({"lookup", str(lookup.name),
                 all(lookup.entries,
                     [&](const ast::LookupEntry& entry) {
                       return list({expr(entry.key), expr(entry.value)});
                     }),
                 lookup.csv ? list({"csv", str(*lookup.csv), column(lookup.key), all(lookup.columns, column)}) : ""});
  }
  std::string node(const ast::Event& event) const {
    return list({"event", str(event.name), flag(event.open, "open"), fields(event.fields)});
  }
  std::string fields(const std::vector<ast::Field>& all_fields) const {
    return all(all_fields, [&](const ast::Field& field) {
      return list({str(field.name) + flag(field.optional, "?"), field.type ? type(*field.type) : fields(field.fields),
                   field.wire ? "from " + std::to_string(static_cast<int>(*field.wire)) : "",
                   field.required_when ? "required-when " + expr(*field.required_when) : ""});
    });
  }
  static std::string type(const ast::Type& type) {
    return list({"type", std::to_string(static_cast<int>(type.name)), str(type.precision.token), str(type.scale.token),
                 all(type.values, [](const ast::Text& text) { return str(text); }), flag(type.or_other, "or-other"),
                 type.element ? "of " + Dumper::type(*type.element) : ""});
  }
  std::string node(const ast::Topic& topic) const {
    return list({"topic", str(topic.name), all(topic.clauses, [](const ast::TopicClause& clause) {
                   return list({std::to_string(static_cast<int>(clause.kind)), str(clause.name.text),
                                str(clause.number.token), str(clause.duration.token)});
                 })});
  }
  std::string clause(const ast::Clause& clause) const {
    constexpr std::string_view kNames[] = {"key", "header", "partition-by", "timestamp", "omit"};
    const bool omit = clause.kind == ast::Clause::Kind::omit;
    return list(
        {str(kNames[static_cast<int>(clause.kind)]), clause.kind == ast::Clause::Kind::header ? str(clause.header) : "",
         omit ? exprs(clause.paths) : expr(clause.value), std::to_string(static_cast<int>(clause.otherwise.what))});
  }
  std::string to(const ast::To& to) const {
    return list({"to", str(to.topic), all(to.one_of, [](const ast::Text& name) { return str(name); }),
                 to.at_most ? "at-most " + str(to.at_most->token) : "", to.overflow ? str(*to.overflow) : "",
                 flag(to.braces, "{}"), all(to.clauses, [&](const ast::Clause& inner) { return clause(inner); })});
  }
  std::string body(const ast::Body& body) const {
    return list({"body", flag(body.braces, "{}"), all(body.parts, [&](const std::variant<ast::To, ast::Clause>& part) {
                   return std::visit(Overload{[&](const ast::To& target) { return to(target); },
                                              [&](const ast::Clause& inner) { return clause(inner); }},
                                     part);
                 })});
  }
  std::string rules(const std::vector<ast::Rule>& list_of_rules) const {
    return all(list_of_rules, [&](const ast::Rule& rule) {
      constexpr std::string_view kNames[] = {"route", "tap", "drop", "group", "include"};
      return list({str(kNames[static_cast<int>(rule.kind)]), str(rule.name),
                   rule.kind == ast::RuleKind::include ? "" : expr(rule.when), body(rule.body), rules(rule.rules)});
    });
  }
  std::string node(const ast::Fragment& fragment) const {
    return list({"rules", str(fragment.name), str(fragment.event), rules(fragment.rules)});
  }
  std::string node(const ast::Router& router) const {
    return list({"router", str(router.name), str(router.event), router.match_all ? "all" : "first",
                 router.dead_letter ? str(*router.dead_letter) : "", rules(router.rules),
                 !router.otherwise        ? ""
                 : router.otherwise->drop ? "drop"
                                          : body(router.otherwise->body)});
  }
  static std::string table_name(const ast::QualifiedName& name) {
    return (name.schema ? str(*name.schema) + "." : "") + str(name.name);
  }
  std::string part(const ast::Column& column) const {
    return list(
        {"column", str(column.name), str(column.type.name),
         all(column.type.arguments, [](const ast::Integer& number) { return str(number.token); }),
         flag(column.type.array, "[]"), expr(column.value),
         !column.otherwise ? "" : "else " + (column.otherwise->reject ? "reject" : expr(column.otherwise->value)),
         column.renamed_from ? "renamed-from " + str(*column.renamed_from) : ""});
  }
  std::string part(const ast::PrimaryKey& key) const {
    return list({"primary-key", all(key.columns, [](const ast::Name& name) { return str(name); })});
  }
  std::string part(const ast::OnConflict& conflict) const {
    return list({"on-conflict", std::to_string(static_cast<int>(conflict.policy)), str(conflict.newest_by.text)});
  }
  std::string part(const ast::TableIndex& index) const {
    return list({"index", all(index.columns, [](const ast::Name& name) { return str(name); })});
  }
  std::string part(const ast::Partition& partition) const {
    return list({"partition-by", str(partition.unit.text), str(partition.column),
                 partition.keep ? "keep " + str(partition.keep->token) + " " + str(partition.keep_unit.text) : ""});
  }
  std::string part(const ast::Evolve& evolve) const { return list({"evolve", evolve.frozen ? "frozen" : "additive"}); }
  std::string part(const ast::DropColumn& drop) const { return list({"drop-column", str(drop.column)}); }
  std::string part(const ast::TableDeadLetter& letter) const { return list({"dead-letter", str(letter.topic)}); }
  std::string node(const ast::Table& table) const {
    return list({"table", table_name(table.name), str(table.topic), table.where ? "where " + expr(*table.where) : "",
                 all(table.parts, [&](const ast::TablePart& any) {
                   return std::visit([&](const auto& which) { return part(which); }, any);
                 })});
  }
  std::string expectation(const ast::Expectation& expectation) const {
    return list({"expect", flag(expectation.negated, "not"), std::to_string(static_cast<int>(expectation.kind)),
                 str(expectation.topic), expectation.key ? "key " + expr(*expectation.key) : "",
                 all(expectation.headers,
                     [&](const ast::HeaderExpectation& header) {
                       return list({str(header.name), expr(header.value)});
                     }),
                 std::to_string(static_cast<int>(expectation.rule_kind)), str(expectation.rule),
                 steps(expectation.path), table_name(expectation.table),
                 expectation.row ? str(expectation.row->text) : "",
                 expectation.column ? str(*expectation.column) : ""});
  }
  std::string node(const ast::Test& test) const {
    return list(
        {"test", str(test.name), test.router ? str(*test.router) : "", all(test.givens, [&](const ast::Given& given) {
           return list({"given", given.file ? str(*given.file) : str(given.event.text),
                        given.topic ? "topic " + str(*given.topic) : "",
                        all(given.expectations, [&](const ast::Expectation& e) { return expectation(e); })});
         })});
  }

  const ast::File& file_;
};

} // namespace

std::string dump(const ast::File& file) {
  const Dumper dumper(file);
  std::string text = file.edition ? "edition " + std::string(file.edition->token) + "\n" : "";
  for (const ast::Item& item : file.items) {
    text += dumper.item(item) + "\n";
  }
  return text;
}

std::string dump(const ast::File& file, ast::ExprId expr) { return Dumper(file).expr(expr); }

} // namespace millrace::dsl
