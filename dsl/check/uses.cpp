#include "dsl/check/uses.hpp"

#include <algorithm>
#include <functional>

#include "dsl/check/context.hpp"
#include "dsl/syntax/lexer.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl::check {

void Uses::define(Definition definition) {
  const Place at = place(definition.at);
  add(Use{definition.at, definition.at, true});
  definitions_.emplace(at, std::move(definition));
}

void Uses::tidy() {
  const auto key = [](const Use& use) { return std::pair(place(use.at), place(use.definition)); };
  std::stable_sort(uses_.begin(), uses_.end(), [&](const Use& a, const Use& b) { return key(a) < key(b); });
  uses_.erase(std::unique(uses_.begin(), uses_.end(), [&](const Use& a, const Use& b) { return key(a) == key(b); }),
              uses_.end());
  room_ = std::max(room_, 2 * uses_.size());
}

void Uses::add(const Uses& other) {
  definitions_.insert(other.definitions_.begin(), other.definitions_.end());
  for (const Use& use : other.uses_) {
    add(use);
  }
}

std::vector<Use> Uses::all() const {
  Uses tidied;
  tidied.uses_ = uses_;
  tidied.tidy();
  return std::move(tidied.uses_);
}

std::vector<Definition> Uses::definitions() const {
  std::vector<Definition> list;
  list.reserve(definitions_.size());
  for (const auto& entry : definitions_) {
    list.push_back(entry.second);
  }
  return list;
}

const Definition* Uses::definition(Span at) const {
  const auto found = definitions_.find(place(at));
  return found == definitions_.end() ? nullptr : &found->second;
}

namespace {

std::string qualified(const ast::QualifiedName& name) {
  return (name.schema ? std::string(name.schema->text) + "." : "") + std::string(name.name.text);
}

class Collector {
 public:
  Collector(Context& context, Uses& uses) : context_(context), uses_(uses) {}

  void run() {
    for (const ast::File& file : context_.files) {
      for (const ast::Item& item : file.items) {
        std::visit([&](const auto& node) { declared(node, item.span, file); }, item.node);
      }
    }
    for (const ast::File& file : context_.files) {
      for (const ast::Item& item : file.items) {
        if (const auto* test = std::get_if<ast::Test>(&item.node)) {
          this->test(*test);
        }
      }
    }
  }

 private:
  using Columns = std::map<std::string, Span, std::less<>>;

  void define(NameKind kind, const ast::Name& name, Span whole, std::string of = {}, std::string type = {}) {
    uses_.define({kind, std::string(name.text), name.span, whole, std::move(type), std::move(of), false, {}});
  }

  void event_use(const ast::Name& name) {
    if (const auto found = context_.events.find(name.text); found != context_.events.end()) {
      uses_.add(Use{name.span, found->second.name, true});
    }
  }

  // ---- what is declared

  void declared(const ast::Import&, Span, const ast::File&) {}
  void declared(const ast::Test&, Span, const ast::File&) {}
  void declared(const ast::Let& let, Span whole, const ast::File&) { define(NameKind::let, let.name, whole); }

  void declared(const ast::Def& def, Span whole, const ast::File&) {
    define(NameKind::def, def.name, whole);
    for (const ast::Parameter& parameter : def.parameters) {
      define(NameKind::parameter, parameter.name, parameter.name.span | parameter.type->span,
             std::string(def.name.text), context_.text(parameter.type->span));
    }
  }

  void declared(const ast::Lookup& lookup, Span whole, const ast::File&) {
    define(NameKind::lookup, lookup.name, whole);
    if (!lookup.csv) {
      return;
    }
    const auto column = [&](const ast::LookupColumn& each) {
      define(NameKind::lookup_column, each.name, each.name.span | each.type->span, std::string(lookup.name.text),
             context_.text(each.type->span));
    };
    column(lookup.key);
    std::for_each(lookup.columns.begin(), lookup.columns.end(), column);
  }

  void declared(const ast::Event& event, Span whole, const ast::File& file) {
    define(NameKind::event, event.name, whole);
    fields(event, event.fields, "", false, file);
  }

  void fields(const ast::Event& event, const std::vector<ast::Field>& list, const std::string& above, bool optional,
              const ast::File& file) {
    for (const ast::Field& field : list) {
      Definition definition{NameKind::field,
                            above + std::string(field.name.text),
                            field.name.span,
                            field.span,
                            field.type ? context_.text(field.type->span) : "object",
                            std::string(event.name.text),
                            optional || field.optional,
                            {}};
      for (const ast::Text& value : field.type ? field.type->values : std::vector<ast::Text>()) {
        definition.values.emplace_back(value.text);
      }
      const std::string inside = definition.name + ".";
      const bool optional_inside = definition.optional;
      uses_.define(std::move(definition));
      fields(event, field.fields, inside, optional_inside, file);
      if (field.required_when) {
        discriminator(event, file[*field.required_when], file);
      }
    }
  }

