#include "tests/support/reference/forms.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "dsl/syntax/children.hpp"
#include "tests/support/reference/form_names.hpp"

namespace millrace::reference {
namespace {

namespace ast = dsl::ast;
using dsl::Index;
using dsl::kNone;

template <typename E>
void add_all(const char* what, Forms& forms) {
  for (int i = 0; i <= std::numeric_limits<std::uint8_t>::max(); ++i) {
    if (const auto name = name_of(static_cast<E>(i)); !name.empty()) {
      forms[what + std::string(name)] = 0;
    }
  }
}

constexpr const char* kExpressions[] = {"literal", "path",  "list",     "exists",     "is null",  "is KIND",
                                        "compare", "in",    "range",    "text test",  "matches",  "quantifier",
                                        "not",     "logic", "coalesce", "arithmetic", "negation", "call",
                                        "member",  "index", "read as"};
static_assert(std::size(kExpressions) == std::variant_size_v<ast::ExprNode>);
constexpr const char* kItems[] = {"import", "let",   "def",    "lookup", "event",
                                  "topic",  "rules", "router", "table",  "test"};
static_assert(std::size(kItems) == std::variant_size_v<ast::ItemNode>);
constexpr const char* kTableParts[] = {"column",       "primary key", "on conflict", "index",
                                       "partition by", "evolve",      "drop column", "dead_letter"};
static_assert(std::size(kTableParts) == std::variant_size_v<ast::TablePart>);

/// What no single part of a tree shows.
constexpr const char* kShapes[] = {"a quantifier inside another",
                                   "every inside some",
                                   "some inside every",
                                   "a quantifier inside `not`",
                                   "a quantifier over what is computed",
                                   "a quantifier over objects",
                                   "`not` of `and`",
                                   "`not` of `or`",
                                   "and inside or",
                                   "or inside and",
                                   "a row of `??`",
                                   "a range without its end",
                                   "a block of addresses",
                                   "`in` a list of several kinds",
                                   "an open event",
                                   "an optional object",
                                   "an object in an object",
                                   "required when ==",
                                   "required when in",
                                   "required when bool",
                                   "an object required when",
                                   "a def with parameters",
                                   "a def that is a condition",
                                   "a def that uses a def",
                                   "a def that calls a def with parameters",
                                   "a let of one value",
                                   "a let of a list",
                                   "a lookup from CSV",
                                   "a lookup from CSV with several columns",
                                   "a record of a lookup",
                                   "a lookup of a lookup",
                                   "a group in a group",
                                   "a group in `rules`",
                                   "match first",
                                   "match all",
                                   "otherwise drop",
                                   "otherwise to",
                                   "a `to` with clauses of its own",
                                   "more than 8 destinations",
                                   "16 destinations",
                                   "one of topics",
                                   "at most N topics",
                                   "a topic named by a lookup or def",
                                   "a text with holes",
                                   "a condition as key or header",
                                   "a condition as column",
                                   "omit of several",
                                   "omit of a rule and of its `to`",
                                   "where of a table",
                                   "renamed from",
                                   "evolve frozen",
                                   "a partition without keep",
                                   "a key of several columns",
                                   "meta in a table",
                                   "backticks",
                                   "a step by index",
                                   "a step by key"};

class TreeCounter {
 public:
  TreeCounter(const ast::File& file, Forms& forms) : file_(file), forms_(forms) {}

  void count() {
    for (const ast::Item& item : file_.items) {
      if (const auto* def = std::get_if<ast::Def>(&item.node)) {
        (def->parameters.empty() ? defs_ : calls_).push_back(def->name.text);
      }
    }
    for (const ast::Item& item : file_.items) {
      note(std::string("item ") + kItems[item.node.index()]);
      std::visit([&](const auto& part) { count(part); }, item.node);
    }
  }

 private:
  void note(const std::string& form) { ++forms_[form]; }
  void note_if(bool is, const char* shape) {
    if (is) {
      note(shape);
    }
  }
  template <typename T>
  bool is(ast::ExprId id) const {
    return std::holds_alternative<T>(file_[id].node);
  }

  // ---- items