  /// `required when type == "a"`
  void discriminator(const ast::Event& event, const ast::Expr& condition, const ast::File& file) {
    const auto* compare = std::get_if<ast::Compare>(&condition.node);
    const auto* in = std::get_if<ast::In>(&condition.node);
    const ast::Path* path = compare != nullptr ? std::get_if<ast::Path>(&file[compare->left].node)
                            : in != nullptr    ? std::get_if<ast::Path>(&file[in->value].node)
                                               : nullptr;
    const std::vector<ast::Field>* list = &event.fields;
    for (std::size_t i = 0; path != nullptr && list != nullptr && i < path->steps.size(); ++i) {
      const ast::Field* const field = find(*list, path->steps[i].text);
      if (field != nullptr) {
        uses_.add(Use{path->steps[i].span, field->name.span, true});
      }
      list = field == nullptr ? nullptr : &field->fields;
    }
    for (const ast::ExprId item : in != nullptr ? in->items : std::vector<ast::ExprId>()) {
      const auto* name = std::get_if<ast::Path>(&file[item].node);
      if (name == nullptr || name->steps.size() != 1) {
        continue;
      }
      if (const auto let = context_.lets.find(name->steps.front().text); let != context_.lets.end()) {
        uses_.add(Use{name->steps.front().span, let->second.let->name.span, true});
      }
    }
  }