  void count(const ast::Import&) {}
  void count(const ast::Let& let) {
    note(is<ast::List>(let.value) ? "a let of a list" : "a let of one value");
    expression(let.value);
  }
  void count(const ast::Def& def) {
    for (const ast::Parameter& parameter : def.parameters) {
      note("parameter " + std::string(name_of(parameter.type->name)));
    }
    note_if(!def.parameters.empty(), "a def with parameters");
    note_if(is_condition(def.body), "a def that is a condition");
    in_def_ = true;
    expression(def.body);
    in_def_ = false;
  }
  void count(const ast::Lookup& lookup) {
    if (!lookup.csv) {
      return;
    }
    note("a lookup from CSV");
    note_if(lookup.columns.size() > 1, "a lookup from CSV with several columns");
    note("CSV key " + std::string(name_of(lookup.key.type->name)));
    for (const ast::LookupColumn& column : lookup.columns) {
      note("CSV column " + std::string(name_of(column.type->name)));
    }
  }
  void count(const ast::Event& event) {
    note_if(event.open, "an open event");
    fields(event.fields, 0);
  }
  void fields(const std::vector<ast::Field>& all, int depth) {
    for (const ast::Field& field : all) {
      note_if(!field.type && field.optional, "an optional object");
      note_if(!field.type && depth > 0, "an object in an object");
      if (field.required_when) {
        note(is<ast::In>(*field.required_when) ? "required when in" : "required when ==");
        const auto* compare = std::get_if<ast::Compare>(&file_[*field.required_when].node);
        const auto* literal = compare == nullptr ? nullptr : std::get_if<ast::Literal>(&file_[compare->right].node);
        note_if(literal != nullptr && literal->kind == ast::LiteralKind::boolean, "required when bool");
        note_if(!field.type, "an object required when");
      }
      fields(field.fields, depth + 1);
    }
  }
  void count(const ast::Topic& topic) {
    for (const ast::TopicClause& clause : topic.clauses) {
      note("topic clause " + std::string(name_of(clause.kind)));
    }
  }
  void count(const ast::Fragment& fragment) {
    for (const ast::Rule& rule : fragment.rules) {
      note_if(rule.kind == ast::RuleKind::group, "a group in `rules`");
      this->rule(rule);
    }
  }
  void count(const ast::Router& router) {
    note(router.match_all ? "match all" : "match first");
    for (const ast::Rule& rule : router.rules) {
      this->rule(rule);
    }
    note(router.otherwise->drop ? "otherwise drop" : "otherwise to");
    body(router.otherwise->body);
  }
  void count(const ast::Table& table) {
    note_if(table.where.has_value(), "where of a table");
    if (table.where) {
      expression(*table.where);
    }
    for (const ast::TablePart& part : table.parts) {
      note(std::string("table part ") + kTableParts[part.index()]);
      if (const auto* column = std::get_if<ast::Column>(&part)) {
        note_if(column->renamed_from.has_value(), "renamed from");
        note_if(is_condition(column->value), "a condition as column");
        in_table_ = true;
        expression(column->value);
        in_table_ = false;
        if (column->otherwise && !column->otherwise->reject) {
          expression(column->otherwise->value);
        }
      } else if (const auto* evolve = std::get_if<ast::Evolve>(&part)) {
        note_if(evolve->frozen, "evolve frozen");
      } else if (const auto* partition = std::get_if<ast::Partition>(&part)) {
        note_if(!partition->keep, "a partition without keep");
      } else if (const auto* key = std::get_if<ast::PrimaryKey>(&part)) {
        note_if(key->columns.size() > 1, "a key of several columns");
      }
    }
  }
  void count(const ast::Test& test) {
    for (const ast::Given& given : test.givens) {
      for (const ast::Expectation& expectation : given.expectations) {
        note("expect " + std::string(name_of(expectation.kind)));
      }
    }
  }

  // ---- rules

  void rule(const ast::Rule& rule) {
    note("rule " + std::string(name_of(rule.kind)));
    if (rule.kind != ast::RuleKind::include) {
      expression(rule.when);
    }
    body(rule.body);
    for (const ast::Rule& inner : rule.rules) {
      note_if(inner.kind == ast::RuleKind::group, "a group in a group");
      this->rule(inner);
    }
  }
  void body(const ast::Body& body) {
    std::size_t destinations = 0;
    bool omits = false;
    for (const auto& part : body.parts) {
      if (const auto* clause = std::get_if<ast::Clause>(&part)) {
        this->clause(*clause);
        omits = omits || clause->kind == ast::Clause::Kind::omit;
      }
    }
    for (const auto& part : body.parts) {
      if (const auto* to = std::get_if<ast::To>(&part)) {
        ++destinations;
        note_if(to->braces, "a `to` with clauses of its own");
        note_if(!to->one_of.empty(), "one of topics");
        note_if(to->at_most.has_value(), "at most N topics");
        const std::size_t hole = to->topic.raw.find('{');
        if (hole != std::string_view::npos) {
          const std::string_view name = to->topic.raw.substr(hole + 1, to->topic.raw.find('}') - hole - 1);
          note_if(std::find(defs_.begin(), defs_.end(), name) != defs_.end(), "a topic named by a lookup or def");
        }
        for (const ast::Clause& clause : to->clauses) {
          this->clause(clause);
          note_if(omits && clause.kind == ast::Clause::Kind::omit, "omit of a rule and of its `to`");
        }
      }
    }
    note_if(destinations > 8, "more than 8 destinations");
    note_if(destinations == 16, "16 destinations");
  }
  void clause(const ast::Clause& clause) {
    note("clause " + std::string(name_of(clause.kind)));
    if (clause.kind == ast::Clause::Kind::omit) {
      note_if(clause.paths.size() > 1, "omit of several");
      return;
    }
    const auto* literal = std::get_if<ast::Literal>(&file_[clause.value].node);
    note_if(literal != nullptr && literal->text.raw.find('{') != std::string_view::npos, "a text with holes");
    note_if(is_condition(clause.value), "a condition as key or header");
    expression(clause.value);
  }

  // ---- expressions

  bool is_condition(ast::ExprId id) const {
    const auto& node = file_[id].node;
    return is<ast::Exists>(id) || is<ast::IsNull>(id) || is<ast::IsKind>(id) || is<ast::Compare>(id) ||
           is<ast::In>(id) || is<ast::TextTest>(id) || is<ast::Matches>(id) || is<ast::Quantifier>(id) ||
           is<ast::Not>(id) || std::holds_alternative<ast::Logical>(node);
  }

  void expression(ast::ExprId id) {
    const ast::ExprNode& node = file_[id].node;
    note(std::string("expression ") + kExpressions[node.index()]);
    std::visit([&](const auto& form) { shape(form); }, node);
    const bool quantifier = is<ast::Quantifier>(id);
    const bool negation = is<ast::Not>(id);
    quantifiers_ += quantifier ? 1 : 0;
    negations_ += negation ? 1 : 0;
    for_each_child(node, [&](ast::ExprId child) { expression(child); });
    quantifiers_ -= quantifier ? 1 : 0;
    negations_ -= negation ? 1 : 0;
  }

  template <typename T>
  void shape(const T&) {}
  void shape(const ast::Literal& literal) { note("literal " + std::string(name_of(literal.kind))); }
  void shape(const ast::Path& path) {
    const std::string_view first = path.steps.front().text;
    note_if(in_def_ && path.steps.size() == 1 && std::find(defs_.begin(), defs_.end(), first) != defs_.end(),
            "a def that uses a def");
    note_if(in_table_ && first == "meta", "meta in a table");
    for (const ast::Step& step : path.steps) {
      note_if(step.kind == ast::Step::Kind::index, "a step by index");
      note_if(step.kind == ast::Step::Kind::key, "a step by key");
      note_if(step.kind == ast::Step::Kind::name && step.text.find_first_of(" -") != std::string_view::npos,
              "backticks");
    }
  }
  void shape(const ast::Call& call) {
    note_if(call.function.text == "sampled", "function sampled");
    note_if(in_def_ && std::find(calls_.begin(), calls_.end(), call.function.text) != calls_.end(),
            "a def that calls a def with parameters");
  }
  void shape(const ast::Member& member) { note_if(is<ast::Subscript>(member.base), "a record of a lookup"); }
  void shape(const ast::Subscript& subscript) {
    const bool nested = is<ast::Subscript>(subscript.index);
    const auto* member = std::get_if<ast::Member>(&file_[subscript.index].node);
    note_if(nested || (member != nullptr && is<ast::Subscript>(member->base)), "a lookup of a lookup");
  }
  void shape(const ast::Coalesce& coalesce) { note_if(coalesce.depth > 1, "a row of `??`"); }
  void shape(const ast::Range& range) { note_if(range.open, "a range without its end"); }
  void shape(const ast::In& in) {
    const bool range =
        std::any_of(in.items.begin(), in.items.end(), [&](ast::ExprId id) { return is<ast::Range>(id); });
    const bool literal =
        std::any_of(in.items.begin(), in.items.end(), [&](ast::ExprId id) { return is<ast::Literal>(id); });
    note_if(range && literal, "`in` a list of several kinds");
  }
  void shape(const ast::Not& negation) {
    if (const auto* logical = std::get_if<ast::Logical>(&file_[negation.operand].node)) {
      note(logical->is_and ? "`not` of `and`" : "`not` of `or`");
    }
  }
  void shape(const ast::Logical& logical) {
    for (const ast::ExprId operand : logical.operands) {
      const auto* inner = std::get_if<ast::Logical>(&file_[operand].node);
      if (inner != nullptr && inner->is_and != logical.is_and) {
        note(logical.is_and ? "or inside and" : "and inside or");
      }
    }
  }
  void shape(const ast::Quantifier& quantifier) {
    note_if(negations_ > 0, "a quantifier inside `not`");
    note_if(!is<ast::Path>(quantifier.list), "a quantifier over what is computed");
    note_if(quantifiers_ > 0, "a quantifier inside another");
    inside(quantifier.body, quantifier.every);
  }
  void inside(ast::ExprId id, bool every) {
    if (const auto* inner = std::get_if<ast::Quantifier>(&file_[id].node)) {
      note_if(inner->every && !every, "every inside some");
      note_if(!inner->every && every, "some inside every");
      return;
    }
    for_each_child(file_[id].node, [&](ast::ExprId child) { inside(child, every); });
  }