  static const ast::Field* find(const std::vector<ast::Field>& fields, std::string_view name) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const ast::Field& field) { return field.name.text == name; });
    return found == fields.end() ? nullptr : &*found;
  }

  void declared(const ast::Topic& topic, Span whole, const ast::File&) {
    Definition definition{NameKind::topic, std::string(topic.name.text), topic.name.span, whole, "", "", false, {}};
    for (const ast::TopicClause& clause : topic.clauses) {
      if (clause.kind == ast::TopicClause::Kind::event) {
        definition.of = clause.name.text;
        event_use(clause.name);
      }
    }
    uses_.define(std::move(definition));
  }

  void declared(const ast::Fragment& fragment, Span whole, const ast::File&) {
    define(NameKind::fragment, fragment.name, whole, std::string(fragment.event.text));
    event_use(fragment.event);
    rules(fragment.rules, std::string(fragment.name.text));
  }

  void declared(const ast::Router& router, Span whole, const ast::File&) {
    define(NameKind::router, router.name, whole, std::string(router.event.text));
    event_use(router.event);
    rules(router.rules, std::string(router.name.text));
  }

  void rules(const std::vector<ast::Rule>& list, const std::string& of) {
    for (const ast::Rule& rule : list) {
      if (rule.kind == ast::RuleKind::include) {
        const auto found = context_.fragments.find(rule.name.text);
        if (found != context_.fragments.end()) {
          uses_.add(Use{rule.name.span, found->second.fragment->name.span, true});
        }
        continue;
      }
      define(NameKind::rule, rule.name, rule.span, of, context_.text(rule.keyword));
      rules(rule.rules, of);
    }
  }

  // ---- tables

  void declared(const ast::Table& table, Span whole, const ast::File&) {
    const std::string name = qualified(table.name);
    const auto topic = context_.topics.find(table.topic.text);
    std::string event;
    for (const ast::TopicClause& clause :
         topic == context_.topics.end() ? std::vector<ast::TopicClause>() : topic->second.topic->clauses) {
      event = clause.kind == ast::TopicClause::Kind::event ? std::string(clause.name.text) : event;
    }
    uses_.define({NameKind::table, name, table.name.name.span, whole, "", event, false, {}});
    Columns& columns = columns_[name];
    for (const ast::TablePart& part : table.parts) {
      if (const auto* column = std::get_if<ast::Column>(&part)) {
        define(NameKind::column, column->name, column->span, name, context_.text(column->type.span));
        columns.emplace(column->name.text, column->name.span);
      }
    }
    for (const ast::TablePart& part : table.parts) {
      if (const auto* key = std::get_if<ast::PrimaryKey>(&part)) {
        column_uses(columns, key->columns);
      } else if (const auto* index = std::get_if<ast::TableIndex>(&part)) {
        column_uses(columns, index->columns);
      } else if (const auto* partition = std::get_if<ast::Partition>(&part)) {
        column_uses(columns, {partition->column});
      } else if (const auto* conflict = std::get_if<ast::OnConflict>(&part);
                 conflict != nullptr && conflict->policy == ast::OnConflict::Policy::keep_newest) {
        column_uses(columns, {conflict->newest_by});
      }
    }
  }

  void column_uses(const Columns& columns, const std::vector<ast::Name>& names) {
    for (const ast::Name& name : names) {
      if (const auto found = columns.find(name.text); found != columns.end()) {
        uses_.add(Use{name.span, found->second, true});
      }
    }
  }

  // ---- tests

  void test(const ast::Test& test) {
    const RouterInfo* router = context_.routers.size() == 1 ? &context_.routers.begin()->second : nullptr;
    if (test.router) {
      const auto found = context_.routers.find(test.router->text);
      router = found == context_.routers.end() ? nullptr : &found->second;
      if (router != nullptr) {
        uses_.add(Use{test.router->span, router->router->name.span, true});
      }
    }
    for (const ast::Given& given : test.givens) {
      if (const EventInfo* event = event_of(given, router); event != nullptr && !given.file) {
        keys(given.event, [&](const std::vector<std::string>& path, Span at) { field_key(*event, path, at); });
      }
      for (const ast::Expectation& expectation : given.expectations) {
        expected(expectation, router);
      }
    }
  }

  const EventInfo* event_of(const ast::Given& given, const RouterInfo* router) const {
    std::string_view name = router == nullptr ? std::string_view() : router->router->event.text;
    if (given.topic) {
      const auto topic = context_.topics.find(given.topic->text);
      name = {};
      for (const ast::TopicClause& clause :
           topic == context_.topics.end() ? std::vector<ast::TopicClause>() : topic->second.topic->clauses) {
        name = clause.kind == ast::TopicClause::Kind::event ? clause.name.text : name;
      }
    }
    const auto event = context_.events.find(name);
    return event == context_.events.end() ? nullptr : &event->second;
  }

  void field_key(const EventInfo& event, const std::vector<std::string>& path, Span at) {
    const std::vector<ast::Field>* list = &event.event->fields;
    for (std::size_t i = 0; i < path.size(); ++i) {
      const ast::Field* const field = find(*list, path[i]);
      if (field == nullptr) {
        return;
      }
      if (i + 1 == path.size()) {
        uses_.add(Use{at, field->name.span, true});
      }
      list = &field->fields;
    }
  }

  void expected(const ast::Expectation& expectation, const RouterInfo* router) {
    if (expectation.kind == ast::Expectation::Kind::rule && router != nullptr) {
      rule_use(router->router->rules, expectation);
    }
    if (!expectation.path.empty() && router != nullptr) {
      const auto event = context_.events.find(router->router->event.text);
      std::vector<std::string> path;
      for (const ast::Step& step : event == context_.events.end() ? std::vector<ast::Step>() : expectation.path) {
        path.emplace_back(step.text);
        field_key(event->second, path, step.span);
      }
    }
    if (expectation.table.name.text.empty()) {
      return;
    }
    const auto table = context_.tables.find(qualified(expectation.table));
    if (table == context_.tables.end()) {
      return;
    }
    uses_.add(Use{expectation.table.name.span, table->second.table->name.name.span, true});
    const Columns& columns = columns_[table->first];
    if (expectation.column) {
      column_uses(columns, {*expectation.column});
    }
    if (expectation.row) {
      keys(*expectation.row, [&](const std::vector<std::string>& path, Span at) {
        const auto found = columns.find(path.front());
        if (path.size() == 1 && found != columns.end()) {
          uses_.add(Use{at, found->second, true});
        }
      });
    }
  }

  void rule_use(const std::vector<ast::Rule>& rules, const ast::Expectation& expectation) {
    for (const ast::Rule& rule : rules) {
      if (rule.kind == ast::RuleKind::include) {
        if (const auto found = context_.fragments.find(rule.name.text); found != context_.fragments.end()) {
          rule_use(found->second.fragment->rules, expectation);
        }
      } else if (rule.kind == expectation.rule_kind && rule.name.text == expectation.rule.text) {
        uses_.add(Use{expectation.rule.span, rule.name.span, true});
      }
      rule_use(rule.rules, expectation);
    }
  }

  /// The keys of a JSON object and of the objects in it, each with those around it. Lists are left out.
  void keys(const ast::Json& json, const std::function<void(const std::vector<std::string>&, Span)>& visit) const {
    std::vector<std::string> path;
    std::size_t lists = 0;
    bool value = true; // a text that comes now is none of the keys
    for (const Token& token : tokenize(json.text)) {
      const std::string_view text = json.text.substr(token.begin, token.end - token.begin);
      if (text == "[" || text == "]") {
        lists += text == "[" ? 1 : -std::size_t{1};
      } else if (lists > 0) {
        continue;
      } else if (text == "{") {
        path.emplace_back();
        value = false;
      } else if (text == "}") {
        if (!path.empty()) {
          path.pop_back();
        }
      } else if (text == "," || text == ":") {
        value = text == ":";
      } else if (token.kind == TokenKind::text && !value && !path.empty()) {
        const auto decoded = decode_text(text.substr(1, text.size() - 2));
        path.back() = std::holds_alternative<std::string>(decoded) ? std::get<std::string>(decoded) : "";
        visit(path, {json.span.file, json.span.begin + token.begin, json.span.begin + token.end});
      }
    }
  }

  Context& context_;
  Uses& uses_;
  std::map<std::string, Columns> columns_; // by table
};

} // namespace

void collect_declared(Context& context, Uses& uses) { Collector(context, uses).run(); }

} // namespace millrace::dsl::check