  const ast::File& file_;
  Forms& forms_;
  std::vector<std::string_view> defs_;  // without parameters
  std::vector<std::string_view> calls_; // with
  int quantifiers_ = 0;
  int negations_ = 0;
  bool in_def_ = false;
  bool in_table_ = false;
};

class ProgramCounter {
 public:
  ProgramCounter(const dsl::Program& program, Forms& forms) : program_(program), forms_(forms) {}

  void count() {
    for (const dsl::Node& node : program_.nodes) {
      operation(node);
    }
    for (const dsl::ValueSet& set : program_.sets) {
      forms_["a block of addresses"] += set.blocks.empty() ? 0 : 1;
    }
    for (const dsl::Shape& shape : program_.shapes) {
      fields(shape);
    }
    for (const dsl::Router& router : program_.routers) {
      for (const dsl::Rule& rule : router.rules) {
        for (const dsl::Target& target : rule.targets) {
          clauses(target);
        }
      }
    }
    for (const dsl::Table& table : program_.tables) {
      this->table(table);
    }
  }

 private:
  void note(const std::string& form) { ++forms_[form]; }

  void operation(const dsl::Node& node) {
    note("operation " + std::string(name_of(node.op)));
    switch (node.op) {
      case dsl::Op::call:
        note("function " + std::string(name_of(static_cast<dsl::Function>(node.detail))));
        break;
      case dsl::Op::is_kind:
      case dsl::Op::is_not_kind:
        note(std::string(name_of(node.op)) + " " + std::string(name_of(static_cast<dsl::JsonType>(node.detail))));
        break;
      case dsl::Op::read_as:
        note("read as " + std::string(name_of(node.type.kind)));
        break;
      case dsl::Op::equal:
      case dsl::Op::less:
        note(std::string(name_of(node.op)) + " " + std::string(name_of(program_.nodes[node.a].type.kind)));
        [[fallthrough]];
      case dsl::Op::unequal:
      case dsl::Op::in_set:
      case dsl::Op::not_in_set:
      case dsl::Op::in_list:
      case dsl::Op::not_in_list:
      case dsl::Op::starts_with:
      case dsl::Op::not_starts_with:
      case dsl::Op::ends_with:
      case dsl::Op::not_ends_with:
      case dsl::Op::contains:
      case dsl::Op::not_contains:
        if (node.detail == dsl::kIgnoringCase) {
          note(std::string(name_of(node.op)) + " ignoring case");
        }
        break;
      case dsl::Op::some:
      case dsl::Op::every: {
        const dsl::ValueType& list = program_.nodes[node.a].type;
        const bool objects = list.element != kNone && program_.types[list.element].kind == dsl::Kind::object;
        forms_["a quantifier over objects"] += objects ? 1 : 0;
        break;
      }
      default:
        break;
    }
  }

  void fields(const dsl::Shape& shape) {
    for (const dsl::Field& field : shape.fields) {
      if (field.declared && field.parent != kNone) {
        const std::string kind(name_of(field.type.kind));
        note("field " + kind);
        if (field.type.wire != dsl::Wire::natural) {
          note("field from " + std::string(name_of(field.type.wire)));
        }
        if (field.type.kind == dsl::Kind::list && field.type.element != kNone) {
          note("list of " + std::string(name_of(program_.types[field.type.element].kind)));
        }
      }
    }
  }

  void clauses(const dsl::Target& target) {
    if (target.key != kNone) {
      note("key else " + std::string(name_of(target.key_otherwise)));
    }
    for (const dsl::HeaderClause& header : target.headers) {
      note("header else " + std::string(name_of(header.otherwise)));
    }
  }

  void table(const dsl::Table& table) {
    note("on conflict " + std::string(name_of(table.on_conflict)));
    for (const dsl::Column& column : table.columns) {
      note((column.type.array ? "column of many " : "column ") + std::string(name_of(column.type.kind)));
      note("column else " + std::string(name_of(column.otherwise)));
    }
    if (table.partition_by.column != kNone) {
      note("partition by " + std::string(name_of(table.partition_by.unit)));
      if (table.partition_by.keep > 0) {
        note("keep " + std::string(name_of(table.partition_by.keep_unit)));
      }
    }
  }

  const dsl::Program& program_;
  Forms& forms_;
};

} // namespace

Forms all_forms() {
  Forms forms;
  add_all<dsl::Op>("operation ", forms);
  add_all<dsl::Function>("function ", forms);
  add_all<dsl::JsonType>("is_kind ", forms);
  add_all<dsl::JsonType>("is_not_kind ", forms);
  add_all<dsl::Kind>("read as ", forms);
  add_all<dsl::Kind>("field ", forms);
  add_all<dsl::Kind>("list of ", forms);
  add_all<dsl::Kind>("equal ", forms);
  add_all<dsl::Kind>("less ", forms);
  add_all<dsl::Wire>("field from ", forms);
  add_all<dsl::Otherwise>("key else ", forms);
  add_all<dsl::Otherwise>("header else ", forms);
  add_all<dsl::OnConflict>("on conflict ", forms);
  add_all<dsl::SqlKind>("column ", forms);
  add_all<dsl::SqlKind>("column of many ", forms);
  add_all<dsl::Column::Else>("column else ", forms);
  add_all<dsl::PartitionUnit>("partition by ", forms);
  add_all<dsl::PartitionUnit>("keep ", forms);
  add_all<ast::RuleKind>("rule ", forms);
  add_all<ast::LiteralKind>("literal ", forms);
  add_all<ast::TypeName>("parameter ", forms);
  add_all<ast::TypeName>("CSV key ", forms);
  add_all<ast::TypeName>("CSV column ", forms);
  add_all<ast::TopicClause::Kind>("topic clause ", forms);
  add_all<ast::Clause::Kind>("clause ", forms);
  add_all<ast::Expectation::Kind>("expect ", forms);
  for (const char* const name : kExpressions) {
    forms[std::string("expression ") + name] = 0;
  }
  for (const char* const name : kItems) {
    forms[std::string("item ") + name] = 0;
  }
  for (const char* const name : kTableParts) {
    forms[std::string("table part ") + name] = 0;
  }
  for (const char* const name : kShapes) {
    forms[name] = 0;
  }
  for (const char* const op : {"equal", "unequal", "in_set", "not_in_set", "in_list", "not_in_list", "starts_with",
                               "not_starts_with", "ends_with", "not_ends_with", "contains", "not_contains"}) {
    forms[std::string(op) + " ignoring case"] = 0;
  }
  forms["function sampled"] = 0;
  // What cannot be: conditions that nothing is written for, and pairs of kinds that the language does not have.
  for (const char* const none :
       {"field from natural", "header else none", "equal object", "equal list", "less object", "less list", "less bool",
        "less uuid", "CSV key list", "CSV key object", "CSV key any", "CSV column list", "CSV column object",
        "CSV column any", "column of many jsonb", "read as any"}) {
    forms.erase(none);
  }
  return forms;
}

void count_forms(const ast::File& file, Forms& forms) { TreeCounter(file, forms).count(); }
void count_forms(const dsl::Program& program, Forms& forms) { ProgramCounter(program, forms).count(); }

} // namespace millrace::reference
